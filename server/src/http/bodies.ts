import { Busboy, type BusboyConfig, type BusboyInstance } from '@fastify/busboy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Transform } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { UploadedFile } from '../vocabulary/files.ts'
import { badRequest, humanize, invalidField, RefusedError, RequestError } from './errors.ts'
import { keysOf, nest, parseForm, plusToSpace, type Pair } from './form.ts'
import type { Operation } from './operation.ts'
import { kindAt, parseJson, shapeProblem, TOO_DEEP } from './params.ts'

/** The framework reads no body: operations do, once they know who sends it. */
export function leaveBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    server.addHttpMethod(method, { hasBody: false, overrideExisting: true })
}

type Fields = Record<string, unknown>

/** Takes a body off the wire. What it says is read only by calling what this answers. Whatever is no JSON and no form says nothing. */
export async function takeBody(
  request: FastifyRequest,
  operation: Operation,
  maximumUpload: number,
): Promise<() => Fields> {
  const type = bodyType(request)
  if (type === JSON_TYPE) {
    const bytes = await bytesOf(request, operation.bodyLimit)
    return () => understood(() => readJson(textOf(bytes)))
  }
  if (type === FORM_TYPE) {
    const bytes = await bytesOf(request, operation.bodyLimit)
    return () => understood(() => parseForm(textOf(plusToSpace(bytes))))
  }
  if (type === MULTIPART_TYPE) {
    const pairs = await readMultipart(request.raw, operation, maximumUpload)
    return () => nest(pairs)
  }
  return () => ({})
}

export const JSON_TYPE = 'application/json'
export const FORM_TYPE = 'application/x-www-form-urlencoded'
export const MULTIPART_TYPE = 'multipart/form-data'

/** The media type of a body; of none where there is no body, whatever the header says. Rails reads the body of a GET too. */
export function bodyType({ headers }: FastifyRequest): string | undefined {
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0)) return undefined
  return headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase()
}

/** The bytes of a body, kept for whoever asks next. */
export async function bytesOf(request: FastifyRequest, limit: number): Promise<Buffer> {
  request.body ??= await readBytes(request.raw, limit)
  return request.body as Buffer
}

const tooLarge = (what: string, limit: number) =>
  new RefusedError(413, { error: `${what} is larger than the ${limit} bytes it may have` })

function readBytes(raw: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(tooLarge('The body', limit))
    // What is not read here is thrown away by Node, once it is answered.
    if (Number(raw.headers['content-length']) > limit) return refuse()
    const chunks: Buffer[] = []
    let size = 0
    raw.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else refuse()
    })
    raw.on('end', () => resolve(Buffer.concat(chunks)))
    raw.on('error', () => reject(badRequest()))
  })
}

/** Other bytes are no text: they would be kept as something that nobody sent. */
function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badRequest()
  return bytes.toString()
}

