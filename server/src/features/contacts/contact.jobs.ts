import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'

export { fetchAvatar } from './avatar.model.ts'

const BATCH = 500

/** What hung on a contact that is gone: notes, places in inboxes and, each by a job of its own, the conversations. */
export async function deleteContactRecords(
  ctx: Context,
  { account_id: accountId, contact_id: id }: { account_id: number; contact_id: number },
): Promise<void> {
  await sql`delete from notes where contact_id = ${id} and account_id = ${accountId}`.execute(ctx.db)
  await sql`delete from csat_survey_responses where contact_id = ${id} and account_id = ${accountId}`.execute(ctx.db)
  const { rows } = await sql<{ id: number }>`
    select id from conversations where contact_id = ${id} and account_id = ${accountId} order by id limit ${BATCH}`.execute(ctx.db)
  for (const conversation of rows) {
    ctx.later('conversations.destroy', { account_id: accountId, conversation_id: conversation.id })
  }
  if (rows.length === BATCH) ctx.later('contacts.destroy', { account_id: accountId, contact_id: id }, { runAt: soon(ctx) })
  else await sql`delete from contact_inboxes where contact_id = ${id}`.execute(ctx.db)
}

/** By then the first ones are gone. */
const soon = (ctx: Context) => new Date(ctx.app.now().getTime() + 10_000)
