import { join } from 'node:path'
import { signBlobId, signThumbnail, verifyBlobId } from '../lib/rails-signatures.ts'
import type { BlobName, Files } from '../vocabulary/files.ts'
import { createBlob, filenameInAddress, findUpload } from './blob.ts'
import { createStorage } from './storage.ts'

interface FilesOptions {
  frontendUrl: string
  secretKeyBase: string
  dataFolder: string
}

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp'])

export function createFiles({ frontendUrl, secretKeyBase, dataFolder }: FilesOptions): Files {
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

  return {
    storage,
    blobUrl: (blob) => `${base}/blobs/redirect/${signed(blob.id)}/${filenameInAddress(blob.filename)}`,
    thumbUrl,
    avatarUrl: (blob) => (blob ? thumbUrl(blob) : ''),
    signedId: ({ id }) => signed(id),
    createBlob: (keeping, file) => createBlob(keeping, storage, file),
    async findUpload(db, signedId, accountId) {
      const id = verifyBlobId(secretKeyBase, signedId)
      return id === null ? undefined : findUpload(db, id, accountId)
    },
  }
}

/** A picture keeps its format in its thumbnail. */
function formatOf({ filename, content_type: type }: BlobName): string {
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()
  const own = type?.slice('image/'.length) ?? 'png'
  if (extension === own || (own === 'jpeg' && ['jpg', 'jpeg'].includes(extension))) return extension
  return own === 'jpeg' ? 'jpg' : own
}
