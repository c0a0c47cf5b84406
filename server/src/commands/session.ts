import { pino } from 'pino'
import { buildApp, type App } from '../app.ts'
import { ConfigError, keepSecret, type Config } from '../config.ts'
import { connect, type Database } from '../db/connect.ts'
import { connectEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { Context } from '../context/context.ts'
import { RequestError } from '../http/errors.ts'
import { readPathId } from '../http/params.ts'
import { configOf, type Values } from './command.ts'

export interface CommandSession {
  app: App
  database: Database
  ctx: () => Context
}

/** Opens the database, beside a running server or without one, does the work and leaves everything as it was. */
export async function withSession<T>(values: Values, work: (session: CommandSession) => Promise<T>): Promise<T> {
  return withDatabase(values, async (database, config, say) => {
    await migrate(database, { onProgress: say })
    const app = await buildApp(config, database, { log: pino({ level: 'silent' }) })
    return work({ app, database, ctx: () => new Context({ app, db: database.kysely }) })
  })
}

type Say = (step: string) => void

/** The database as it is. */
export async function withDatabase<T>(
  values: Values,
  work: (database: Database, config: Config, say: Say) => Promise<T>,
): Promise<T> {
  const config = keepSecret(configOf(values))
  const say: Say = (step) => void (values.json || console.error(step))
  const embedded = config.databaseUrl
    ? undefined
    : await connectEmbedded({ folder: config.dataFolder, onProgress: say })
  const database = connect(embedded?.connection ?? { connectionString: config.databaseUrl! })
  try {
    return await work(database, config, say)
  } catch (error) {
    // A record that would not hold is the caller's mistake, told in one line.
    throw error instanceof RequestError ? new ConfigError(error.message) : error
  } finally {
    await database.end()
    await embedded?.stop()
  }
}

/** For people a few lines, for programs one object. */
export function print(values: Values, result: Record<string, unknown>, lines: string[]): void {
  console.log(values.json ? JSON.stringify(result) : lines.join('\n'))
}

export function textOf(values: Values, flag: string): string | undefined {
  const value = values[flag]
  return typeof value === 'string' && value.trim() ? value.trim() : undefined
}

export function readId(text: string): number | null {
  return /^\d+$/.test(text) && Number(text) > 0 ? readPathId(text) : null
}

export function numberOf(values: Values, flag: string): number | undefined {
  const text = textOf(values, flag)
  if (text === undefined) return undefined
  const id = readId(text)
  if (id === null) throw new ConfigError(`--${flag} must be the number of a record.`)
  return id
}
