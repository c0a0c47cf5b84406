import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'

const CONVERSATIONS_AT_ONCE = 200

/**
 * Deletes an inbox and what hangs on it. The inbox goes first, so that no list shows it any longer; its conversations
 * follow some at a time, each lot in a transaction of its own.
 */
export async function deleteInbox(ctx: Context, payload: { account_id: number; inbox_id: number }): Promise<void> {
  const { account_id: accountId, inbox_id: id } = payload
  const gone = await ctx.db
    .deleteFrom('inboxes')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returning(['channel_id', 'channel_type'])
    .executeTakeFirst()
  if (gone) {
    const table = CHANNEL_TABLES[gone.channel_type ?? '']
    if (table) await sql`delete from ${sql.table(table)} where id = ${gone.channel_id}`.execute(ctx.db)
    if (table === 'channel_web_widgets') {
      await ctx.db
        .updateTable('portals')
        .set({ channel_web_widget_id: null })
        .where('channel_web_widget_id', '=', gone.channel_id)
        .execute()
    }
    for (const table of TABLES_OF_AN_INBOX)
      await sql`delete from ${sql.table(table)} where inbox_id = ${id}`.execute(ctx.db)
    await ctx.db.deleteFrom('parley.assignment_turns').where('inbox_id', '=', id).execute()
    await detachFiles(ctx, { recordType: 'Inbox', recordId: id })
    await invalidateCache(ctx, 'inbox', accountId)
  }
  if (await deleteConversations(ctx, id)) ctx.later('inboxes.destroy', payload)
  else await ctx.db.deleteFrom('contact_inboxes').where('inbox_id', '=', id).execute()
}

const CHANNEL_TABLES: Record<string, string> = {
  'Channel::Api': 'channel_api',
  'Channel::WebWidget': 'channel_web_widgets',
}

const TABLES_OF_AN_INBOX = [
  'inbox_members',
  'working_hours',
  'agent_bot_inboxes',
  'webhooks',
  'integrations_hooks',
  'campaigns',
  'inbox_assignment_policies',
]

/** Whether there may be more of them. */
async function deleteConversations(ctx: Context, inboxId: number): Promise<boolean> {
  const rows = await ctx.db
    .selectFrom('conversations')
    .select('id')
    .where('inbox_id', '=', inboxId)
    .orderBy('id')
    .limit(CONVERSATIONS_AT_ONCE)
    .execute()
  const ids = sql<number>`any(${rows.map((row) => row.id)}::bigint[])`
  if (!rows.length) return false
  const { rows: files } = await sql<{ blob_id: number }>`
    with gone as (delete from attachments a using messages m
      where a.message_id = m.id and m.conversation_id = ${ids} returning a.id)
    delete from active_storage_attachments s using gone
      where s.record_type = 'Attachment' and s.record_id = gone.id returning s.blob_id`.execute(ctx.db)
  if (files.length) ctx.later('blobs.purge', { blob_ids: files.map((file) => file.blob_id) })
  await ctx.db
    .deleteFrom('notifications')
    .where('primary_actor_type', '=', 'Conversation')
    .where('primary_actor_id', '=', ids)
    .execute()
  await ctx.db
    .deleteFrom('taggings')
    .where('taggable_type', '=', 'Conversation')
    .where('taggable_id', '=', ids)
    .execute()
  for (const table of TABLES_OF_A_CONVERSATION) {
    await sql`delete from ${sql.table(table)} where conversation_id = ${ids}`.execute(ctx.db)
  }
  await ctx.db.deleteFrom('conversations').where('id', '=', ids).execute()
  return rows.length === CONVERSATIONS_AT_ONCE
}

const TABLES_OF_A_CONVERSATION = [
  'messages',
  'mentions',
  'conversation_participants',
  'csat_survey_responses',
  'reporting_events',
  'parley.drafts',
]
