import type { Logger } from 'pino'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, inject } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { buildApp, type App } from '../src/app.ts'
import { readConfig, type Config } from '../src/config.ts'
import { connect, type ConnectOptions, type Database } from '../src/db/connect.ts'
import { inTransaction } from '../src/context/transaction.ts'
import type { EventData, EventName } from '../src/vocabulary/events.ts'
import { Context } from '../src/context/context.ts'
import { hashCheaply } from '../src/lib/passwords.ts'
import { createAccount } from '../src/features/accounts/account.model.ts'
import { createUser } from '../src/features/users/user.model.ts'
import { addMember } from '../src/features/users/membership.model.ts'

export interface Person {
  id: number
  email: string
  name: string
  access_token: string
  pubsub_token: string
}

export interface TestAccount {
  id: number
  administrator: Person
  agent: Person
}

export interface Answer {
  status: number
  headers: Headers
  body: any
  text: string
}

type Verb = (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
export type Client = Record<'get' | 'post' | 'patch' | 'put' | 'delete', Verb>

/** The password of everybody a test makes. */
export const PASSWORD = 'Str0ng!Passw0rd'

hashCheaply()

let own: Promise<ConnectOptions> | undefined

/** The run's database as it was made, in a copy for each worker: files that run at the same time are nothing to each other. */
export function ownDatabase(): Promise<ConnectOptions> {
  return (own ??= copyDatabase())
}

async function copyDatabase(): Promise<ConnectOptions> {
  const made = inject('database')
  const copy = { ...made, database: `parley_${process.env.VITEST_POOL_ID}` }
  const client = new pg.Client({ ...made, database: 'postgres' })
  await client.connect()
  await client.query(`create database ${copy.database} template ${made.database}`).catch((error: { code?: string }) => {
    if (error.code !== DUPLICATE_DATABASE) throw error
  })
  await client.end()
  return copy
}

const DUPLICATE_DATABASE = '42P04'

/** A server of its own on the worker's database, and makers of what a test needs. `settings` are those that no environment sets. */
export function startTestApp(env: Record<string, string> = {}, settings: Partial<Config> = {}) {
  const t = {
    app: undefined as unknown as App,
    base: '',
    events: [] as { name: EventName; data: EventData<EventName> }[],
    statements: 0,
    database: undefined as unknown as Database,
    folder: '',
  }

  beforeAll(async () => {
    t.folder = mkdtempSync(join(tmpdir(), 'parley-app-'))
    const read = readConfig({
      NODE_ENV: 'test',
      PORT: '0',
      PARLEY_DATA: t.folder,
      SECRET_KEY_BASE: 'a'.repeat(128),
      WEBHOOK_ALLOW_PRIVATE_NETWORK: 'true',
      LOG_LEVEL: 'silent',
      ...env,
    })
    const config = { ...read, ...settings }
    t.database = connect(await ownDatabase())
    countStatements(t.database, () => t.statements++)
    const log: Logger = pino({ level: config.logLevel })
    t.app = await buildApp(config, t.database, { log, onEvent: ({ name, data }) => t.events.push({ name, data }) })
    // What the file before left to be done is nothing to this one.
    await t.database.pool.query('delete from parley_jobs._private_jobs; delete from parley.deliveries')
    t.base = `http://127.0.0.1:${await t.app.listen()}`
  })
  beforeEach(() => {
    t.events.length = 0
  })
  afterAll(async () => {
    await t.app.close()
    await t.database.end()
    rmSync(t.folder, { recursive: true, force: true })
  })

  const client = (headers: Record<string, string>): Client => {
    const verb =
      (method: string): Verb =>
      async (path, body, more = {}) => {
        const form = body instanceof FormData || body instanceof URLSearchParams || typeof body === 'string'
        const answer = await fetch(t.base + path, {
          method,
          redirect: 'manual',
          headers: {
            accept: 'application/json',
            ...(body !== undefined && !form && { 'content-type': 'application/json' }),
            ...headers,
            ...more,
          },
          ...(body !== undefined && { body: form ? (body as string) : JSON.stringify(body) }),
        })
        const text = await answer.text()
        const isJson = answer.headers.get('content-type')?.includes('json') && text
        return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : text }
      }
    return { get: verb('GET'), post: verb('POST'), patch: verb('PATCH'), put: verb('PUT'), delete: verb('DELETE') }
  }

  let number = 0
  const unique = (word: string) => `${word}-${process.pid}-${Date.now().toString(36)}-${number++}`

  return Object.assign(t, {
    unique,
    anyone: client({}),
    as: (person: { access_token: string }) => client({ api_access_token: person.access_token }),
    with: client,
    /** Runs model code as the server would, in a transaction. */
    run: <T>(work: (ctx: Context) => Promise<T>): Promise<T> =>
      inTransaction(new Context({ app: t.app, db: t.database.kysely }), work),
    async buildPerson(name = 'Ada Lovelace'): Promise<Person> {
      const ctx = new Context({ app: t.app, db: t.database.kysely })
      return createUser(ctx, {
        name,
        email: `${unique('person')}@example.test`,
        password: PASSWORD,
        confirmed: true,
      }) as Promise<Person>
    },
    async buildAccount(): Promise<TestAccount> {
      const [administrator, agent] = [await this.buildPerson('Admin Person'), await this.buildPerson('Agent Person')]
      const id = await this.run(async (ctx) => {
        const account = await createAccount(ctx, { name: unique('Acme') })
        await addMember(ctx, { account_id: account.id, user_id: administrator.id, role: 'administrator' })
        await addMember(ctx, { account_id: account.id, user_id: agent.id, role: 'agent' })
        return account.id
      })
      return { id, administrator, agent }
    },
  })
}

/** Counts what the server sends to the database, to hold a request to a fixed number. */
function countStatements(database: Database, count: () => void): void {
  database.pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      count()
      return query(...args)
    }) as never
  })
}
