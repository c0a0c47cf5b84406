import { sql } from 'kysely'
import Type from 'typebox'
import type { Context } from '../../context/context.ts'
import { Empty, File, Nullable, operation } from '../../http/operation.ts'
import {
  createAgentBot,
  destroyAgentBot,
  loadAgentBot,
  removeAgentBotAvatar,
  updateAgentBot,
  type AgentBotRecord,
} from '../agent-bots/agent-bot.model.ts'
import { selectBots } from '../agent-bots/agent-bot.query.ts'
import { webhookSecret } from '../webhooks/webhook.secret.ts'
import { accessPermissible, callingApp, permit, permittedIds } from './permissible.model.ts'

const PlatformBot = Type.Object(
  {
    id: Type.Integer(),
    name: Nullable(Type.String()),
    description: Nullable(Type.String()),
    outgoing_url: Nullable(Type.String({ description: "The bot's name, as in Chatwoot" })),
    account_id: Nullable(Type.Integer()),
    access_token: Nullable(Type.String()),
    secret: Type.Optional(Type.String({ description: 'With which deliveries to the bot are signed; not in the list' })),
  },
  { title: 'PlatformAgentBot', additionalProperties: false },
)

const BotBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    description: Nullable(Type.String()),
    outgoing_url: Nullable(Type.String()),
    account_id: Nullable(Type.Integer()),
    avatar: File,
    avatar_url: Nullable(Type.String()),
  }),
)

/** @NOTE Chatwoot's answer puts the name where the address belongs; clients may have come to rely on it. */
function present(bot: AgentBotRecord) {
  return {
    id: bot.id,
    name: bot.name,
    description: bot.description,
    outgoing_url: bot.name,
    account_id: bot.account_id,
    access_token: bot.access_token?.token ?? null,
  }
}

/** One bot by itself: nobody else is shown the secret of one of the whole installation. */
function presentOne(ctx: Context, bot: AgentBotRecord) {
  return { ...present(bot), secret: webhookSecret(ctx.app.config, 'bot', bot.id) }
}

/** The account that a bot is made in or moved to is named by the body. Null: the whole installation, whose accounts choose it. */
async function enterAccount(ctx: Context, { account_id: id }: { account_id?: number | null }): Promise<void> {
  if (id !== undefined && id !== null) await accessPermissible(ctx, 'Account', id, { inBody: true })
}

async function accessBot(ctx: Context, id: number): Promise<AgentBotRecord> {
  return loadAgentBot(ctx, await accessPermissible(ctx, 'AgentBot', id))
}

const base = '/platform/api/v1/agent_bots' as const

export const platformBotOperations = [
  operation({
    id: 'platform/agent_bots.index',
    route: `GET ${base}`,
    summary: 'List the agent bots this app may touch',
    access: 'platform',
    reply: Type.Array(PlatformBot),
    handle: async (ctx) => {
      const ids = await permittedIds(ctx, 'AgentBot')
      const bots = await selectBots(ctx, sql`b.id = any(${ids}::bigint[])`)
      return ids.flatMap((id) => bots.filter((bot) => bot.id === id)).map(present)
    },
  }),
  operation({
    id: 'platform/agent_bots.create',
    route: `POST ${base}`,
    summary: 'Create an agent bot, of an account or of the whole installation',
    description:
      'The answer holds its access token. `account_id` is an account this app may touch; without it every account can choose the bot for an inbox, and the bot reaches those that did.',
    example: {
      name: 'Greeter',
      description: 'Asks what it is about',
      outgoing_url: 'https://bot.example.com/events',
      account_id: 1,
    },
    access: 'platform',
    body: BotBody,
    reply: PlatformBot,
    handle: async (ctx, { body }) => {
      await enterAccount(ctx, body)
      const bot = await createAgentBot(ctx, body)
      await permit(ctx, callingApp(ctx).id, 'AgentBot', bot.id)
      return presentOne(ctx, bot)
    },
  }),
  operation({
    id: 'platform/agent_bots.show',
    route: `GET ${base}/:id`,
    summary: 'Show an agent bot',
    access: 'platform',
    reply: PlatformBot,
    handle: async (ctx, { params }) => presentOne(ctx, await accessBot(ctx, params.id)),
  }),
  operation({
    id: 'platform/agent_bots.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change an agent bot',
    description:
      '`account_id` is an account this app may touch; a bot that moves there leaves the inboxes of every other.',
    example: { name: 'Greeter', description: 'Asks what it is about' },
    access: 'platform',
    body: BotBody,
    reply: PlatformBot,
    handle: async (ctx, { params, body }) => {
      const bot = await accessBot(ctx, params.id)
      await enterAccount(ctx, body)
      return presentOne(ctx, await updateAgentBot(ctx, bot, body))
    },
  }),
  operation({
    id: 'platform/agent_bots.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete an agent bot',
    access: 'platform',
    reply: Empty,
    handle: async (ctx, { params }) => destroyAgentBot(ctx, await accessBot(ctx, params.id)),
  }),
  operation({
    id: 'platform/agent_bots.avatar',
    route: `DELETE ${base}/:id/avatar`,
    summary: "Take away an agent bot's picture",
    access: 'platform',
    reply: PlatformBot,
    handle: async (ctx, { params }) => {
      const bot = await accessBot(ctx, params.id)
      await removeAgentBotAvatar(ctx, bot)
      return presentOne(ctx, bot)
    },
  }),
]
