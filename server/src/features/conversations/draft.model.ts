import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'

/** A text that was begun. All agents share the one of a conversation; an empty one is a draft too. */
export async function readDraft(ctx: Context, conversation: { id: number }): Promise<string | undefined> {
  const rows = await runPrepared(ctx.db, sql<{ message: string }>`
    select message from parley.drafts where conversation_id = ${conversation.id}`)
  return rows[0]?.message
}

export async function writeDraft(ctx: Context, conversation: { id: number }, message: string): Promise<void> {
  await runPrepared(ctx.db, sql`insert into parley.drafts (conversation_id, message, updated_at) values (${conversation.id}, ${message}, clock_timestamp())
    on conflict (conversation_id) do update set message = excluded.message, updated_at = excluded.updated_at`)
}

export async function destroyDraft(ctx: Context, conversation: { id: number }): Promise<void> {
  await runPrepared(ctx.db, sql`delete from parley.drafts where conversation_id = ${conversation.id}`)
}
