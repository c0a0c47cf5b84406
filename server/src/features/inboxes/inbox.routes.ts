import Type from 'typebox'
import { Empty, Nullable, operation } from '../../http/operation.ts'
import { AgentBotOfInbox } from '../agent-bots/agent-bot.schema.ts'
import { presentInboxBot } from '../agent-bots/agent-bot.presenter.ts'
import { findInboxBot, setInboxBot } from '../agent-bots/inbox-bot.model.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import type { AccountContext } from '../../context/context.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { Agent, Payload } from '../schemas.ts'
import {
  addInboxMembers,
  listAssignableAgents,
  listInboxMembers,
  removeInboxMembers,
  replaceInboxMembers,
} from './inbox-member.model.ts'
import {
  accessInbox,
  createInbox,
  destroyInboxLater,
  listInboxes,
  manageInbox,
  removeInboxAvatar,
  updateInbox,
} from './inbox.model.ts'
import { presentInbox } from './inbox.presenter.ts'
import { Inbox, InboxBody, InboxChangeBody } from './inbox.schema.ts'

const account = '/api/v1/accounts/:account_id' as const
const base = `${account}/inboxes` as const
const Agents = Payload(Type.Array(Agent))
const MemberBody = Type.Partial(Type.Object({ inbox_id: Type.Integer(), user_ids: Type.Array(Type.Integer()) }))

const agentsOf = (ctx: AccountContext, agents: AgentPicture[]) => ({
  payload: agents.map((agent) => presentAgent(ctx.app, agent, ctx.account.id)),
})

