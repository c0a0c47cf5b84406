import { fileTypeFromBuffer } from 'file-type'
import { sql, type Kysely } from 'kysely'
import { createHash, randomInt } from 'node:crypto'
import type { DB } from '../db/schema.ts'
import type { Blob, NewBlob, Storage } from '../vocabulary/files.ts'

const KEY_LENGTH = 28
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const MAX_PIXELS = 50_000_000

/** The bytes are kept first: a row without a file would be a promise broken. */
export async function createBlob(db: Kysely<DB>, storage: Storage, file: NewBlob): Promise<Blob> {
  const key = Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  const type = await typeOf(file)
  await storage.write(key, file.content)
  const { rows } = await sql<Blob>`
    insert into active_storage_blobs (key, filename, content_type, metadata, byte_size, checksum, created_at, service_name)
    values (${key}, ${sanitizeFilename(file.filename)}, ${type}, ${JSON.stringify({ identified: true })}, ${file.content.length},
      ${createHash('md5').update(file.content).digest('base64')}, clock_timestamp(), 'local')
    returning id, key, filename, content_type, byte_size, metadata`.execute(db)
  return rows[0]!
}

/**
 * What a file is, is decided by its bytes; its name and what the sender says count only for text and what bytes do not tell. An SVG or
 * a page is one whatever it is called.
 */
export async function typeOf({ filename, content, declaredType = '' }: NewBlob): Promise<string> {
  const found = (await fileTypeFromBuffer(content))?.mime.split(';')[0]
  const said = declaredType.split(';')[0]!.trim().toLowerCase()
  const isType = /^[\w.+-]+\/[\w.+-]+$/.test(said)
  if (found && found !== 'application/xml') return isType && isVague(found, said) ? said : found
  const head = content.subarray(0, 1024).toString('latin1').toLowerCase()
  if (/<svg[\s>]/.test(head)) return 'image/svg+xml'
  if (/<(!doctype html|html|script|body|head|iframe)[\s>]/.test(head)) return 'text/html'
  if (found) return found
  const declared = BY_EXTENSION.get(filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()) ?? (isType ? said : undefined)
  // A picture, a sound or a film would have been known by its bytes.
  if (declared && TELLS_ITSELF.test(declared)) return declared.startsWith('audio/') ? declared : 'application/octet-stream'
  return declared ?? 'application/octet-stream'
}

/** Sounds come in the boxes of films, and the older office documents all in one kind of box. */
function isVague(found: string, said: string): boolean {
  if (said.startsWith('audio/')) return /^(audio|video)\/|^application\/ogg$/.test(found)
  return found === 'application/x-cfb' && said.startsWith('application/')
}

const TELLS_ITSELF = /^(image|video|audio)\/|^application\/pdf$/
const BY_EXTENSION = new Map([
  ['txt', 'text/plain'],
  ['log', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['svg', 'image/svg+xml'],
  ['xml', 'application/xml'],
  ['css', 'text/css'],
  ['js', 'text/javascript'],
  ['ics', 'text/calendar'],
  ['vcf', 'text/vcard'],
])

/** Width and height of a picture as it is looked at; nothing for anything else. */
export async function sizeOf(type: string, content: Buffer): Promise<{ width?: number; height?: number }> {
  if (!/^image\/(png|jpeg|gif|webp|bmp|tiff)$/.test(type)) return {}
  try {
    // Loaded by those who need it: most servers show few pictures.
    const { default: sharp } = await import('sharp')
    const { width, height, orientation } = await sharp(content, { limitInputPixels: MAX_PIXELS }).metadata()
    if (!width || !height) return {}
    return (orientation ?? 1) >= 5 ? { width: height, height: width } : { width, height }
  } catch {
    return {}
  }
}

/** As ActiveStorage does: what a file system or a page would trip over becomes a dash. */
export function sanitizeFilename(name: string): string {
  const base = name.toWellFormed().slice(0, 255).trim()
  return base.replace(/[\u202e%$|:;/<>?*"\t\r\n\\\0]/g, '-') || 'file'
}

/** The last part of a file's address. Rows that Rails wrote keep the name as it was sent; Rails leaves these marks as they are. */
export function filenameInAddress(name: string): string {
  return encodeURIComponent(sanitizeFilename(name)).replace(/%(26|2B|2C|3D|40)/g, decodeURIComponent)
}

export async function attachBlob(
  db: Kysely<DB>,
  to: { recordType: string; recordId: number; name: string; blobId: number },
): Promise<void> {
  await sql`insert into active_storage_attachments (name, record_type, record_id, blob_id, created_at)
    values (${to.name}, ${to.recordType}, ${to.recordId}, ${to.blobId}, clock_timestamp())`.execute(db)
}

export async function findBlob(db: Kysely<DB>, id: number): Promise<Blob | undefined> {
  const { rows } = await sql<Blob>`
    select id, key, filename, content_type, byte_size, metadata from active_storage_blobs where id = ${id}`.execute(db)
  return rows[0]
}

/** Lets go of a record's files; those that nothing else holds are to be removed. */
export async function detachBlobs(
  db: Kysely<DB>,
  from: { recordType: string; recordId: number; name?: string },
): Promise<number[]> {
  const { rows } = await sql<{ blob_id: number }>`
    delete from active_storage_attachments where record_type = ${from.recordType} and record_id = ${from.recordId}
      ${from.name === undefined ? sql`` : sql`and name = ${from.name}`} returning blob_id`.execute(db)
  return rows.map((row) => row.blob_id)
}
