import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { isTooLarge } from '../../lib/bag.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import type { NewBlob } from '../../vocabulary/files.ts'
import { downloadPicture } from '../avatars/avatar.model.ts'
import { updateContact, type ContactRecord } from './contact.model.ts'
import { loadContactRow } from './contact.query.ts'
import { detachFiles, setAvatar } from '../active-storage/attachment.model.ts'

export interface AvatarJob {
  contact_id: number
  url: string
  /** Leaves a picture that is there. */
  unless_there?: boolean
}

/** Pictures of elsewhere are fetched after the answer. */
export function fetchAvatarLater(
  ctx: Context,
  contact: { id: number },
  url: string | null | undefined,
  { unlessThere = false }: { unlessThere?: boolean } = {},
): void {
  if (!url || url.length > 2048 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return
  ctx.later(
    'contacts.fetch_avatar',
    { contact_id: contact.id, url, ...(unlessThere && { unless_there: true }) },
    { queue: 'avatars' },
  )
}

/** In the place of the one before. */
export function saveAvatar(ctx: Context, contactId: number, file: NewBlob): Promise<void> {
  return setAvatar(ctx, { recordType: 'Contact', recordId: contactId }, file)
}

export async function removeAvatar(ctx: Context, contactId: number): Promise<void> {
  await detachFiles(ctx, { recordType: 'Contact', recordId: contactId, name: 'avatar' })
}

/**
 * Fetches the picture at an address, unless the contact has it from there already; whatever is wrong with it, the contact
 * simply has none. No transaction is open while the other side takes its time.
 */
export async function fetchAvatar(ctx: Context, job: AvatarJob): Promise<void> {
  if (await hasAvatar(ctx, job)) return
  const content = await downloadPicture(ctx, job.url)
  await inTransaction(ctx, () => keepAvatar(ctx, job, content))
}

async function keepAvatar(ctx: Context, { contact_id: id, url }: AvatarJob, content: Buffer | null): Promise<void> {
  const contact = await loadContactRow(ctx, id, { lock: true })
  if (!contact) return
  const stamps = { last_avatar_sync_at: ctx.app.now().toISOString(), avatar_url_hash: hashOf(url) }
  const saved = content && (await isSaved(ctx, contact, url, content))
  const additional = { ...contact.additional_attributes, ...stamps }
  if (saved && !contact.is_oversized && !isTooLarge(additional)) {
    await updateContact(ctx, contact, { additional_attributes: additional })
  } else {
    await sql`update contacts set additional_attributes = coalesce(additional_attributes, '{}') || ${JSON.stringify(stamps)}::jsonb
      where id = ${id}`.execute(ctx.db)
  }
}

async function isSaved(ctx: Context, contact: ContactRecord, url: string, content: Buffer): Promise<boolean> {
  const filename = decodeURIComponentOr(new URL(url).pathname.split('/').at(-1)!) || 'avatar'
  try {
    await saveAvatar(ctx, contact.id, { filename: filename.slice(0, 255), content })
    return true
  } catch (error) {
    if (error instanceof RecordInvalidError) return false
    throw error
  }
}

async function hasAvatar(ctx: Context, { contact_id: id, url, unless_there: isAny }: AvatarJob): Promise<boolean> {
  const { rows } = await sql`select 1 from active_storage_attachments s join contacts ct on ct.id = s.record_id
    where s.record_type = 'Contact' and s.record_id = ${id} and s.name = 'avatar'
      ${isAny ? sql`` : sql`and ct.additional_attributes ->> 'avatar_url_hash' = ${hashOf(url)}`}`.execute(ctx.db)
  return rows.length > 0
}

const hashOf = (url: string) => createHash('sha256').update(url).digest('hex')

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll('\0', '').toWellFormed()
  } catch {
    return ''
  }
}
