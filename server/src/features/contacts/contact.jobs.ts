import type { Context } from '../../context/context.ts'

export { fetchAvatar } from './avatar.model.ts'

const BATCH = 500

/** What hung on a contact that is gone: notes, places in inboxes and, each by a job of its own, the conversations. */
export async function deleteContactRecords(
  ctx: Context,
  { account_id: accountId, contact_id: id }: { account_id: number; contact_id: number },
): Promise<void> {
  await ctx.db.deleteFrom('notes').where('contact_id', '=', id).where('account_id', '=', accountId).execute()
  await ctx.db
    .deleteFrom('csat_survey_responses')
    .where('contact_id', '=', id)
    .where('account_id', '=', accountId)
    .execute()
  const rows = await ctx.db
    .selectFrom('conversations')
    .select('id')
    .where('contact_id', '=', id)
    .where('account_id', '=', accountId)
    .orderBy('id')
    .limit(BATCH)
    .execute()
  for (const conversation of rows) {
    ctx.later('conversations.destroy', { account_id: accountId, conversation_id: conversation.id })
  }
  if (rows.length === BATCH)
    ctx.later('contacts.destroy', { account_id: accountId, contact_id: id }, { runAt: soon(ctx) })
  else await ctx.db.deleteFrom('contact_inboxes').where('contact_id', '=', id).execute()
}

/** By then the first ones are gone. */
const soon = (ctx: Context) => new Date(ctx.app.now().getTime() + 10_000)
