import { sql, type RawBuilder } from 'kysely'
import type { Context, MemberContext } from '../../context/context.ts'
import { runPrepared } from '../../db/prepared.ts'
import { withinRoom } from '../../db/room.ts'
import { NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import type { ContactRecord } from '../contacts/contact.record.ts'
import { userJson } from '../pictures/picture.sql.ts'
import type { NoteRecord } from './note.presenter.ts'

/** Newest first. */
export function listNotes(ctx: Context, contact: ContactRecord): Promise<NoteRecord[]> {
  return selectNotes(ctx, contact)
}

export async function accessNote(ctx: Context, contact: ContactRecord, id: number): Promise<NoteRecord> {
  const [note] = await selectNotes(ctx, contact, { which: sql`n.id = ${id}` })
  if (!note) throw new NotFoundError()
  return note
}

function selectNotes(
  ctx: Context,
  contact: ContactRecord,
  { which = sql`true`, author = sql`n.user_id` }: { which?: RawBuilder<unknown>; author?: RawBuilder<unknown> } = {},
): Promise<NoteRecord[]> {
  const notes = sql<NoteRecord>`
    select n.id, n.account_id, n.content, n.created_at, n.updated_at, ${userJson(author, sql`n.account_id`)} as user
    from notes n where n.account_id = ${contact.account_id} and n.contact_id = ${contact.id} and ${which}`
  return runPrepared(ctx.db, withinRoom(notes, sql`r.created_at desc, r.id desc`))
}

export async function createNote(
  ctx: MemberContext,
  contact: ContactRecord,
  content: string | null = null,
): Promise<NoteRecord> {
  if (!content?.trim()) throw new RecordInvalidError([['content', "Content can't be blank"]])
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('notes')
    .values({
      account_id: contact.account_id,
      contact_id: contact.id,
      user_id: ctx.user.id,
      content,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return accessNote(ctx, contact, id)
}

/**
 * Who changes it is its author from then on.
 * @NOTE What is blank is answered as if it were kept, but it is not (app/controllers/api/v1/accounts/contacts/notes_controller.rb).
 */
export async function updateNote(
  ctx: MemberContext,
  contact: ContactRecord,
  { id }: NoteRecord,
  content: string | null = null,
): Promise<NoteRecord> {
  if (content?.trim()) {
    await ctx.db
      .updateTable('notes')
      .set({ content, user_id: ctx.user.id, updated_at: ctx.app.now() })
      .where('id', '=', id)
      .execute()
  }
  const [note] = await selectNotes(ctx, contact, { which: sql`n.id = ${id}`, author: sql`${ctx.user.id}::bigint` })
  if (!note) throw new NotFoundError()
  return { ...note, content: content ?? '' }
}

export async function destroyNote(ctx: Context, note: NoteRecord): Promise<void> {
  await ctx.db.deleteFrom('notes').where('id', '=', note.id).execute()
}
