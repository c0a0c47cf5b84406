import Type from 'typebox'
import { MissingParamError } from '../../http/errors.ts'
import { Choice, Empty, Nullable, operation } from '../../http/operation.ts'
import { Agent } from '../schemas.ts'
import { accessAgent, createAgent, createAgents, listAgents, removeAgent, updateAgent } from './agent.model.ts'
import { presentAgent, ROLES } from './agent.presenter.ts'

const AgentBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    email: Nullable(Type.String()),
    role: Nullable(Choice(ROLES)),
    availability: Nullable(Choice(['online', 'offline', 'busy'])),
    auto_offline: Nullable(Type.Boolean()),
  }),
)

const base = '/api/v1/accounts/:account_id/agents' as const

export const agentOperations = [
  operation({
    id: 'agents.index',
    route: `GET ${base}`,
    summary: 'List the members of an account by name',
    access: 'agent',
    reply: Type.Array(Agent),
    handle: async (ctx) => (await listAgents(ctx)).map((agent) => presentAgent(ctx.app, agent, ctx.account.id)),
  }),
  operation({
    id: 'agents.create',
    route: `POST ${base}`,
    summary: 'Make somebody a member of an account',
    description:
      'A person who is not known by this e-mail is made. Where the e-mail is known already, that person becomes a member.',
    example: { name: 'Grace Hopper', email: 'grace@example.com', role: 'agent' },
    needs: ['name', 'email'],
    access: 'administrator',
    wrapper: 'agent',
    body: AgentBody,
    reply: Agent,
    transaction: false,
    handle: async (ctx, { body }) => presentAgent(ctx.app, await createAgent(ctx, body), ctx.account.id),
  }),
  operation({
    id: 'agents.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change the name, role or availability of a member',
    description:
      'Fields that are left out stay as they are. The name is the same in all accounts of a person: who is in others too is named by themself, or by who administers every one of them. The last administrator of an account cannot become an agent.',
    example: { name: 'Grace Hopper', role: 'administrator', availability: 'online' },
    access: 'administrator',
    door: (ctx, { id }) => accessAgent(ctx, id),
    wrapper: 'agent',
    body: AgentBody,
    reply: Agent,
    handle: async (ctx, { params, body }) =>
      presentAgent(ctx.app, await updateAgent(ctx, params.id, body), ctx.account.id),
  }),
  operation({
    id: 'agents.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a member from an account',
    description:
      'Their conversations have no assignee then. Whoever belongs to no other account is deleted a little later, unless they had a login before they were invited.',
    access: 'administrator',
    door: (ctx, { id }) => accessAgent(ctx, id),
    reply: Empty,
    handle: (ctx, { params }) => removeAgent(ctx, params.id),
  }),
  operation({
    id: 'agents.bulk_create',
    route: `POST ${base}/bulk_create`,
    summary: 'Make many people members by their addresses',
    description: 'All become agents; whoever is a member already is left as they are.',
    example: { emails: ['grace@example.com', 'alan@example.com'] },
    needs: ['emails'],
    access: 'administrator',
    body: Type.Partial(Type.Object({ emails: Type.Array(Nullable(Type.String())) })),
    reply: Empty,
    transaction: false,
    handle: (ctx, { body }) => {
      if (!body.emails) throw new MissingParamError('emails')
      return createAgents(ctx, body.emails)
    },
  }),
]
