import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Compile, type Validator } from 'typebox/compile'
import { Context, type Services } from '../context/context.ts'
import { inTransaction } from '../context/transaction.ts'
import type { SignedIn } from '../vocabulary/caller.ts'
import { answerError, dropSession } from './answer-error.ts'
import { bodyType, JSON_TYPE, leaveBodies, MULTIPART_TYPE, takeBody } from './bodies.ts'
import { answerPreflight, crossOrigin, isPreflight } from './cross-origin.ts'
import { MissingParamError, NotAuthorizedError, NotFoundError, OutsideError } from './errors.ts'
import { BODY_LIMITS, Empty, type Operation } from './operation.ts'
import { compileReader, readPathId } from './params.ts'
import { createGlobalLimit } from './rate-limit.ts'
import { RawAnswer } from './raw-answer.ts'
import { answerOnce, repeatOf } from './repeats.ts'
import { BROKEN_QUERY, EMPTY_POLICY, SECURITY_HEADERS, sendEmpty, sendJson, sendOutside } from './transport.ts'
import { answerAs, formVerb } from './verbs.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation
  }
}

/** Who calls, and whether this operation is theirs to call, but for the role; throws when it is not. */
export type SignIn = (operation: Operation, request: FastifyRequest, reply: FastifyReply) => Promise<SignedIn>

/** Loads who stands behind the path of a visitor's operation; within its transaction, where it has one. */
export type EnterVisitor = (
  ctx: Context,
  operation: Operation,
  params: Record<string, string | number>,
) => Promise<void>

interface MountOptions {
  app: Services
  signIn: SignIn
  enterVisitor: EnterVisitor
}

/** Makes the routes of all operations, and everything around them that every request has. */
export function mountOperations(server: FastifyInstance, operations: Operation[], options: MountOptions): void {
  const { app } = options
  const { apiCors } = app.config
  const isOverLimit = createGlobalLimit(app.config)
  leaveBodies(server)
  server.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'OPTIONS' && isPreflight(request)) return answerPreflight(request, reply, apiCors)
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
    crossOrigin(request, reply, apiCors)
    if (request.query === BROKEN_QUERY) return sendOutside(request, reply, 400, 'Bad Request')
    if (isOverLimit(request)) return void reply.code(429).type('text/plain').send('Retry later\n')
    done()
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-runtime', (reply.elapsedTime / 1000).toFixed(6))
    const type = reply.getHeader('content-type')
    if (type?.toString().startsWith('text/html') && !reply.hasHeader('content-security-policy'))
      reply.headers(EMPTY_POLICY)
    // Rails counts what it sends, which is nothing.
    if (request.method === 'HEAD' && typeof payload === 'string') done(null, '')
    else done()
  })
  for (const operation of operations) {
    const handler = handlerOf(operation, options)
    const method = operation.method === 'PATCH' ? ['PATCH', 'PUT'] : [operation.method]
    server.route({ method, url: operation.path, handler, config: { operation } })
  }
  server.setNotFoundHandler(async (request, reply) => {
    const verb = await formVerb(request, BODY_LIMITS.message)
    return verb ? answerAs(verb, request, reply) : sendOutside(request, reply, 404, 'Not Found')
  })
  server.setErrorHandler((error, request, reply) => answerError(app.log, request, reply, error))
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

