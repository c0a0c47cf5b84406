import type { Kysely } from 'kysely'
import type { ReadStream } from 'node:fs'
import type { DB } from '../db/schema.ts'

/** A file of a multipart body, kept in memory up to the upload limit. */
export interface UploadedFile {
  filename: string
  type: string
  content: Buffer
  /** MD5 in base64, as ActiveStorage keeps it. */
  checksum: string
}

/** A row of `active_storage_blobs`. */
export interface Blob {
  id: number
  key: string
  filename: string
  content_type: string | null
  byte_size: number
  metadata: string | null
}

export interface NewBlob {
  filename: string
  content: Buffer
  checksum?: string
  declaredType?: string
}

/** What an address of a file is made of. */
export interface BlobName {
  id: number
  filename: string
  content_type?: string | null
}

/** Files by key. */
export interface Storage {
  folder: string
  write: (key: string, content: Buffer) => Promise<void>
  size: (key: string) => Promise<number | null>
  read: (key: string, range?: { start: number; end: number }) => ReadStream
  remove: (key: string) => Promise<void>
  path: (key: string) => string
}

/** What a file is kept for: should that fail, the file goes again. */
export interface Keeping {
  db: Kysely<DB>
  onFailure: (undo: () => Promise<void>) => void
}

/** Files as the features see them. */
export interface Files {
  storage: Storage
  blobUrl: (blob: BlobName) => string
  /** Of pictures; "" for what has none. */
  thumbUrl: (blob: BlobName) => string
  avatarUrl: (blob: BlobName | null | undefined) => string
  signedId: (blob: { id: number }) => string
  createBlob: (keeping: Keeping, file: NewBlob) => Promise<Blob>
  /** By the signed id that an upload was answered with, in the account for which it was made. */
  findUpload: (db: Kysely<DB>, signedId: string, accountId: number) => Promise<Blob | undefined>
}
