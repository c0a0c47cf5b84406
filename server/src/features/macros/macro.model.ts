import { sql, type RawBuilder } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { listed } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { runPrepared } from '../../db/prepared.ts'
import { withinRoom } from '../../db/room.ts'
import { attachBlob } from '../../files/blob.ts'
import { EmptyNotFoundError, NotAuthorizedError, RefusedError, unprocessable } from '../../http/errors.ts'
import { isLonger } from '../../lib/text.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'
import { userJson } from '../pictures/picture.sql.ts'
import { GLOBAL, MACRO_COLUMNS, PERSONAL, VISIBILITIES, type Action, type MacroRecord } from './macro.presenter.ts'

export interface MacroFields {
  name?: string | null
  visibility?: (typeof VISIBILITIES)[number] | null
  actions?: { action_name?: string | null; action_params?: unknown[] | null }[] | null
}

/** Those for all, and those of the caller. */
export function listMacros(ctx: MemberContext): Promise<MacroRecord[]> {
  return selectMacros(
    ctx,
    sql`(m.visibility = ${GLOBAL} or m.visibility = ${PERSONAL} and m.created_by_id = ${ctx.user.id})`,
  )
}

/** What one may do with a macro. */
type Right = 'use' | 'change' | 'remove'

export async function accessMacro(ctx: MemberContext, id: number, right: Right, lock: Lock = {}): Promise<MacroRecord> {
  const [macro] = await selectMacros(ctx, sql`m.id = ${id}`, lock)
  if (!macro) throw new EmptyNotFoundError()
  if (!may(ctx, macro, right)) throw new NotAuthorizedError()
  return macro
}

/** An author may do everything; what is for all is used by all and cared for by administrators, who remove it when its author is gone. */
function may(ctx: MemberContext, macro: MacroRecord, right: Right): boolean {
  if (macro.created_by_id === ctx.user.id) return true
  if (macro.visibility !== GLOBAL) return false
  if (right === 'use') return true
  return ctx.isAdministrator && (right === 'change' || macro.created_by === null)
}

const FILES = sql`(select json_agg(json_build_object('id', f.id, 'blob', json_build_object('id', b.id, 'filename', b.filename,
    'content_type', b.content_type)) order by f.id)
  from active_storage_attachments f join active_storage_blobs b on b.id = f.blob_id
  where f.record_type = 'Macro' and f.record_id = m.id and f.name = 'files')`

function selectMacros(
  ctx: MemberContext,
  where: RawBuilder<unknown>,
  { lock = false }: Lock = {},
): Promise<MacroRecord[]> {
  const macros = sql<MacroRecord>`
    select ${listed(MACRO_COLUMNS, 'm')}, ${userJson(sql`m.created_by_id`, sql`m.account_id`)} as created_by,
      ${userJson(sql`m.updated_by_id`, sql`m.account_id`)} as updated_by, ${FILES} as files
    from macros m where m.account_id = ${ctx.account.id} and ${where} ${lock ? sql`for update of m` : sql``}`
  return runPrepared(ctx.db, withinRoom(macros, sql`r.id`))
}

export async function createMacro(ctx: MemberContext, fields: MacroFields): Promise<MacroRecord> {
  const { blobs, ...columns } = await settle(ctx, { name: null, visibility: PERSONAL, actions: null }, fields)
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('macros')
    .values({
      ...columns,
      account_id: ctx.account.id,
      created_by_id: ctx.user.id,
      updated_by_id: ctx.user.id,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await attach(ctx, id, blobs)
  return accessMacro(ctx, id, 'use')
}

export async function updateMacro(ctx: MemberContext, macro: MacroRecord, fields: MacroFields): Promise<MacroRecord> {
  const { blobs, ...columns } = await settle(ctx, macro, fields)
  await ctx.db
    .updateTable('macros')
    .set({ ...columns, updated_by_id: ctx.user.id, updated_at: ctx.app.now() })
    .where('id', '=', macro.id)
    .execute()
  await attach(ctx, macro.id, blobs)
  return accessMacro(ctx, macro.id, 'use')
}

export async function destroyMacro(ctx: MemberContext, macro: MacroRecord): Promise<void> {
  await detachFiles(ctx, { recordType: 'Macro', recordId: macro.id })
  await ctx.db.deleteFrom('macros').where('id', '=', macro.id).execute()
}

async function attach(ctx: MemberContext, id: number, blobs: number[]): Promise<void> {
  for (const blobId of blobs) await attachBlob(ctx.db, { recordType: 'Macro', recordId: id, name: 'files', blobId })
}

const ACTIONS = new Set([
  'send_message',
  'add_label',
  'remove_label',
  'assign_team',
  'remove_assigned_team',
  'assign_agent',
  'mute_conversation',
  'change_status',
  'resolve_conversation',
  'snooze_conversation',
  'change_priority',
  'send_email_transcript',
  'send_attachment',
  'add_private_note',
  'send_webhook_event',
])

interface Before {
  name: string | null
  visibility: number | null
  actions: Action[] | null
  files?: MacroRecord['files']
}

/** Macros are refused in words of their own: what is wrong, by field. */
async function settle(ctx: MemberContext, before: Before, fields: MacroFields) {
  const name = fields.name === undefined ? before.name : fields.name
  const actions = fields.actions === undefined ? before.actions : actionsOf(fields.actions)
  const problems: Record<string, string[]> = {}
  if (!name?.trim()) problems.name = ["can't be blank"]
  else if (isLonger(name, 255)) problems.name = ['is too long (maximum is 255 characters)']
  const unknown = actions?.map((action) => action.action_name).filter((action) => !ACTIONS.has(action)) ?? []
  if (!actions) problems.actions = ["can't be blank"]
  else if (unknown.length) problems.actions = [`Macro execution actions ${unknown.join(',')} not supported.`]
  if (Object.keys(problems).length) throw new RefusedError(422, { error: problems })
  const wanted = fields.visibility ? VISIBILITIES.indexOf(fields.visibility) : before.visibility
  const { blobs, kept } = await takeFiles(ctx, actions!, before.files?.map((file) => file.blob.id) ?? [])
  // What an agent makes is their own.
  return { name: name!, visibility: ctx.isAdministrator ? wanted : PERSONAL, actions: JSON.stringify(kept), blobs }
}

const actionsOf = (sent: NonNullable<MacroFields['actions']> | null): Action[] | null =>
  sent &&
  sent.map(({ action_name: name, action_params: params }) => ({
    action_name: name ?? '',
    action_params: (params ?? []).filter((value) => typeof value !== 'object') as Action['action_params'],
  }))

/** A file comes by the signed id of its upload, and stands in its action by its number from then on. */
async function takeFiles(ctx: MemberContext, actions: Action[], attached: number[]) {
  const blobs: number[] = []
  const kept: Action[] = []
  for (const action of actions) {
    const [file] = action.action_params
    if (action.action_name !== 'send_attachment' || attached.includes(Number(file))) kept.push(action)
    else {
      const blob = await ctx.app.files.findUpload(ctx.db, String(file), ctx.account.id)
      if (!blob) throw unprocessable('Invalid attachment')
      blobs.push(blob.id)
      kept.push({ ...action, action_params: [blob.id] })
    }
  }
  return { blobs, kept }
}
