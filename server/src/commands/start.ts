import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ConfigError, keepSecret, type Config } from '../config.ts'
import { startEmbedded, type Embedded } from '../db/embedded.ts'
import { configOf, DATA_OPTION, type Command } from './command.ts'
import type { Running } from './serve.ts'

export const start: Command = {
  name: 'start',
  summary: 'Run the server (also without a command)',
  description:
    'With its own PostgreSQL in the data folder, or the one DATABASE_URL names. Outside production an empty folder gets a demo desk.',
  options: [
    DATA_OPTION,
    { flag: 'port', value: 'PORT', text: 'Where to listen (default 3000, or PORT)' },
    { flag: 'host', value: 'HOST', text: 'On which address (default 127.0.0.1, or HOST)' },
  ],
  async run({ values }) {
    const port = values.port ?? process.env.PORT
    const config = keepSecret(configOf({ ...values, ...(port === '0' && { port: await freePort() }) }))
    const running: Running = []
    let dismiss = () => {}
    const stop = stopOnce(async () => {
      for (const end of running.reverse()) await end()
    })
    const started = begin(config, running, (embedded) => (dismiss = embedded.dismiss))
    // What is half begun cannot be stopped in order, and takes seconds at most.
    stopOnSignals(
      () => started.catch(() => {}).then(stop),
      () => dismiss(),
    )
    try {
      await started
    } catch (error) {
      await stop()
      throw listenProblem(config, error as NodeJS.ErrnoException & { hostname?: string }) ?? error
    }
  },
}

function listenProblem(
  { host, port }: Config,
  { code, syscall, hostname }: NodeJS.ErrnoException & { hostname?: string },
): ConfigError | undefined {
  if (code === 'EADDRINUSE')
    return new ConfigError(`Port ${port} on ${host} is in use: stop what listens there, or set PORT.`)
  if (syscall === 'listen' || (syscall === 'getaddrinfo' && hostname === host)) {
    return new ConfigError(
      `Parley cannot listen on ${host}, port ${port} (${code}): set HOST and PORT to an address of this machine.`,
    )
  }
  return undefined
}

/** Notes in `running` how to end each part that it started. */
async function begin(config: Config, running: Running, onDatabase: (embedded: Embedded) => void): Promise<void> {
  const startDatabase = async () => {
    const embedded = await startEmbedded({ folder: config.dataFolder, onProgress: say })
    running.push(embedded.stop)
    onDatabase(embedded)
    return embedded.connection
  }
  // The rest of the code is loaded while the database starts.
  const [connection, { serve }] = await Promise.all([
    config.databaseUrl ? { connectionString: config.databaseUrl } : startDatabase(),
    nextTurn().then(() => import('./serve.ts')),
  ])
  await serve(config, connection, { running, say })
}

const say = (text: string) => console.log(text)

/** The address must be known before the server listens: it is part of many answers. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}

function stopOnce(work: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined
  return () => (stopping ??= work())
}

/** One Ctrl-C may come twice: from the terminal, and from npm. */
const SAME_SIGNAL = 1000

/** The first signal stops in order; another one ends the wait, and leaves the database to end by itself. */
function stopOnSignals(stop: () => Promise<void>, dismiss: () => void): void {
  let asked = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked && Date.now() - asked < SAME_SIGNAL) return
      if (asked) {
        dismiss()
        process.exit(130)
      }
      asked = Date.now()
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error instanceof Error ? error.message : error)
          process.exit(1)
        },
      )
    })
  }
}
