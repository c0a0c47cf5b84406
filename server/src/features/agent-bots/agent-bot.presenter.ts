import type { AccountContext, Context } from '../../context/context.ts'
import { iso } from '../../lib/times.ts'
import { webhookSecret } from '../webhooks/webhook.secret.ts'
import type { AgentBotRecord } from './agent-bot.query.ts'

/** A bot as the members of an account see it: of one of the whole installation neither address nor token. */
export function presentAgentBot(ctx: AccountContext, bot: AgentBotRecord) {
  const token = isOwn(ctx, bot) ? bot.access_token?.token : undefined
  return { ...commonOf(ctx, bot), ...(token !== undefined && { access_token: token }), ...secretOf(ctx, bot) }
}

/** The bot of an inbox. Its token is shown as the row that holds it. */
export function presentInboxBot(ctx: AccountContext, bot: AgentBotRecord) {
  const row = isOwn(ctx, bot) ? bot.access_token : null
  return {
    ...commonOf(ctx, bot),
    ...(row && {
      access_token: {
        id: row.id,
        owner_type: 'AgentBot' as const,
        owner_id: bot.id,
        token: row.token,
        created_at: iso(row.created_at)!,
        updated_at: iso(row.updated_at)!,
      },
    }),
    ...secretOf(ctx, bot),
  }
}

function commonOf(ctx: Context, bot: AgentBotRecord) {
  const isSystemBot = bot.account_id === null
  return {
    id: bot.id,
    name: bot.name,
    description: bot.description,
    thumbnail: ctx.app.files.avatarUrl(bot.avatar),
    ...(!isSystemBot && { outgoing_url: bot.outgoing_url }),
    bot_type: 'webhook' as const,
    bot_config: bot.bot_config ?? {},
    account_id: bot.account_id,
    system_bot: isSystemBot,
  }
}

/** With which deliveries to the bot are signed: for administrators of the account it belongs to. */
function secretOf(ctx: AccountContext, bot: AgentBotRecord) {
  return ctx.isAdministrator && isOwn(ctx, bot) ? { secret: webhookSecret(ctx.app.config, 'bot', bot.id) } : {}
}

const isOwn = (ctx: AccountContext, bot: AgentBotRecord) => bot.account_id === ctx.account.id
