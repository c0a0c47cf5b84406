import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import { selectBots, type AgentBotRecord } from './agent-bot.query.ts'

export async function findInboxBot(ctx: Context, inbox: { id: number }): Promise<AgentBotRecord | undefined> {
  const [bot] = await selectBots(
    ctx,
    sql`b.id = (select ai.agent_bot_id from agent_bot_inboxes ai where ai.inbox_id = ${inbox.id} order by ai.id limit 1)`,
  )
  return bot
}

/** A bot of the account or of the whole installation; null takes the bot away. */
export async function setInboxBot(
  ctx: AccountContext,
  inbox: { id: number; account_id: number },
  botId: number | null,
): Promise<void> {
  if (botId === null) {
    await ctx.db.deleteFrom('agent_bot_inboxes').where('inbox_id', '=', inbox.id).execute()
  } else {
    const now = ctx.app.now()
    const [bot] = await selectBots(
      ctx,
      sql`b.id = ${botId} and (b.account_id is null or b.account_id = ${inbox.account_id})`,
    )
    if (!bot) throw new NotFoundError()
    const { numUpdatedRows } = await ctx.db
      .updateTable('agent_bot_inboxes')
      .set({ agent_bot_id: bot.id, updated_at: now })
      .where('inbox_id', '=', inbox.id)
      .executeTakeFirst()
    if (!numUpdatedRows) {
      await ctx.db
        .insertInto('agent_bot_inboxes')
        .values({
          inbox_id: inbox.id,
          agent_bot_id: bot.id,
          account_id: inbox.account_id,
          created_at: now,
          updated_at: now,
        })
        .execute()
    }
  }
  await invalidateCache(ctx, 'inbox', ctx.account.id)
}
