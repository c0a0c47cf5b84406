import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { badRequest, RefusedError, RequestError } from './errors.ts'
import { checkShape, parseJson } from './params.ts'
import { parseForm } from './transport.ts'

const JSON_LIMIT = 2 * 1024 * 1024

/** How bodies are taken: JSON, forms and multipart; whatever else is not read. */
export function readBodies(server: FastifyInstance, maximumUpload: number): void {
  // Rails reads the body of a GET too.
  server.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  // A type without a body tells nothing, and what is no type is as good as none.
  server.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const type = headers['content-type']
    if (type !== undefined && !(type.includes('/') && hasBody(headers))) delete headers['content-type']
    done()
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: JSON_LIMIT },
    (_request, bytes, done) => {
      try {
        const body = readUtf8(bytes as Buffer).trim()
        checkShape(body)
        const value: unknown = body ? parseJson(body) : {}
        // A list or a scalar at the top counts as no parameters.
        done(null, typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {})
      } catch (error) {
        done(error instanceof RequestError ? error : badRequest())
      }
    },
  )
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer', bodyLimit: JSON_LIMIT },
    (_request, bytes, done) => {
      try {
        done(null, parseForm(readUtf8(bytes as Buffer)))
      } catch {
        done(badRequest())
      }
    },
  )
  // Anything else is not read, as Rails does not read it.
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: JSON_LIMIT }, (_request, _body, done) =>
    done(null, {}),
  )
  void server.register(multipart, {
    limits: { fileSize: maximumUpload, files: 30, fields: 1000, fieldSize: JSON_LIMIT, parts: 1000 },
    throwFileSizeLimit: true,
  })
}

/** Other bytes are no text: they would be kept as something that nobody sent. */
function readUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badRequest()
  return bytes.toString()
}

const hasBody = (headers: IncomingHttpHeaders) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

export interface Sent {
  /** Query over body. */
  all: Record<string, unknown>
  body: Record<string, unknown>
  isJson: boolean
}

/** All that was sent, wherever. */
export async function parametersOf(request: FastifyRequest, maximumUpload: number): Promise<Sent> {
  const query = request.query as Record<string, unknown>
  const body = request.isMultipart()
    ? await readMultipart(request, maximumUpload).catch(refuseBroken)
    : ((request.body ?? {}) as Record<string, unknown>)
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
  return { all: Object.keys(query).length ? { ...body, ...query } : body, body, isJson }
}

async function readMultipart(request: FastifyRequest, maximumUpload: number): Promise<Record<string, unknown>> {
  const pairs: [string, unknown][] = []
  let total = 0
  const count = (bytes: number) => {
    total += bytes
    if (total > maximumUpload * 2) throw new RefusedError(413, { error: 'The parts are too big together' })
  }
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      count(String(part.value).length)
      pairs.push([part.fieldname, part.value])
    } else {
      const content = await part.toBuffer()
      count(content.length)
      if (part.filename) pairs.push([part.fieldname, { filename: part.filename, type: part.mimetype, content }])
    }
  }
  // Names nest as in a form; values that are files take their place afterwards.
  const files: unknown[] = []
  const text = pairs.map(([name, value]) => {
    const isFile = typeof value !== 'string'
    if (isFile) files.push(value)
    return `${encodeName(name)}=${isFile ? `${FILE_MARK}${files.length - 1}` : encodeURIComponent(String(value).toWellFormed())}`
  })
  return placeFiles(parseForm(text.join('&')), files) as Record<string, unknown>
}

/** What the parser of forms says besides its limits: a form that ends early, or has no boundary. */
function refuseBroken(error: Error & { code?: string }): never {
  if (error instanceof RequestError || error.code?.startsWith('FST_')) throw error
  throw badRequest()
}

const FILE_MARK = '\u0001file:'
const encodeName = (name: string) =>
  encodeURIComponent(name.toWellFormed()).replaceAll('%5B', '[').replaceAll('%5D', ']')

function placeFiles(value: unknown, files: unknown[]): unknown {
  if (typeof value === 'string')
    return value.startsWith(FILE_MARK) ? files[Number(value.slice(FILE_MARK.length))] : value
  if (Array.isArray(value)) return value.map((item) => placeFiles(item, files))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, placeFiles(item, files)]))
}
