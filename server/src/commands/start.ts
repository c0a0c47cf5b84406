import { sql } from 'kysely'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { buildApp, createLog, type App } from '../app.ts'
import { ConfigError, keepSecret, type Config } from '../config.ts'
import { alone } from '../db/alone.ts'
import { connect, type Database } from '../db/connect.ts'
import { startEmbedded, type Embedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import type { Command } from './command.ts'
import { makeDemoDesk } from './demo-desk.ts'
import { configOf, DATA_OPTION } from './session.ts'

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
    const running: (() => Promise<unknown>)[] = []
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
async function begin(
  config: Config,
  running: (() => Promise<unknown>)[],
  onDatabase: (embedded: Embedded) => void,
): Promise<void> {
  const say = (text: string) => console.log(text)
  const embedded = config.databaseUrl ? undefined : await startEmbedded({ folder: config.dataFolder, onProgress: say })
  if (embedded) {
    running.push(embedded.stop)
    onDatabase(embedded)
  }
  const database = connect({
    ...(embedded?.connection ?? { connectionString: config.databaseUrl! }),
    // Listening for jobs takes one of them for good.
    max: config.databasePool + 1,
  })
  running.push(database.end)
  await migrate(database, { onProgress: say })
  const app = await buildApp(config, database, { log: createLog(config) })
  running.push(app.close)
  await sayWhatNext(app, database, await app.listen())
}

/** The address must be known before the server listens: it is part of many answers. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}

async function sayWhatNext(app: App, database: Database, port: number): Promise<void> {
  const { environment, host } = app.config
  console.log(`Parley runs at http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`)
  const { accounts, users } = await whatIsThere(database)
  if (accounts) return
  if (environment === 'production' || users)
    return console.log('There is no account yet: npx parley setup makes the first one.')
  const said = await alone(database, async () => ((await whatIsThere(database)).accounts ? [] : makeDemoDesk(app)))
  for (const line of said) console.log(line)
}

async function whatIsThere({ kysely }: Database): Promise<{ accounts: boolean; users: boolean }> {
  const { rows } = await sql<{ accounts: boolean; users: boolean }>`
    select exists (select 1 from accounts) as accounts, exists (select 1 from users) as users`.execute(kysely)
  return rows[0]!
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
