import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { stringify } from 'qs'
import { Compile, type Validator } from 'typebox/compile'
import type { App } from '../app.ts'
import { inTransaction } from '../db/transaction.ts'
import { Context } from './context.ts'
import { badRequest, MissingParamError, NotFoundError, OutsideError, RecordInvalidError, RefusedError, RequestError, UnavailableError } from './errors.ts'
import { Empty, TEXT_PARAMS, type Operation } from './operation.ts'
import { checkShape, compileReader, readPathId } from './params.ts'
import { overGlobalLimit, RetryLaterError } from './rate-limit.ts'
import { RawAnswer } from './raw-answer.ts'
import { answerOnce, repeatOf } from './repeats.ts'
import { signIn } from './sign-in.ts'
import { BROKEN_QUERY, otherVerb, parseForm, SECURITY_HEADERS, type OtherVerb, sendEmpty, sendJson, sendOutside, sendOutsideJson } from './transport.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation
  }
}

const JSON_LIMIT = 2 * 1024 * 1024

/** Makes the routes of all operations, and everything around them that every request has. */
export function mountOperations(server: FastifyInstance, app: App, operations: Operation[]): void {
  readBodies(server, app)
  server.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'OPTIONS' && isPreflight(request)) return answerPreflight(app, request, reply)
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
    crossOrigin(app, request, reply)
    if (request.query === BROKEN_QUERY) return sendOutside(request, reply, 400, 'Bad Request')
    if (overGlobalLimit(app, request)) return void reply.code(429).type('text/plain').send('Retry later\n')
    done()
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-runtime', (reply.elapsedTime / 1000).toFixed(6))
    // Rails counts what it sends, which is nothing.
    if (request.method === 'HEAD' && typeof payload === 'string') done(null, '')
    else done()
  })
  for (const operation of operations) {
    const handler = handlerOf(app, operation)
    const method = operation.method === 'PATCH' ? ['PATCH', 'PUT'] : [operation.method]
    server.route({ method, url: operation.path, handler, config: { operation } })
  }
  server.setNotFoundHandler((request, reply) => {
    const verb = formVerb(request)
    return verb ? answerAs(verb, request, reply) : sendOutside(request, reply, 404, 'Not Found')
  })
  server.setErrorHandler((error, request, reply) => answerError(app, request, reply, error))
}

function readBodies(server: FastifyInstance, app: App): void {
  // Rails reads the body of a GET too.
  server.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  // A type without a body tells nothing, and what is no type is as good as none.
  server.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const type = headers['content-type']
    if (type !== undefined && !(type.includes('/') && hasBody(headers))) delete headers['content-type']
    done()
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: JSON_LIMIT }, (_request, bytes, done) => {
    try {
      const body = readUtf8(bytes as Buffer).trim()
      checkShape(body)
      const value: unknown = body ? JSON.parse(body) : {}
      // A list or a scalar at the top counts as no parameters.
      done(null, typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {})
    } catch (error) {
      done(error instanceof RequestError ? error : badRequest())
    }
  })
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
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: JSON_LIMIT }, (_request, _body, done) => done(null, {}))
  void server.register(multipart, {
    limits: { fileSize: app.config.maximumUpload, files: 30, fields: 1000, fieldSize: JSON_LIMIT, parts: 1000 },
    throwFileSizeLimit: true,
  })
}

/** Other bytes are no text: they would be kept as something that nobody sent. */
function readUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badRequest()
  return bytes.toString()
}

const hasBody = (headers: IncomingHttpHeaders) => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

