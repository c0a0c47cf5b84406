import Fastify, { type FastifyInstance, type RawRequestDefaultExpression } from 'fastify'
import type { Runner } from 'graphile-worker'
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino, type Logger } from 'pino'
import { createCable } from './cable/cable.ts'
import type { Presence } from './cable/presence.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { createBus, type Bus } from './events/bus.ts'
import { newestEvent } from './events/log.ts'
import { keepCursor, type Cursor } from './events/cursor.ts'
import { listenForEvents } from './events/listen.ts'
import type { LoggedEvent } from './events/types.ts'
import { sharePresence } from './features/realtime/presence-share.ts'
import { authorizeSubscription, presencePayload } from './features/realtime/subscription.model.ts'
import { createFiles, type Files } from './features/active-storage/files.ts'
import { startDeliveries, type DeliveryPump } from './features/webhooks/delivery.pump.ts'
import { rememberSignIns, type SignIns } from './http/sign-in.ts'
import { mountOperations } from './http/mount.ts'
import { BROKEN_QUERY, otherVerb, parseForm, requestIdOf, SECURITY_HEADERS, sendOutside, type OtherFormat } from './http/transport.ts'
import { startWorker } from './jobs/worker.ts'
import { operations } from './operations.ts'
import { mountPages } from './pages.ts'

/** A running server without its socket: what handlers, jobs and reactions share. */
export interface App {
  config: Config
  database: Database
  log: Logger
  server: FastifyInstance
  files: Files
  bus: Bus
  cable: ReturnType<typeof createCable>
  presence: Presence
  signIns: SignIns
  requestCounts: { minute: number; byAddress: Map<string, number> }
  now: () => Date
  /** From which event on a client that comes back after a crash is given the past. */
  resume?: Cursor['resume']
  deliveries: DeliveryPump | undefined
  worker: Runner | undefined
  /** Listens, and starts what this process runs. Returns the port. */
  listen: () => Promise<number>
  close: () => Promise<void>
}

export interface AppOptions {
  log?: Logger
  now?: () => Date
  onEvent?: (event: LoggedEvent) => void
}

export async function buildApp(config: Config, database: Database, options: AppOptions = {}): Promise<App> {
  const log = options.log ?? createLog(config)
  const server = Fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    requestIdHeader: false,
    trustProxy: config.trustProxy,
    bodyLimit: config.maximumUpload * 2,
    return503OnClosing: false,
    // A request that drips in ends some time.
    requestTimeout: REQUEST_TIMEOUT,
    rewriteUrl,
    routerOptions: { maxParamLength: 20_000, querystringParser: readQuery as never, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    // A path that cannot be read.
    frameworkErrors: (_error, request, reply) => {
      sendOutside(request, reply.headers(SECURITY_HEADERS).header('x-request-id', request.id), 400, 'Bad Request')
    },
  })
  const app = { config, database, log, server, now: options.now ?? (() => new Date()) } as unknown as App
  app.signIns = rememberSignIns(config.signInMemory)
  app.requestCounts = { minute: 0, byAddress: new Map() }
  app.files = createFiles(app)
  // Processes that share a database tell each other; the embedded one has a single server.
  const processId = config.databaseUrl ? randomUUID() : undefined
  app.cable = createCable({
    authorize: (wanted) => authorizeSubscription(app, wanted),
    presencePayload: (subject) => presencePayload(app, subject),
    onStamp: processId ? sharePresence(app, processId) : undefined,
    log,
  })
  app.presence = app.cable.presence
  app.bus = createBus(app, { processId, start: await newestEvent(database.kysely), onDeliveries: () => app.deliveries?.poke(), listener: options.onEvent })
  mountOperations(server, app, operations)
  await mountPages(server, app)

  let stopListening: (() => Promise<void>) | undefined
  let cursor: Cursor | undefined
  app.listen = async () => {
    if (config.run.has('worker')) {
      app.worker = await startWorker(app)
      app.deliveries = startDeliveries(app)
    }
    if (config.run.has('cable')) {
      cursor = await keepCursor(app)
      app.resume = cursor.resume
      app.cable.attach(server.server)
    }
    stopListening = await listenForEvents(app, processId)
    await server.listen({ host: config.host, port: config.port })
    const address = server.server.address()
    return typeof address === 'object' && address ? address.port : config.port
  }
  app.close = async () => {
    await app.cable.close()
    await leaveInPeace(server.server, config.drain)
    const impatience = setTimeout(() => server.server.closeAllConnections(), LAST_ANSWERS)
    await server.close()
    clearTimeout(impatience)
    await app.deliveries?.stop()
    await app.worker?.stop()
    await app.bus.settled()
    await cursor?.stop()
    await stopListening?.()
  }
  return app
}

const REQUEST_TIMEOUT = 300_000
const LAST_ANSWERS = 10_000

/** Each answer ends its connection now, so that no client's next request meets one that is closed under it. */
async function leaveInPeace(server: Server, milliseconds: number): Promise<void> {
  server.prependListener('request', (_request, response) => (response.shouldKeepAlive = false))
  const isAlone = () => new Promise<boolean>((done) => server.getConnections((_error, count) => done(!count)))
  for (const end = Date.now() + milliseconds; Date.now() < end && !(await isAlone()); ) await sleep(20)
}

export function createLog(config: Config): Logger {
  return pino({
    level: config.logLevel,
    redact: { paths: ['*.password', '*.token', '*.access_token', 'req.headers'], remove: true },
  })
}

type RawRequest = RawRequestDefaultExpression

/** `.json` and a trailing slash change nothing, another format is refused later; a verb may come in a header or the query. */
function rewriteUrl(request: RawRequest): string {
  const url = request.url ?? '/'
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  if (request.method === 'POST') {
    const wanted = request.headers['x-http-method-override'] ?? (end < 0 ? undefined : new URLSearchParams(url.slice(end)).get('_method'))
    request.method = otherVerb(wanted) ?? 'POST'
  }
  const [suffix, format] = /\.(json|xml|html)\/?$/.exec(path) ?? []
  if (!suffix || !/^\/+(api|auth|public\/api|platform|health)\b/.test(path)) return url
  if (format !== 'json') request.format = format as OtherFormat
  return path.slice(0, -suffix.length) + (end < 0 ? '' : url.slice(end))
}

function readQuery(text: string): Record<string, unknown> {
  try {
    return parseForm(text)
  } catch {
    // Thrown here, in the router, it would end the process.
    return BROKEN_QUERY
  }
}
