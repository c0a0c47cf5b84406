import Fastify, { type FastifyInstance, type RawRequestDefaultExpression } from 'fastify'
import type { Runner } from 'graphile-worker'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino, type Logger } from 'pino'
import { createCable, type Cable } from './cable/cable.ts'
import { reactions } from './catalog/events.ts'
import { jobs } from './catalog/jobs.ts'
import { operations } from './catalog/operations.ts'
import { mountPages } from './catalog/pages.ts'
import { schedule } from './catalog/schedule.ts'
import type { Config } from './config.ts'
import type { Services } from './context/context.ts'
import type { Database } from './db/connect.ts'
import { createBus, type Bus } from './events/bus.ts'
import { createFrames } from './events/frames.ts'
import { createEventLog, newestEvent, readEventsAfter } from './events/log.ts'
import { createNotices } from './events/notices.ts'
import { joinProcesses, type Processes } from './events/processes.ts'
import { signIn, type Found } from './features/auth/caller.model.ts'
import { forgetAll, rememberSignIns, shareSignIns } from './features/auth/sign-in-memory.ts'
import { enterVisitor, type EnteredInbox } from './features/contacts/client.model.ts'
import { sharePresence } from './features/realtime/presence-share.ts'
import { PushScope } from './features/realtime/push-scope.query.ts'
import { createSockets } from './features/realtime/sockets.ts'
import { earsMark } from './features/realtime/streams.ts'
import { authorizeSubscription, presencePayload } from './features/realtime/subscription.model.ts'
import { startDeliveries, type DeliveryPump } from './features/webhooks/delivery-pump.jobs.ts'
import { listeners } from './features/webhooks/endpoint.query.ts'
import { createFiles } from './files/files.ts'
import { parseForm } from './http/form.ts'
import { remember } from './lib/memory.ts'
import { mountOperations } from './http/mount.ts'
import {
  BROKEN_QUERY,
  otherVerb,
  requestIdOf,
  SECURITY_HEADERS,
  sendOutside,
  type OtherFormat,
} from './http/transport.ts'
import { startWorker } from './jobs/worker.ts'
import type { LoggedEvent } from './vocabulary/events.ts'