function handlerOf(app: App, operation: Operation): Handler {
  const readQuery = operation.query && compileReader(operation.query)
  const readBody = operation.body && compileReader(operation.body)
  const check = app.config.environment === 'production' ? undefined : checkerOf(operation)
  const isEmpty = operation.reply === Empty
  // Where Rails looks at the Accept header, though it answers JSON in any case.
  const varies = operation.family === 'auth' || operation.id === 'api.index'

  const run = async (request: FastifyRequest, reply: FastifyReply) => {
    const verb = formVerb(request)
    if (verb) return answerAs(verb, request, reply)
    if (varies && request.headers.accept) reply.header('vary', 'Accept')
    const signedIn = await signIn(app, operation, request, reply)
    const { caller } = signedIn
    if (request.raw.format) throw new OutsideError(406, 'Not Acceptable')
    const sent = await parametersOf(app, request)
    const ctx = new Context({
      app,
      db: app.database.kysely,
      ...signedIn,
      requestId: request.id,
      address: request.ip,
      headers: request.headers,
      sent: sent.all,
      routine: operation.routine,
    })
    const input = {
      params: readParams(request.params as Record<string, string>),
      query: readQuery ? readQuery(sent.all) : {},
      body: readBody ? readBody(operation.wrapper ? unwrap(operation, sent) : sent.all) : {},
    }
    const repeat = repeatOf(operation, ctx, request.url)
    const handle = () => operation.handle(ctx, input)
    const work = repeat ? () => answerOnce(ctx, repeat, handle) : handle
    const result = operation.transaction ? await inTransaction(ctx, work) : await work()
    if (caller.kind === 'user' && !caller.session) dropSession(reply)
    for (const [name, value] of Object.entries(ctx.answerHeaders)) reply.header(name, value)
    if (result instanceof RawAnswer) return reply.code(result.status).headers(result.headers).send(result.body)
    if (isEmpty || result === undefined) return sendEmpty(reply, operation.status)
    check?.(result)
    return sendJson(request, reply, operation.status, result)
  }
  // Answered here rather than by the framework's error handling, which a refusal would pay several times over.
  return (request, reply) => run(request, reply).catch((error: unknown) => answerError(app, request, reply, error))
}

interface Sent {
  /** Query over body. */
  all: Record<string, unknown>
  body: Record<string, unknown>
  isJson: boolean
}

async function parametersOf(app: App, request: FastifyRequest): Promise<Sent> {
  const query = request.query as Record<string, unknown>
  const body = request.isMultipart() ? await readMultipart(app, request).catch(refuseBroken) : ((request.body ?? {}) as Record<string, unknown>)
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
  return { all: Object.keys(query).length ? { ...body, ...query } : body, body, isJson }
}

async function readMultipart(app: App, request: FastifyRequest): Promise<Record<string, unknown>> {
  const pairs: [string, unknown][] = []
  let total = 0
  const count = (bytes: number) => {
    total += bytes
    if (total > app.config.maximumUpload * 2) throw new RefusedError(413, { error: 'The parts are too big together' })
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
const encodeName = (name: string) => encodeURIComponent(name.toWellFormed()).replaceAll('%5B', '[').replaceAll('%5D', ']')

function placeFiles(value: unknown, files: unknown[]): unknown {
  if (typeof value === 'string') return value.startsWith(FILE_MARK) ? files[Number(value.slice(FILE_MARK.length))] : value
  if (Array.isArray(value)) return value.map((item) => placeFiles(item, files))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, placeFiles(item, files)]))
}

/** What stands under the wrapper; JSON may send the same fields flat. An empty wrapper counts as missing. */
function unwrap(operation: Operation, sent: Sent): Record<string, unknown> {
  const wrapper = operation.wrapper!
  const wrapped = sent.all[wrapper]
  if (typeof wrapped === 'object' && wrapped !== null && !Array.isArray(wrapped)) {
    if (Object.keys(wrapped).length) return wrapped as Record<string, unknown>
  } else if (sent.isJson && !(wrapper in sent.body)) {
    const fields = operation.flat ?? Object.keys(operation.body!.properties)
    const flat = Object.fromEntries(Object.entries(sent.body).filter(([key]) => fields.includes(key)))
    if (Object.keys(flat).length) return flat
  }
  throw new MissingParamError(wrapper)
}

function readParams(params: Record<string, string>): Record<string, string | number> {
  const read: Record<string, string | number> = {}
  for (const [name, text] of Object.entries(params)) {
    if (TEXT_PARAMS.has(name)) {
      // Rails takes what follows a dot for a format.
      if (text.includes('.') || text.includes('\0')) throw new NotFoundError()
      read[name] = text
    } else {
      const id = readPathId(text)
      if (id === null) throw new NotFoundError()
      read[name] = id
    }
  }
  return read
}

/** Every answer of a test or a developer's server is held against its own schema. */
function checkerOf(operation: Operation): (result: unknown) => void {
  let validator: Validator | undefined
  return (result) => {
    // Compiled by the first answer: all of them at once would be a third of the time to start.
    validator ??= Compile(operation.reply)
    const sent: unknown = JSON.parse(JSON.stringify(result))
    if (validator.Check(sent)) return
    const [first] = [...validator.Errors(sent)]
    throw new Error(`${operation.id} answers what its schema does not allow: ${first?.instancePath} ${first?.message}`)
  }
}

