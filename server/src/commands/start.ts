import { sql } from 'kysely'
import { buildApp, createLog, type App } from '../app.ts'
import { ConfigError, keepSecret } from '../config.ts'
import { connect, type Database } from '../db/connect.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import type { Command } from './commands.ts'
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
    const config = keepSecret(configOf(values))
    const say = (text: string) => console.log(text)
    const embedded = config.databaseUrl ? undefined : await startEmbedded({ folder: config.dataFolder, onProgress: say })
    const database = connect({
      ...(embedded?.connection ?? { connectionString: config.databaseUrl! }),
      // Listening for jobs takes one of them for good.
      max: config.databasePool + 1,
    })
    let app: App | undefined
    const stop = stopOnce(async () => {
      await app?.close()
      await database.end()
      await embedded?.stop()
    })
    try {
      await migrate(database, { onProgress: say })
      app = await buildApp(config, database, { log: createLog(config) })
      const port = await app.listen()
      await sayWhatNext(app, database, port)
    } catch (error) {
      await stop()
      if ((error as { code?: string }).code === 'EADDRINUSE') {
        throw new ConfigError(`Port ${config.port} on ${config.host} is in use: stop what listens there, or set PORT.`)
      }
      throw error
    }
    stopOnSignals(stop)
  },
}

async function sayWhatNext(app: App, database: Database, port: number): Promise<void> {
  const { environment, host } = app.config
  console.log(`Parley runs at http://${host}:${port}`)
  const { rows } = await sql<{ used: boolean }>`select exists (select 1 from accounts) as used`.execute(database.kysely)
  if (rows[0]!.used) return
  if (environment === 'production') console.log('There is no account yet: npx parley setup makes the first one.')
  else for (const line of await makeDemoDesk(app)) console.log(line)
}

function stopOnce(work: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined
  return () => (stopping ??= work())
}

/** The first signal stops in order, the second at once. */
function stopOnSignals(stop: () => Promise<void>): void {
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130)
      asked = true
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