/** A running server without its socket. */
export interface App extends Services {
  server: FastifyInstance
  bus: Bus
  cable: Cable
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

/** Puts the parts together; nothing listens or runs yet. */
export async function buildApp(config: Config, database: Database, options: AppOptions = {}): Promise<App> {
  const log = options.log ?? createLog(config)
  const now = options.now ?? (() => new Date())
  const db = database.kysely
  // Processes that share a database tell each other; the embedded one has a single server.
  const notices = createNotices(database, { isShared: config.databaseUrl !== undefined })
  const memory = rememberSignIns<Found>(config.signInMemory)
  const clientInboxes = remember<EnteredInbox>(config.signInMemory)
  const frames = createFrames({ reactions, openScope: (accountId) => new PushScope(app, accountId) })
  const share = sharePresence({ db, notices, log })
  const cable = createCable({
    authorize: (wanted) =>
      authorizeSubscription({ database, frames, watch: bus.watch, resume: async () => processes?.resume() }, wanted),
    presencePayload: (subject) => presencePayload(app, subject),
    onStamp: share.onStamp,
    log,
  })
  const bus = createBus({
    hasEars: (accountId) => cable.hub.hasListeners(earsMark(accountId)),
    broadcast: ({ streams, except, message, eventId }) =>
      cable.hub.broadcast(streams, message, { eventId, ...(except && { except }) }),
    frames,
    readEvents: (...wanted) => readEventsAfter(database, ...wanted),
    notices,
    log,
    start: await newestEvent(db),
    onDeliveries: () => app.deliveries?.poke(),
    listener: options.onEvent,
  })
  const write = createEventLog({ reactions, listeners, sender: notices.sender })
  const server = createServer(config)
  let processes: Processes | undefined
  const app: App = {
    config,
    database,
    log,
    now,
    server,
    files: createFiles(config),
    presence: cable.presence,
    outbox: { write, publish: bus.publish, look: bus.look },
    signIns: shareSignIns(forgetAll(memory.clear, clientInboxes.clear), notices),
    sockets: createSockets(cable.hub, notices),
    bus,
    cable,
    deliveries: undefined,
    worker: undefined,
    async listen() {
      await notices.listen(() => {
        bus.catchUp()
        app.signIns.clear()
      })
      const position = config.run.has('cable') ? bus.position : undefined
      processes = await joinProcesses(database, { notices, position })
      if (config.run.has('cable')) cable.attach(server.server)
      await share.join(cable.presence)
      await server.listen({ host: config.host, port: config.port })
      if (config.run.has('worker')) {
        app.worker = await startWorker(app, jobs, schedule, processes.takesJobsAs)
        app.deliveries = startDeliveries(app, reactions)
      }
      const address = server.server.address()
      return typeof address === 'object' && address ? address.port : config.port
    },
    async close() {
      await cable.close()
      await leaveInPeace(server.server, config.drain)
      const impatience = setTimeout(() => server.server.closeAllConnections(), LAST_ANSWERS)
      await server.close()
      clearTimeout(impatience)
      await app.deliveries?.stop()
      await app.worker?.stop()
      await bus.stop()
      await processes?.leave()
      await notices.stop()
    },
  }
  mountOperations(server, operations, {
    app,
    signIn: (...request) => signIn({ db, now, memory }, ...request),
    enterVisitor: (...request) => enterVisitor(clientInboxes, ...request),
  })
  await mountPages(server, app)
  return app
}

function createServer(config: Config): FastifyInstance {
  return Fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    requestIdHeader: false,
    trustProxy: config.trustProxy === true ? isNearest : config.trustProxy,
    return503OnClosing: false,
    // Its own ones take long to load.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
    // A request that drips in ends some time.
    requestTimeout: REQUEST_TIMEOUT,
    rewriteUrl,
    routerOptions: {
      maxParamLength: 20_000,
      querystringParser: readQuery as never,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
    },
    // A path that cannot be read.
    frameworkErrors: (_error, request, reply) => {
      sendOutside(request, reply.headers(SECURITY_HEADERS).header('x-request-id', request.id), 400, 'Bad Request')
    },
  })
}

/** What stands before the last address of X-Forwarded-For was written by anybody. */
const isNearest = (_address: string, hop: number): boolean => hop === 0

const unused = (): never => {
  throw new Error('Operations check and write by themselves.')
}

const REQUEST_TIMEOUT = 300_000
const LAST_ANSWERS = 10_000

/** Each answer ends its connection now, so that no client's next request meets one that is closed under it. */
async function leaveInPeace(server: Server, milliseconds: number): Promise<void> {
  server.prependListener('request', (_request, response) => (response.shouldKeepAlive = false))
  const isAlone = () => new Promise<boolean>((done) => server.getConnections((_error, count) => done(!count)))
  for (const end = Date.now() + milliseconds; Date.now() < end && !(await isAlone());) await sleep(20)
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
    const wanted =
      request.headers['x-http-method-override'] ??
      (end < 0 ? undefined : new URLSearchParams(url.slice(end)).get('_method'))
    request.method = otherVerb(wanted) ?? 'POST'
  }
  const [suffix, format] = /\.(json|xml|html)\/?$/.exec(path) ?? []
  if (!suffix || !/^\/+(api|auth|hc|public\/api|platform|health)\b/.test(path)) return url
  if (format !== 'json') request.format = format as OtherFormat
  return path.slice(0, -suffix.length) + (end < 0 ? '' : url.slice(end))
}

function readQuery(text: string): Record<string, unknown> {
  try {
    return parseForm(text.replaceAll('+', ' '))
  } catch {
    // Thrown here, in the router, it would end the process.
    return BROKEN_QUERY
  }
}