function answerError(app: App, request: FastifyRequest, reply: FastifyReply, thrown: unknown): unknown {
  const error = thrown as Error & { code?: string; statusCode?: number }
  const operation = request.routeOptions?.config?.operation
  const outside = operation?.family === 'client' || operation?.family === 'platform'
  if (error instanceof RetryLaterError) return reply.code(429).type('text/plain').send(error.body())
  if (error instanceof RequestError) {
    if (error.headers) reply.headers(error.headers)
    if (error instanceof OutsideError && !error.json) return sendOutside(request, dropSession(reply), error.status, error.message, request.raw.format)
    if (error instanceof OutsideError) return sendOutsideJson(reply, error.status, error.message)
    if (error instanceof NotFoundError && outside) return sendOutsideJson(reply, 404, 'Not Found')
    if (error instanceof RecordInvalidError) {
      dropSession(reply)
      if (operation?.invalid === 'text') return sendJson(request, reply, 422, { error: `Validation failed: ${error.message}` })
    }
    return sendJson(request, reply, error.status, error.body())
  }
  const status = statusOfFrameworkError(error)
  if (status) return sendJson(request, dropSession(reply), status, { error: error.message })
  dropSession(reply)
  const unavailable = unavailableFor(error)
  if (unavailable) {
    app.log.error({ err: error, request: request.id }, unavailable.message)
    return sendJson(request, reply.header('retry-after', '1'), 503, unavailable.body())
  }
  if (UNSTORABLE.has(error.code ?? '')) {
    return sendJson(request, reply, 422, { error: 'A value that was sent cannot be stored' })
  }
  // Two wrote the same at once, and both had looked before.
  if (error.code === '23505') return sendJson(request, reply, 422, { error: 'A value that was sent has already been taken' })
  // PostgreSQL tells the whole row that did not hold, and with it whatever secret is in it.
  delete (error as { detail?: string }).detail
  app.log.error({ err: error, request: request.id, operation: operation?.id }, 'a request broke')
  return sendOutsideJson(reply, 500, 'Internal Server Error')
}

function statusOfFrameworkError(error: { code?: string; statusCode?: number }): number | undefined {
  const status = error.statusCode
  return error.code?.startsWith('FST_') && status && status >= 400 && status < 500 ? status : undefined
}

/** Wrong encodings, numbers out of range: the last net under the parameter readers. */
const UNSTORABLE = new Set(['54000', '22003', '22021', '22P02', '22P05', '22001', '22007', '22008'])

const AWAY = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '53300', '08006', '08001'])
const FULL = new Set(['ENOSPC', 'EDQUOT', '53100'])

function unavailableFor({ code = '', message = '' }: { code?: string; message?: string }): UnavailableError | undefined {
  if (FULL.has(code)) return new UnavailableError('The disk is full right now. Please try again later.')
  if (AWAY.has(code) || /Connection terminated|timeout exceeded when trying to connect/.test(message)) return new UnavailableError()
  return undefined
}

/** A broken record, a 400 and a 500 do not repeat the headers of a session. */
function dropSession(reply: FastifyReply): FastifyReply {
  for (const name of ['access-token', 'token-type', 'client', 'expiry', 'uid', 'authorization']) reply.removeHeader(name)
  return reply
}

function isPreflight(request: FastifyRequest): boolean {
  return Boolean(request.headers.origin && request.headers['access-control-request-method'])
}

/** The verb that a form names in `_method`, known only once its route was looked for. */
function formVerb(request: FastifyRequest): OtherVerb | undefined {
  if (request.method !== 'POST' || !request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined
  return otherVerb((request.body as { _method?: unknown } | undefined)?._method)
}

async function answerAs(method: OtherVerb, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const payload = stringify(request.body, { arrayFormat: 'brackets' })
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(payload)) }
  const answer = await request.server.inject({ method, url: request.originalUrl, headers, payload, remoteAddress: request.socket.remoteAddress! })
  return reply.code(answer.statusCode).headers(answer.headers).send(answer.rawPayload)
}

/** Answered before anything else looks at it, and with nothing else. */
function answerPreflight(app: App, request: FastifyRequest, reply: FastifyReply): void {
  crossOrigin(app, request, reply)
  reply.removeHeader('vary').code(200).send()
}

function crossOrigin(app: App, request: FastifyRequest, reply: FastifyReply): void {
  const open = /^\/(public\/api|packs|audio)\//.test(request.url)
  const api = app.config.apiCors && request.url.startsWith('/api/')
  if (!open && !api) return
  reply.header('vary', 'Origin')
  if (!request.headers.origin) return
  reply.headers({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-expose-headers': api ? 'access-token, client, uid, expiry' : '',
    'access-control-max-age': '7200',
  })
  const wanted = request.headers['access-control-request-headers']
  if (wanted) reply.header('access-control-allow-headers', wanted)
}