function handlerOf(operation: Operation, { app, signIn, enterVisitor }: MountOptions): Handler {
  const readQuery = operation.query && compileReader(operation.query)
  const readBody = operation.body && compileReader(operation.body)
  const check = app.config.environment === 'production' ? undefined : checkerOf(operation)
  const isEmpty = operation.reply === Empty
  // Where Rails looks at the Accept header, though it answers JSON in any case.
  const varies = operation.family === 'auth' || operation.id === 'api.index'

  const run = async (request: FastifyRequest, reply: FastifyReply) => {
    const verb = await formVerb(request, operation.bodyLimit)
    if (verb) return answerAs(verb, request, reply)
    if (varies && request.headers.accept) reply.header('vary', 'Accept')
    const signedIn = await signIn(operation, request, reply)
    const { caller, membership } = signedIn
    const ctx = new Context({
      app,
      db: app.database.kysely,
      ...signedIn,
      requestId: request.id,
      address: request.ip,
      headers: request.headers,
    })
    if (operation.access === 'administrator' && membership?.role !== 'administrator') {
      await operation.door?.(ctx, readParams(operation, request.params as Record<string, string>))
      throw new NotAuthorizedError()
    }
    if (request.raw.format) throw new OutsideError(406, 'Not Acceptable')
    const params = readParams(operation, request.params as Record<string, string>)
    const enter = operation.access === 'visitor' ? () => enterVisitor(ctx, operation, params) : undefined
    // Files are much to take in: from nobody who is unknown.
    if (enter && bodyType(request) === MULTIPART_TYPE) await enter()
    const readSent = await takeBody(request, operation, app.config.maximumUpload)
    const begin = () => {
      const sent = sentBy(request, readSent())
      ctx.sent = sent.all
      const input = {
        params,
        query: readQuery ? readQuery(sent.all) : {},
        body: readBody ? readBody(operation.wrapper ? unwrap(operation, sent) : sent.all) : {},
      }
      const repeat = repeatOf(operation, ctx, request.url)
      const handle = () => operation.handle(ctx, input)
      return repeat ? () => answerOnce(ctx, repeat, handle) : handle
    }
    // What is sent is read once it is known who sends it: for a visitor, that is in the transaction of the request.
    const work = enter ? async () => (await enter(), begin()()) : begin()
    const result = operation.transaction ? await inTransaction(ctx, work) : await work()
    if (caller.kind === 'user' && !caller.session) dropSession(reply)
    for (const [name, value] of Object.entries(ctx.answerHeaders)) reply.header(name, value)
    if (result instanceof RawAnswer) return reply.code(result.status).headers(result.headers).send(result.body)
    if (isEmpty || result === undefined) return sendEmpty(reply, operation.status)
    check?.(result)
    return sendJson(request, reply, operation.status, result)
  }
  // Answered here rather than by the framework's error handling, which a refusal would pay several times over.
  return (request, reply) => run(request, reply).catch((error: unknown) => answerError(app.log, request, reply, error))
}

interface Sent {
  /** Query over body. */
  all: Record<string, unknown>
  body: Record<string, unknown>
  isJson: boolean
}

function sentBy(request: FastifyRequest, body: Record<string, unknown>): Sent {
  const query = request.query as Record<string, unknown>
  const all = Object.keys(query).length ? { ...body, ...query } : body
  return { all, body, isJson: bodyType(request) === JSON_TYPE }
}

/** What stands under the wrapper, and what may stand beside it. An empty wrapper counts as missing. */
function unwrap(operation: Operation, sent: Sent): Record<string, unknown> {
  const { wrapper, beside, mayBeEmpty } = operation
  const fields = fieldsUnder(operation, sent)
  if (!fields && !mayBeEmpty) throw new MissingParamError(wrapper!)
  return beside.length ? { ...pick(sent.all, beside), ...fields } : (fields ?? {})
}

/** JSON may send the same fields flat. */
function fieldsUnder(operation: Operation, sent: Sent): Record<string, unknown> | undefined {
  const wrapper = operation.wrapper!
  const wrapped = sent.all[wrapper]
  if (typeof wrapped === 'object' && wrapped !== null && !Array.isArray(wrapped)) {
    if (Object.keys(wrapped).length) return wrapped as Record<string, unknown>
  } else if (sent.isJson && !(wrapper in sent.body)) {
    const flat = pick(sent.body, operation.flat ?? Object.keys(operation.body!.properties))
    if (Object.keys(flat).length) return flat
  }
  return undefined
}

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
}

function readParams({ text: isText }: Operation, params: Record<string, string>): Record<string, string | number> {
  const read: Record<string, string | number> = {}
  for (const [name, text] of Object.entries(params)) {
    if (isText.has(name)) {
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
