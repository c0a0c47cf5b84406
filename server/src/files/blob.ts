import { sql, type Kysely } from 'kysely'
import { createHash, randomInt } from 'node:crypto'
import { columns, listed } from '../db/columns.ts'
import { prepared, type Slots } from '../db/prepared.ts'
import type { DB } from '../db/schema.ts'
import type { Blob, Keeping, NewBlob, Storage } from '../vocabulary/files.ts'

const KEY_LENGTH = 28
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const MAX_PIXELS = 50_000_000

const COLUMNS = columns('active_storage_blobs', 'id', 'key', 'filename', 'content_type', 'byte_size', 'metadata')
const NOW = sql<Date>`clock_timestamp()`

/** The bytes are kept first: a row without a file would be a promise broken. */
export async function createBlob({ db, onFailure }: Keeping, storage: Storage, file: NewBlob): Promise<Blob> {
  const key = Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  const type = await typeOf(file)
  onFailure(() => storage.remove(key))
  await storage.write(key, file.content)
  return db
    .insertInto('active_storage_blobs')
    .values({
      key,
      filename: sanitizeFilename(file.filename),
      content_type: type,
      metadata: JSON.stringify({ identified: true }),
      byte_size: file.content.length,
      checksum: file.checksum ?? createHash('md5').update(file.content).digest('base64'),
      created_at: NOW,
      service_name: 'local',
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

/**
 * What a file is, is decided by its bytes, and where they tell nothing by its name, then by what the sender says, as Marcel does. An
 * SVG or a page is one whatever it is called.
 */
export async function typeOf({ filename, content, declaredType = '' }: NewBlob): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type')
  const found = (await fileTypeFromBuffer(content))?.mime.split(';')[0]
  const said = declaredType.split(';')[0]!.trim().toLowerCase()
  const declared = /^[\w.+-]+\/[\w.+-]+$/.test(said) && said !== BINARY ? said : undefined
  const named = BY_EXTENSION.get(filename.slice(filename.lastIndexOf('.') + 1).toLowerCase())
  if (found && found !== 'application/xml') {
    const closer = declared ?? named
    return closer && isVague(found, closer) ? closer : found
  }
  const head = content.subarray(0, 1024).toString('latin1').toLowerCase()
  if (/<svg[\s>]/.test(head)) return 'image/svg+xml'
  if (/<(!doctype html|html|script|body|head|iframe)[\s>]/.test(head)) return 'text/html'
  return found ?? named ?? declared ?? BINARY
}

/** Sounds come in the boxes of films, and the older office documents all in one kind of box. */
function isVague(found: string, closer: string): boolean {
  if (closer.startsWith('audio/')) return /^(audio|video)\/|^application\/ogg$/.test(found)
  return found === 'application/x-cfb' && closer.startsWith('application/')
}

const BINARY = 'application/octet-stream'
const OFFICE = 'application/vnd.openxmlformats-officedocument'
const EXTENSIONS: Record<string, string> = {
  'text/plain': 'txt text log conf',
  'text/markdown': 'md markdown',
  'text/csv': 'csv',
  'text/tab-separated-values': 'tsv',
  'text/html': 'html htm',
  'text/css': 'css',
  'text/javascript': 'js mjs',
  'text/calendar': 'ics',
  'text/vcard': 'vcf',
  'application/json': 'json',
  'application/xml': 'xml xsl',
  'application/xhtml+xml': 'xhtml',
  'application/pdf': 'pdf',
  'application/rtf': 'rtf',
  'application/zip': 'zip',
  'application/gzip': 'gz tgz',
  'application/x-tar': 'tar',
  'application/x-7z-compressed': '7z',
  'application/x-rar-compressed': 'rar',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.ms-outlook': 'msg',
  'application/vnd.oasis.opendocument.text': 'odt',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
  [`${OFFICE}.wordprocessingml.document`]: 'docx',
  [`${OFFICE}.spreadsheetml.sheet`]: 'xlsx',
  [`${OFFICE}.presentationml.presentation`]: 'pptx',
  'message/rfc822': 'eml',
  'image/png': 'png',
  'image/jpeg': 'jpg jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/bmp': 'bmp',
  'image/tiff': 'tif tiff',
  'image/heic': 'heic',
  'image/avif': 'avif',
  'image/svg+xml': 'svg svgz',
  'audio/mpeg': 'mp3 mpga',
  'audio/mp4': 'm4a',
  'audio/aac': 'aac',
  'audio/ogg': 'ogg oga',
  'audio/opus': 'opus',
  'audio/x-wav': 'wav',
  'audio/x-flac': 'flac',
  'audio/amr': 'amr',
  'video/mp4': 'mp4 m4v',
  'video/mpeg': 'mpg mpeg',
  'video/webm': 'webm',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'video/x-msvideo': 'avi',
  'video/x-matroska': 'mkv',
  'video/3gpp': '3gp',
}
const BY_EXTENSION = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, names]) => names.split(' ').map((name) => [name, type])),
)

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
  await db
    .insertInto('active_storage_attachments')
    .values({ name: to.name, record_type: to.recordType, record_id: to.recordId, blob_id: to.blobId, created_at: NOW })
    .execute()
}

export async function findBlob(db: Kysely<DB>, id: number): Promise<Blob | undefined> {
  return (await blobById(db, { id }))[0]
}

const blobById = prepared((asked: Slots<{ id: number }>, db) =>
  db.selectFrom('active_storage_blobs').select(COLUMNS).where('id', '=', asked.id),
)

/** A file that waits for its place, or has one in a message of the account: somebody else's is not to be kept by being known. */
export async function findUpload(db: Kysely<DB>, id: number, accountId: number): Promise<Blob | undefined> {
  const { rows } = await sql<Blob>`
    select ${listed(COLUMNS)} from active_storage_blobs b where id = ${id}
      and not exists (select 1 from active_storage_attachments a
        left join attachments f on a.record_type = 'Attachment' and f.id = a.record_id
        left join macros m on a.record_type = 'Macro' and m.id = a.record_id
        where a.blob_id = b.id and coalesce(f.account_id, m.account_id) is distinct from ${accountId})`.execute(db)
  return rows[0]
}

/** Lets go of a record's files; those that nothing else holds are to be removed. */
export async function detachBlobs(
  db: Kysely<DB>,
  from: { recordType: string; recordId: number; name?: string },
): Promise<number[]> {
  const rows = await db
    .deleteFrom('active_storage_attachments')
    .where('record_type', '=', from.recordType)
    .where('record_id', '=', from.recordId)
    .$if(from.name !== undefined, (query) => query.where('name', '=', from.name!))
    .returning('blob_id')
    .execute()
  return rows.map((row) => row.blob_id)
}
