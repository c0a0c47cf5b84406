import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'

/** A text that was begun. All agents share the one of a conversation; an empty one is a draft too. */
export async function readDraft(ctx: Context, conversation: { id: number }): Promise<string | undefined> {
  const { rows } = await sql<{ message: string }>`
    select message from parley.drafts where conversation_id = ${conversation.id}`.execute(ctx.db)
  return rows[0]?.message
}

export async function writeDraft(ctx: Context, conversation: { id: number }, message: string): Promise<void> {
  await sql`insert into parley.drafts (conversation_id, message, updated_at) values (${conversation.id}, ${message}, clock_timestamp())
    on conflict (conversation_id) do update set message = excluded.message, updated_at = excluded.updated_at`.execute(
    ctx.db,
  )
}

export async function destroyDraft(ctx: Context, conversation: { id: number }): Promise<void> {
  await sql`delete from parley.drafts where conversation_id = ${conversation.id}`.execute(ctx.db)
}
