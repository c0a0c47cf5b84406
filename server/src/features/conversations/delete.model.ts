import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../context/context.ts'

/** Removes the conversations a condition over `c` finds, and all that belongs to them. Only those who were notified hear of it. */
export async function deleteConversations(ctx: Context, where: RawBuilder<unknown>): Promise<void> {
  const { rows } = await sql<{
    id: number
  }>`select c.id from conversations c where ${where} order by c.id for update`.execute(ctx.db)
  const ids = rows.map((row) => row.id)
  if (!ids.length) return
  const these = sql`any(${ids}::bigint[])`
  await deleteNotifications(ctx, these)
  const blobIds = await deleteFiles(ctx, these)
  await sql`
    with of_messages as (delete from messages where conversation_id = ${these}),
      of_mentions as (delete from mentions where conversation_id = ${these}),
      of_participants as (delete from conversation_participants where conversation_id = ${these}),
      of_surveys as (delete from csat_survey_responses where conversation_id = ${these}),
      of_reports as (delete from reporting_events where conversation_id = ${these}),
      of_labels as (delete from taggings where taggable_type = 'Conversation' and taggable_id = ${these}),
      of_drafts as (delete from parley.drafts where conversation_id = ${these}),
      of_sla_events as (delete from sla_events where conversation_id = ${these}),
      of_slas as (delete from applied_slas where conversation_id = ${these})
    delete from conversations where id = ${these}`.execute(ctx.db)
  if (blobIds.length) ctx.later('blobs.purge', { blob_ids: blobIds })
}

async function deleteNotifications(ctx: Context, these: RawBuilder<unknown>): Promise<void> {
  const rows = await ctx.db
    .deleteFrom('notifications')
    .where('primary_actor_type', '=', 'Conversation')
    .where(sql<boolean>`primary_actor_id = ${these}`)
    .returning(['id', 'user_id', 'account_id'])
    .execute()
  for (const { id, ...row } of rows) ctx.emit('notification.deleted', { ...row, notification_id: id })
}

async function deleteFiles(ctx: Context, these: RawBuilder<unknown>): Promise<number[]> {
  const { rows } = await sql<{ blob_id: number }>`
    with file as (delete from attachments at using messages m
      where m.id = at.message_id and m.conversation_id = ${these} returning at.id)
    delete from active_storage_attachments a using file
    where a.record_type = 'Attachment' and a.record_id = file.id returning a.blob_id`.execute(ctx.db)
  return rows.map((row) => row.blob_id)
}
