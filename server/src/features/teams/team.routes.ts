import Type from 'typebox'
import type { AccountContext } from '../../context/context.ts'
import { Empty, Nullable, operation } from '../../http/operation.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { Agent, Team } from '../schemas.ts'
import { addTeamMembers, listTeamMembers, removeTeamMembers, replaceTeamMembers } from './team-member.model.ts'
import { accessTeam, createTeam, destroyTeam, listTeams, updateTeam } from './team.model.ts'
import { presentTeam } from './team.presenter.ts'

const base = '/api/v1/accounts/:account_id/teams' as const
const members = `${base}/:team_id/team_members` as const

const TeamBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String({ description: 'Kept in lower case' })),
    description: Nullable(Type.String()),
    allow_auto_assign: Nullable(Type.Boolean()),
  }),
)
const MemberBody = Type.Partial(Type.Object({ user_ids: Type.Array(Type.Integer()) }))

const presentAll = (ctx: AccountContext, agents: AgentPicture[]) =>
  agents.map((agent) => presentAgent(ctx.app, agent, ctx.account.id))

export const teamOperations = [
  operation({
    id: 'teams.index',
    route: `GET ${base}`,
    summary: 'List the teams of an account',
    access: 'agent',
    reply: Type.Array(Team),
    handle: async (ctx) => (await listTeams(ctx)).map(presentTeam),
  }),
  operation({
    id: 'teams.show',
    route: `GET ${base}/:id`,
    summary: 'Show a team',
    access: 'agent',
    reply: Team,
    handle: async (ctx, { params }) => presentTeam(await accessTeam(ctx, params.id)),
  }),
  operation({
    id: 'teams.create',
    route: `POST ${base}`,
    summary: 'Create a team',
    description: 'With `allow_auto_assign` a conversation that is given to the team goes to a member who is online.',
    example: { name: 'sales', description: 'Before they buy', allow_auto_assign: true },
    needs: ['name'],
    access: 'administrator',
    body: TeamBody,
    wrapper: 'team',
    reply: Team,
    handle: async (ctx, { body }) => presentTeam(await createTeam(ctx, body)),
  }),
  operation({
    id: 'teams.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a team',
    example: { description: 'Before and after they buy' },
    access: 'administrator',
    door: (ctx, { id }) => accessTeam(ctx, id),
    body: TeamBody,
    wrapper: 'team',
    reply: Team,
    handle: async (ctx, { params, body }) => presentTeam(await updateTeam(ctx, await accessTeam(ctx, params.id), body)),
  }),
  operation({
    id: 'teams.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a team; its conversations belong to none then',
    access: 'administrator',
    door: (ctx, { id }) => accessTeam(ctx, id),
    reply: Empty,
    handle: async (ctx, { params }) => destroyTeam(ctx, await accessTeam(ctx, params.id)),
  }),
  operation({
    id: 'team_members.index',
    route: `GET ${members}`,
    summary: 'List the members of a team',
    access: 'agent',
    reply: Type.Array(Agent),
    handle: async (ctx, { params }) =>
      presentAll(ctx, await listTeamMembers(ctx, await accessTeam(ctx, params.team_id))),
  }),
  operation({
    id: 'team_members.create',
    route: `POST ${members}`,
    summary: 'Add members to a team; those who were none yet are answered',
    example: { user_ids: [1, 2] },
    needs: ['user_ids'],
    access: 'administrator',
    door: (ctx, { team_id }) => accessTeam(ctx, team_id),
    body: MemberBody,
    reply: Type.Array(Agent),
    handle: async (ctx, { params, body }) =>
      presentAll(ctx, await addTeamMembers(ctx, await accessTeam(ctx, params.team_id), body.user_ids)),
  }),
  operation({
    id: 'team_members.update',
    route: `PATCH ${members}`,
    summary: 'Replace the members of a team',
    description: 'Send the whole list.',
    example: { user_ids: [1] },
    needs: ['user_ids'],
    access: 'administrator',
    door: (ctx, { team_id }) => accessTeam(ctx, team_id),
    body: MemberBody,
    reply: Type.Array(Agent),
    handle: async (ctx, { params, body }) =>
      presentAll(ctx, await replaceTeamMembers(ctx, await accessTeam(ctx, params.team_id), body.user_ids)),
  }),
  operation({
    id: 'team_members.destroy',
    route: `DELETE ${members}`,
    summary: 'Remove members from a team',
    example: { user_ids: [2] },
    needs: ['user_ids'],
    access: 'administrator',
    door: (ctx, { team_id }) => accessTeam(ctx, team_id),
    body: MemberBody,
    reply: Empty,
    handle: async (ctx, { params, body }) =>
      removeTeamMembers(ctx, await accessTeam(ctx, params.team_id), body.user_ids),
  }),
]
