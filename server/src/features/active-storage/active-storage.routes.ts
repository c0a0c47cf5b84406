import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { createReadStream } from 'node:fs'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DB } from '../../db/schema.ts'
import { sendOutside } from '../../http/transport.ts'
import { signDiskKey, verifyBlobId, verifyDiskKey, verifyVariation } from '../../lib/rails-signatures.ts'
import { filenameInAddress, findBlob, sanitizeFilename } from '../../files/blob.ts'
import type { Blob, Storage } from '../../vocabulary/files.ts'

export interface ActiveStorageOptions {
  storage: Storage
  db: Kysely<DB>
  secretKeyBase: string
  frontendUrl: string
}

interface DiskKey {
  key: string
  type: string
  filename: string
  variant?: boolean
}

const MINUTES = 60_000
const MAX_PIXELS = 50_000_000
const THUMBNAIL_WIDTH = 250

/** What a browser may show in its own window; everything else is saved to a file. Neither pages nor SVG. */
const INLINE = /^(image\/(png|jpeg|gif|webp|bmp)|(video|audio)\/[\w.+-]+|application\/pdf|text\/plain)$/
/** Would run or render as somebody's page. */
const ACTIVE = /html|svg|xml|javascript|ecmascript|xhtml/

/** The addresses of files, as ActiveStorage makes them: a signed name leads to a place that is open for five minutes. */
export async function activeStorageRoutes(server: FastifyInstance, options: ActiveStorageOptions): Promise<void> {
  const { storage, db, secretKeyBase, frontendUrl } = options

  const blobOf = async (request: FastifyRequest): Promise<Blob | undefined> => {
    const id = verifyBlobId(secretKeyBase, (request.params as { signed_id: string }).signed_id)
    return id === null ? undefined : findBlob(db, id)
  }
  const lead = (reply: FastifyReply, blob: Blob, value: Omit<DiskKey, 'filename'>) => {
    const key = signDiskKey(
      secretKeyBase,
      { ...value, filename: sanitizeFilename(blob.filename) },
      new Date(Date.now() + 5 * MINUTES),
    )
    return reply
      .code(302)
      .headers({
        location: `${frontendUrl}/rails/active_storage/disk/${key}/${filenameInAddress(blob.filename)}`,
        'cache-control': 'max-age=300, private',
      })
      .send()
  }

  const toBlob = async (request: FastifyRequest, reply: FastifyReply) => {
    const blob = await blobOf(request)
    if (!blob) return sendOutside(request, reply, 404, 'Not Found')
    return lead(reply, blob, { key: blob.key, type: blob.content_type ?? 'application/octet-stream' })
  }
  server.get('/rails/active_storage/blobs/redirect/:signed_id/*', toBlob)
  server.get('/rails/active_storage/blobs/:signed_id/*', toBlob)

  const toThumbnail = async (request: FastifyRequest, reply: FastifyReply) => {
    const blob = await blobOf(request)
    const { variation } = request.params as { variation: string }
    if (!blob || !verifyVariation(secretKeyBase, variation)) return sendOutside(request, reply, 404, 'Not Found')
    const type = await thumbnail(storage, blob)
    if (type) return lead(reply, blob, { key: blob.key, type, variant: true })
    // A picture that cannot be drawn anew stands for itself.
    const { key, content_type: own } = blob
    if (own?.startsWith('image/') && INLINE.test(own)) return lead(reply, blob, { key, type: own })
    return sendOutside(request, reply, 404, 'Not Found')
  }
  server.get('/rails/active_storage/representations/redirect/:signed_id/:variation/*', toThumbnail)
  server.get('/rails/active_storage/representations/:signed_id/:variation/*', toThumbnail)

  server.get('/rails/active_storage/disk/:key/*', async (request, reply) => {
    const file = verifyDiskKey<DiskKey>(secretKeyBase, (request.params as { key: string }).key)
    if (!file) return sendOutside(request, reply, 404, 'Not Found')
    const path = file.variant ? variantPath(storage, file.key) : storage.path(file.key)
    const found = await stat(path).catch(() => null)
    if (!found) return sendOutside(request, reply, 404, 'Not Found')
    const isActive = ACTIVE.test(file.type)
    const etag = `"${file.key}${file.variant ? '-v' : ''}"`
    reply.headers({
      'content-type': isActive ? 'application/octet-stream' : file.type,
      'content-disposition': disposition(!isActive && INLINE.test(file.type), file.filename),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=300, private',
      etag,
    })
    if (request.headers['if-none-match'] === etag) return reply.removeHeader('content-type').code(304).send()
    const range = rangeOf(request.headers.range, found.size)
    if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${found.size}`).send()
    if (!range) return reply.header('content-length', found.size).send(createReadStream(path))
    reply.code(206).headers({
      'content-range': `bytes ${range.start}-${range.end}/${found.size}`,
      'content-length': range.end - range.start + 1,
    })
    return reply.send(createReadStream(path, range))
  })
}

const variantPath = (storage: Storage, key: string) => join(storage.folder, 'variants', key)

/** Drawn anew from the pixels, so that nothing of the sender's file is left in it. Null for what is no picture. */
async function thumbnail(storage: Storage, blob: Blob): Promise<string | null> {
  const type = blob.content_type ?? ''
  const format = { 'image/png': 'png', 'image/jpeg': 'jpeg', 'image/gif': 'gif', 'image/webp': 'webp' }[type] as
    | 'png'
    | 'jpeg'
    | 'gif'
    | 'webp'
    | undefined
  if (!format) return null
  const path = variantPath(storage, blob.key)
  if (await stat(path).catch(() => null)) return type
  try {
    const { default: sharp } = await import('sharp')
    const picture = await sharp(storage.path(blob.key), { limitInputPixels: MAX_PIXELS })
      .rotate()
      .resize({ width: THUMBNAIL_WIDTH, withoutEnlargement: true })
      .toFormat(format)
      .toBuffer()
    await mkdir(join(storage.folder, 'variants'), { recursive: true })
    await writeFile(`${path}.${process.pid}`, picture)
    await rename(`${path}.${process.pid}`, path)
    return type
  } catch {
    return null
  }
}

function disposition(inline: boolean, filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\]/g, '?')
  return `${inline ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(filename)}`
}

function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (!match[1] && !match[2])) return null
  const start = match[1] ? Number(match[1]) : Math.max(size - Number(match[2]), 0)
  const end = match[1] && match[2] ? Math.min(Number(match[2]), size - 1) : size - 1
  return start > end || start >= size ? 'unsatisfiable' : { start, end }
}