function readJson(text: string): Fields {
  const body = text.trim()
  if (!body) return {}
  const problem = shapeProblem(body)
  if (problem) throw problem === TOO_DEEP ? badRequest() : new RefusedError(413, { error: `The body ${problem}` })
  const value = parseJson(body)
  // A list or a scalar at the top counts as no parameters.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Broken JSON and broken escapes. */
function understood(read: () => Fields): Fields {
  try {
    return read()
  } catch (error) {
    throw error instanceof RequestError ? error : badRequest()
  }
}

const PARTS = 1000
const FILES = 30

/** Texts are bounded as other bodies are, files by the upload limit. A file is kept only where the operation declares one. */
function readMultipart(raw: IncomingMessage, operation: Operation, maximumUpload: number): Promise<Pair[]> {
  const { bodyLimit } = operation
  const most = bodyLimit + (operation.takesFiles ? maximumUpload * 2 : 0)
  const length = Number(raw.headers['content-length'])
  return new Promise((resolve, reject) => {
    if (length > most) return reject(tooLarge('The body', most))
    const pairs: Pair[] = []
    const form = openForm(raw, {
      parts: PARTS,
      files: FILES,
      fieldSize: bodyLimit,
      fileSize: maximumUpload,
    })
    let size = 0
    let text = 0
    const pieces = inPieces()
    const refuse = (error: unknown) => {
      raw.unpipe(pieces).resume()
      pieces.destroy()
      reject(error)
    }
    // What a listener throws would reach nobody, and end the server.
    const safely =
      <Heard extends unknown[]>(listen: (...heard: Heard) => void) =>
      (...heard: Heard) => {
        try {
          listen(...heard)
        } catch (error) {
          refuse(error)
        }
      }
    const countText = (bytes: number) => {
      text += bytes
      if (text > bodyLimit) refuse(tooLarge('The text of the form', bodyLimit))
    }
    raw.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > most) refuse(tooLarge('The body', most))
    })
    form.on(
      'field',
      safely((name = '', value, _nameTruncated, valueTruncated) => {
        countText(valueTruncated ? Infinity : name.length + Buffer.byteLength(value))
        pairs.push([name, value])
      }),
    )
    form.on(
      'file',
      safely((name = '', stream, filename, _encoding, type) => {
        stream.on('error', () => {})
        const [field, place] = filename ? placeOf(operation, keysOf(name)) : []
        if (place === 'file') {
          countText(name.length)
          pairs.push([name, gatherFile(stream, { filename, type, room: Math.min(length - size, maximumUpload) })])
          stream.on('limit', () => refuse(tooLarge(humanize(field!), maximumUpload)))
        } else {
          stream.resume()
          if (place) refuse(invalidField(field!, 'must not be a file'))
        }
      }),
    )
    form.on('partsLimit', () => refuse(new RefusedError(413, { error: `The form has more than ${PARTS} parts` })))
    form.on('filesLimit', () => refuse(new RefusedError(413, { error: `The form has more than ${FILES} files` })))
    // A form that ends early, or is none.
    form.on('error', () => refuse(badRequest()))
    form.on('finish', () => resolve(pairs))
    raw.on('error', () => reject(badRequest()))
    raw.pipe(pieces).pipe(form)
  })
}

const PIECE = 16 * 1024

/** However many parts begin in what comes at once: the others get their turn between. */
function inPieces(): Transform {
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length && !this.destroyed; at += PIECE) {
        this.push(chunk.subarray(at, at + PIECE))
        await setImmediate()
      }
      done()
    },
  })
}

function openForm({ headers }: IncomingMessage, limits: BusboyConfig['limits']): BusboyInstance {
  try {
    return new Busboy({ headers: headers as { 'content-type': string }, limits })
  } catch {
    // Without a boundary.
    throw badRequest()
  }
}

/** The field of an operation that a name belongs to, and what may stand there; nothing where the operation knows no such field. */
function placeOf({ body, wrapper }: Operation, keys: string[]): [field?: string, place?: 'file' | 'other'] {
  if (wrapper && keys.shift() !== wrapper) return []
  // A file in the place of the wrapper itself is named by it.
  const field = keys[0] ?? wrapper
  const place = body && kindAt(body, keys)
  return place ? [field, place] : []
}

interface FileStart {
  filename: string
  type: string
  /** As many bytes as it may have, as far as is known. */
  room: number
}

const LEAST_ROOM = 64 * 1024

/** Put together and counted while its bytes come: all at once, at the end, it would hold the others up. */
function gatherFile(stream: NodeJS.ReadableStream, { filename, type, room }: FileStart): UploadedFile {
  const checksum = createHash('md5')
  let bytes: Buffer = Buffer.allocUnsafe(Math.max(room || 0, LEAST_ROOM))
  let size = 0
  const file = { filename, type, content: bytes, checksum: '' }
  stream.on('data', (chunk: Buffer) => {
    checksum.update(chunk)
    if (size + chunk.length > bytes.length) bytes = moved(bytes.subarray(0, size), (size + chunk.length) * 2)
    chunk.copy(bytes, size)
    size += chunk.length
  })
  stream.on('end', () => {
    file.content = size * 2 < bytes.length ? Buffer.from(bytes.subarray(0, size)) : bytes.subarray(0, size)
    file.checksum = checksum.digest('base64')
  })
  return file
}

function moved(bytes: Buffer, room: number): Buffer {
  const roomier = Buffer.allocUnsafe(room)
  bytes.copy(roomier)
  return roomier
}
