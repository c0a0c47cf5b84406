import type { Context } from '../../context/context.ts'
import { attachBlob, detachBlobs, typeOf } from '../../files/blob.ts'
import { invalidField } from '../../http/errors.ts'
import type { NewBlob } from '../../vocabulary/files.ts'

interface Owner {
  recordType: string
  recordId: number
}

const AVATARS = new Set(['image/png', 'image/jpeg', 'image/gif'])
const MAX_AVATAR = 15 * 1024 * 1024

/** Replaces the picture of a person, contact, bot or inbox. */
export async function setAvatar(ctx: Context, owner: Owner, { filename, content, checksum }: NewBlob): Promise<void> {
  if (content.length > MAX_AVATAR) throw invalidField('avatar', 'is too big')
  // Whatever it is called: it is shown wherever its owner is.
  if (!AVATARS.has(await typeOf({ filename: '', content }))) throw invalidField('avatar', 'filetype not supported')
  const blob = await ctx.app.files.createBlob(ctx, { filename, content, ...(checksum && { checksum }) })
  await detachFiles(ctx, { ...owner, name: 'avatar' })
  await attachBlob(ctx.db, { ...owner, name: 'avatar', blobId: blob.id })
}

/** A record lets go of its files, which themselves go in a job. */
export async function detachFiles(ctx: Context, from: Owner & { name?: string }): Promise<void> {
  const ids = await detachBlobs(ctx.db, from)
  if (ids.length) ctx.later('blobs.purge', { blob_ids: ids })
}