export const inboxOperations = [
  operation({
    id: 'inboxes.index',
    route: `GET ${base}`,
    summary: 'List the inboxes: all for administrators, their own for agents',
    description:
      'An inbox of kind API shows its `inbox_identifier`, which visitors need for the Client API. Secrets are shown to administrators only.',
    access: 'agent',
    reply: Payload(Type.Array(Inbox)),
    handle: async (ctx) => ({ payload: (await listInboxes(ctx)).map((inbox) => presentInbox(ctx, inbox)) }),
  }),
  operation({
    id: 'inboxes.show',
    route: `GET ${base}/:id`,
    summary: 'Show an inbox',
    access: 'agent',
    reply: Inbox,
    handle: async (ctx, { params }) => presentInbox(ctx, await accessInbox(ctx, params.id)),
  }),
  operation({
    id: 'inboxes.create',
    route: `POST ${base}`,
    summary: 'Create an inbox with its channel',
    description:
      '`channel.type` is `api`, or `web_widget` for a website that is kept as a record. The answer holds the `inbox_identifier` for the Client API, the `hmac_token` with which visitors are proven, and `webhook_secret`, with which the calls of `webhook_url` are signed.',
    example: { name: 'Garden shop', channel: { type: 'api', webhook_url: 'https://example.com/parley' } },
    needs: ['name', 'channel'],
    errors: { 402: { error: 'Account limit exceeded. Upgrade to a higher plan' } },
    access: 'administrator',
    body: InboxBody,
    reply: Inbox,
    handle: async (ctx, { body }) => presentInbox(ctx, await createInbox(ctx, body)),
  }),
  operation({
    id: 'inboxes.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change an inbox, its working hours and its channel',
    description: 'Fields that are left out stay as they are; the same holds within `channel`.',
    example: {
      name: 'Garden shop',
      greeting_enabled: true,
      greeting_message: 'Hello! We answer within minutes.',
      csat_survey_enabled: true,
    },
    access: 'administrator',
    door: (ctx, { id }) => accessInbox(ctx, id),
    body: InboxChangeBody,
    reply: Inbox,
    handle: async (ctx, { params, body }) =>
      presentInbox(ctx, await updateInbox(ctx, await accessInbox(ctx, params.id, { lock: true }), body)),
  }),
  operation({
    id: 'inboxes.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete an inbox and all its conversations, after the answer',
    access: 'administrator',
    door: (ctx, { id }) => accessInbox(ctx, id),
    reply: Type.Object({ message: Type.String() }, { additionalProperties: false }),
    handle: async (ctx, { params }) => destroyInboxLater(ctx, await accessInbox(ctx, params.id)),
  }),
  operation({
    id: 'inboxes.avatar',
    route: `DELETE ${base}/:id/avatar`,
    summary: 'Take the picture of an inbox away',
    access: 'administrator',
    door: (ctx, { id }) => accessInbox(ctx, id),
    reply: Empty,
    handle: async (ctx, { params }) => removeInboxAvatar(ctx, await accessInbox(ctx, params.id, { lock: true })),
  }),
  operation({
    id: 'inboxes.agent_bot',
    route: `GET ${base}/:id/agent_bot`,
    summary: 'Show the bot of an inbox',
    description: '`agent_bot` is empty where there is none.',
    access: 'agent',
    reply: Type.Object({ agent_bot: Type.Optional(AgentBotOfInbox) }, { additionalProperties: false }),
    handle: async (ctx, { params }) => {
      const bot = await findInboxBot(ctx, await accessInbox(ctx, params.id))
      return bot ? { agent_bot: presentInboxBot(ctx, bot) } : {}
    },
  }),
  operation({
    id: 'inboxes.set_agent_bot',
    route: `POST ${base}/:id/set_agent_bot`,
    summary: 'Give an inbox a bot, or take it away',
    description:
      '`null` takes it away. New conversations of an inbox with a bot are `pending` until the bot or a person opens them.',
    example: { agent_bot: 1 },
    access: 'administrator',
    door: (ctx, { id }) => accessInbox(ctx, id),
    body: Type.Partial(Type.Object({ agent_bot: Nullable(Type.Integer({ description: 'None: the bot leaves' })) })),
    reply: Empty,
    handle: async (ctx, { params, body }) =>
      setInboxBot(ctx, await accessInbox(ctx, params.id, { lock: true }), body.agent_bot ?? null),
  }),
  operation({
    id: 'inboxes.assignable_agents',
    route: `GET ${base}/:id/assignable_agents`,
    summary: 'List who can get conversations of an inbox: its members, then every other administrator',
    access: 'agent',
    reply: Agents,
    handle: async (ctx, { params }) => agentsOf(ctx, await listAssignableAgents(ctx, [params.id])),
  }),
  operation({
    id: 'assignable_agents.index',
    route: `GET ${account}/assignable_agents`,
    summary: 'List who can get conversations of several inboxes',
    description: 'Those who can see all of `inbox_ids[]`: common members, and administrators.',
    access: 'agent',
    query: Type.Partial(Type.Object({ inbox_ids: Type.Array(Type.Integer()) })),
    reply: Agents,
    handle: async (ctx, { query }) => agentsOf(ctx, await listAssignableAgents(ctx, query.inbox_ids)),
  }),
  operation({
    id: 'inbox_members.show',
    route: `GET ${account}/inbox_members/:inbox_id`,
    summary: 'List the members of an inbox',
    description: 'Administrators see every inbox without being members.',
    access: 'agent',
    reply: Agents,
    handle: async (ctx, { params }) =>
      agentsOf(ctx, await listInboxMembers(ctx, await accessInbox(ctx, params.inbox_id))),
  }),
  operation({
    id: 'inbox_members.create',
    route: `POST ${account}/inbox_members`,
    summary: 'Add members to an inbox',
    description: 'For administrators. An inbox that is not there is not found, whoever asks.',
    example: { inbox_id: 1, user_ids: [1, 2] },
    needs: ['inbox_id', 'user_ids'],
    access: 'agent',
    body: MemberBody,
    reply: Agents,
    handle: async (ctx, { body }) =>
      agentsOf(ctx, await addInboxMembers(ctx, await manageInbox(ctx, body.inbox_id ?? 0), body.user_ids)),
  }),
  operation({
    id: 'inbox_members.update',
    route: `PATCH ${account}/inbox_members`,
    summary: 'Replace the members of an inbox',
    description: 'For administrators. An inbox that is not there is not found, whoever asks.',
    example: { inbox_id: 1, user_ids: [1] },
    needs: ['inbox_id', 'user_ids'],
    access: 'agent',
    body: MemberBody,
    reply: Agents,
    handle: async (ctx, { body }) =>
      agentsOf(ctx, await replaceInboxMembers(ctx, await manageInbox(ctx, body.inbox_id ?? 0), body.user_ids)),
  }),
  operation({
    id: 'inbox_members.destroy',
    route: `DELETE ${account}/inbox_members`,
    summary: 'Remove members from an inbox',
    description: 'For administrators. An inbox that is not there is not found, whoever asks.',
    example: { inbox_id: 1, user_ids: [2] },
    needs: ['inbox_id', 'user_ids'],
    access: 'agent',
    body: MemberBody,
    reply: Empty,
    handle: async (ctx, { body }) => removeInboxMembers(ctx, await manageInbox(ctx, body.inbox_id ?? 0), body.user_ids),
  }),
]
