import type { AccountContext, Context } from '../../context/context.ts'
import { iso } from '../../lib/times.ts'
import { webhookSecret } from '../webhooks/webhook.secret.ts'
import type { AgentBotRecord } from './agent-bot.query.ts'

/** A bot as the members of an account see it: of one of the whole installation neither address nor token. */
export function presentAgentBot(ctx: AccountContext, bot: AgentBotRecord) {
  const token = mayHold(ctx, bot) ? bot.access_token?.token : undefined
  return { ...commonOf(ctx, bot), ...(token !== undefined && { access_token: token }), ...secretOf(ctx, bot) }
}

/** The bot of an inbox. Its token is shown as the row that holds it. */
export function presentInboxBot(ctx: AccountContext, bot: AgentBotRecord) {
  const row = mayHold(ctx, bot) ? bot.access_token : null
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

/** With which deliveries to the bot are signed. */
function secretOf(ctx: AccountContext, bot: AgentBotRecord) {
  return mayHold(ctx, bot) ? { secret: webhookSecret(ctx.app.config, 'bot', bot.id) } : {}
}

/** Its token opens every conversation of the account, also to those who are in none of the inboxes. */
const mayHold = (ctx: AccountContext, bot: AgentBotRecord) => ctx.isAdministrator && bot.account_id === ctx.account.id
