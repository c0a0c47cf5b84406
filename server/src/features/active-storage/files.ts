import type { Kysely } from 'kysely'
import { join } from 'node:path'
import type { App } from '../../app.ts'
import type { DB } from '../../db/schema.ts'
import type { Context } from '../../http/context.ts'
import { invalidField } from '../../http/errors.ts'
import type { UploadedFile } from '../../http/params.ts'
import { signBlobId, signThumbnail, verifyBlobId } from '../../lib/rails-signatures.ts'
import {
  attachBlob,
  createBlob,
  detachBlobs,
  filenameInAddress,
  findUpload,
  typeOf,
  type Blob,
  type NewBlob,
} from './blob.model.ts'
import { createStorage, type Storage } from './storage.ts'

interface BlobName {
  id: number
  filename: string
  content_type?: string | null
}

/** Files as the features see them. */
export interface Files {
  storage: Storage
  blobUrl: (blob: BlobName) => string
  /** Of pictures; "" for what has none. */
  thumbUrl: (blob: BlobName) => string
  avatarUrl: (blob: BlobName | null | undefined) => string
  signedId: (blob: { id: number }) => string
  createBlob: (db: Kysely<DB>, file: NewBlob) => Promise<Blob>
  attachBlob: typeof attachBlob
  findUpload: (db: Kysely<DB>, signedId: string, accountId: number) => Promise<Blob | undefined>
  /** Replaces the picture of a person, contact, bot or inbox. */
  setAvatar: (ctx: Context, record: { recordType: string; recordId: number }, file: UploadedFile) => Promise<void>
  /** The files themselves go in a job. */
  detach: (ctx: Context, record: { recordType: string; recordId: number; name?: string }) => Promise<void>
}

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp'])
const AVATARS = new Set(['image/png', 'image/jpeg', 'image/gif'])
const MAX_AVATAR = 15 * 1024 * 1024

export function createFiles(app: App): Files {
  const { frontendUrl, secretKeyBase, dataFolder } = app.config
  const storage = createStorage(join(dataFolder, 'storage'))
  const base = `${frontendUrl}/rails/active_storage`
  const signed = (id: number) => signBlobId(secretKeyBase, id)
  const thumbnails = new Map<string, string>()

  const thumbUrl = (blob: BlobName) => {
    if (!PICTURES.has(blob.content_type ?? '')) return ''
    const format = formatOf(blob)
    let variation = thumbnails.get(format)
    if (!variation) thumbnails.set(format, (variation = signThumbnail(secretKeyBase, format)))
    return `${base}/representations/redirect/${signed(blob.id)}/${variation}/${filenameInAddress(blob.filename)}`
  }

  const files: Files = {
    storage,
    blobUrl: (blob) => `${base}/blobs/redirect/${signed(blob.id)}/${filenameInAddress(blob.filename)}`,
    thumbUrl,
    avatarUrl: (blob) => (blob ? thumbUrl(blob) : ''),
    signedId: ({ id }) => signed(id),
    createBlob: (db, file) => createBlob(db, storage, file),
    attachBlob,
    async findUpload(db, signedId, accountId) {
      const id = verifyBlobId(secretKeyBase, signedId)
      return id === null ? undefined : findUpload(db, id, accountId)
    },
    async setAvatar(ctx, record, file) {
      if (file.content.length > MAX_AVATAR) throw invalidField('avatar', 'is too big')
      // Whatever it is called: it is shown wherever its owner is.
      const type = await typeOf({ filename: '', content: file.content })
      if (!AVATARS.has(type)) throw invalidField('avatar', 'filetype not supported')
      const blob = await createBlob(ctx.db, storage, { filename: file.filename, content: file.content })
      await files.detach(ctx, { ...record, name: 'avatar' })
      await attachBlob(ctx.db, { ...record, name: 'avatar', blobId: blob.id })
    },
    async detach(ctx, record) {
      const ids = await detachBlobs(ctx.db, record)
      if (ids.length) ctx.later('blobs.purge', { blob_ids: ids })
    },
  }
  return files
}

/** A picture keeps its format in its thumbnail. */
function formatOf({ filename, content_type: type }: BlobName): string {
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()
  const own = type?.slice('image/'.length) ?? 'png'
  if (extension === own || (own === 'jpeg' && ['jpg', 'jpeg'].includes(extension))) return extension
  return own === 'jpeg' ? 'jpg' : own
}
