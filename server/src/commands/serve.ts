import { sql } from 'kysely'
import { buildApp, createLog, type App } from '../app.ts'
import type { Config } from '../config.ts'
import { alone } from '../db/alone.ts'
import { connect, type ConnectOptions, type Database } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { makeDemoDesk } from './demo-desk.ts'

/** How to end what was started, in the order in which it was. */
export type Running = (() => Promise<unknown>)[]

/** Runs the server on a database that answers. */
export async function serve(
  config: Config,
  connection: ConnectOptions,
  { running, say }: { running: Running; say: (text: string) => void },
): Promise<void> {
  // Listening for jobs takes one of them for good.
  const database = connect({ ...connection, max: config.databasePool + 1 })
  running.push(database.end)
  await migrate(database, { onProgress: say })
  const app = await buildApp(config, database, { log: createLog(config) })
  running.push(app.close)
  await sayWhatNext(app, database, await app.listen())
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
