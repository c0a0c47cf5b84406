import Type from 'typebox'
import { Empty, operation } from '../../http/operation.ts'
import {
  accessAgentBot,
  accessOwnAgentBot,
  createAgentBot,
  destroyAgentBot,
  listAgentBots,
  removeAgentBotAvatar,
  resetAgentBotToken,
  updateAgentBot,
} from './agent-bot.model.ts'
import { presentAgentBot } from './agent-bot.presenter.ts'
import { AgentBot, AgentBotBody } from './agent-bot.schema.ts'

const base = '/api/v1/accounts/:account_id/agent_bots' as const

export const agentBotOperations = [
  operation({
    id: 'agent_bots.index',
    route: `GET ${base}`,
    summary: 'List the bots: those of the installation, then those of the account',
    description: 'Tokens are shown to administrators only, and those of bots of the whole installation to no account.',
    access: 'agent',
    reply: Type.Array(AgentBot),
    handle: async (ctx) => (await listAgentBots(ctx)).map((bot) => presentAgentBot(ctx, bot)),
  }),
  operation({
    id: 'agent_bots.show',
    route: `GET ${base}/:id`,
    summary: 'Show a bot',
    access: 'agent',
    reply: AgentBot,
    handle: async (ctx, { params }) => presentAgentBot(ctx, await accessAgentBot(ctx, params.id)),
  }),
  operation({
    id: 'agent_bots.create',
    route: `POST ${base}`,
    summary: 'Create a bot of the account',
    description:
      'The answer holds the `access_token` with which the bot writes, and the `secret` with which its deliveries are signed. Attach the bot with `POST …/inboxes/{id}/set_agent_bot`.',
    example: { name: 'Greeter', description: 'Asks what it is about', outgoing_url: 'https://bot.example.com/events' },
    access: 'administrator',
    body: AgentBotBody,
    reply: AgentBot,
    handle: async (ctx, { body }) =>
      presentAgentBot(ctx, await createAgentBot(ctx, { ...body, account_id: ctx.account.id })),
  }),
  operation({
    id: 'agent_bots.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a bot of the account',
    description: 'Fields that are left out stay as they are.',
    example: { name: 'Greeter', outgoing_url: 'https://bot.example.com/events' },
    access: 'administrator',
    body: AgentBotBody,
    reply: AgentBot,
    handle: async (ctx, { params, body }) =>
      presentAgentBot(ctx, await updateAgentBot(ctx, await accessOwnAgentBot(ctx, params.id), body)),
  }),
  operation({
    id: 'agent_bots.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a bot of the account',
    description: 'Its token is dead at once, and its inboxes have no bot then.',
    access: 'administrator',
    reply: Empty,
    handle: async (ctx, { params }) => destroyAgentBot(ctx, await accessOwnAgentBot(ctx, params.id)),
  }),
  operation({
    id: 'agent_bots.avatar',
    route: `DELETE ${base}/:id/avatar`,
    summary: 'Take the picture of a bot away',
    access: 'administrator',
    reply: AgentBot,
    handle: async (ctx, { params }) => {
      await removeAgentBotAvatar(ctx, await accessOwnAgentBot(ctx, params.id))
      return presentAgentBot(ctx, await accessOwnAgentBot(ctx, params.id))
    },
  }),
  operation({
    id: 'agent_bots.reset_access_token',
    route: `POST ${base}/:id/reset_access_token`,
    summary: 'Give a bot a new access token; the one before is dead',
    access: 'administrator',
    reply: AgentBot,
    handle: async (ctx, { params }) =>
      presentAgentBot(ctx, await resetAgentBotToken(ctx, await accessOwnAgentBot(ctx, params.id))),
  }),
]
