import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'

/** A text that was begun. All agents share the one of a conversation; an empty one is a draft too. */
export async function readDraft(ctx: Context, conversation: { id: number }): Promise<string | undefined> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db.selectFrom('parley.drafts').select('message').where('conversation_id', '=', conversation.id),
  )
  return rows[0]?.message
}

export async function writeDraft(ctx: Context, conversation: { id: number }, message: string): Promise<void> {
  await runPrepared(
    ctx.db,
    ctx.db
      .insertInto('parley.drafts')
      .values({ conversation_id: conversation.id, message, updated_at: sql`clock_timestamp()` })
      .onConflict((conflict) =>
        conflict
          .column('conversation_id')
          .doUpdateSet(({ ref }) => ({ message: ref('excluded.message'), updated_at: ref('excluded.updated_at') })),
      ),
  )
}

export async function destroyDraft(ctx: Context, conversation: { id: number }): Promise<void> {
  await runPrepared(ctx.db, ctx.db.deleteFrom('parley.drafts').where('conversation_id', '=', conversation.id))
}
