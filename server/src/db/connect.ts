import { Kysely, PostgresDialect } from 'kysely'
import type { Writable } from 'node:stream'
import pg from 'pg'
import { pools } from './prepared.ts'
import type { DB } from './schema.ts'
import { watchForSilence } from './silence.ts'
import { createFlush, runTransaction, type TransactionSteps } from './transaction.ts'

export interface ConnectOptions {
  connectionString?: string
  host?: string
  port?: number
  user?: string
  database?: string
  password?: string
  /** Connections at most; 5 by default. */
  max?: number
}

export interface Database {
  pool: pg.Pool
  kysely: Kysely<DB>
  transaction: <T>(steps: TransactionSteps<T>) => Promise<T>
  /** Resolves when all that is committed by now is on the disk: what another process has just told of may not be. */
  flush: () => Promise<unknown>
  /** How to reach it once more, for a connection of one's own. */
  options: ConnectOptions
  end: () => Promise<void>
}

const TIMESTAMP = 1114
const BIGINT = 20
const NUMERIC = 1700
const DATE = 1082

// Chatwoot keeps UTC in columns without a zone.
pg.types.setTypeParser(TIMESTAMP, (text) => new Date(`${text.replace(' ', 'T')}Z`))
pg.types.setTypeParser(BIGINT, Number)
pg.types.setTypeParser(NUMERIC, Number)
pg.types.setTypeParser(DATE, (text) => text)
pg.defaults.parseInputDatesAsUTC = true

export function connect(options: ConnectOptions): Database {
  const pool = openPool(options, options.max ?? 5)
  // Waits for the disk on behalf of all others.
  const flushes = openPool(options, 1)
  const flush = createFlush(flushes)
  const dialect = new PostgresDialect({ pool: pool as never })
  const kysely = new Kysely<DB>({ dialect })
  pools.set(kysely, pool)
  const props = { config: { dialect }, dialect, driver: dialect.createDriver(), executor: kysely.getExecutor() }
  return {
    pool,
    kysely,
    flush,
    transaction: (steps) => runTransaction(pool, props, flush, steps),
    options,
    // Not by Kysely, which leaves open a pool that it was never asked to use.
    end: async () => void (pool.ending || (await Promise.all([pool.end(), flushes.end()]))),
  }
}

function openPool(options: ConnectOptions, max: number): pg.Pool {
  const pool = new pg.Pool({
    ...sessionOptions(options),
    max,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
    // Not yet among the published types.
    ...({ pipeline: true, onConnect: settleSession } as object),
  })
  // The death of an idle connection is no reason to end: the next query opens another.
  pool.on('error', () => {})
  // Nor is that of a busy one, whose query is told: without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  planByValues(pool)
  watchForSilence(pool, sessionOptions(options))
  return pool
}

/**
 * What truth and speed depend on is said by each connection: a server's file, a role or a database may say anything. Said by a
 * statement, because poolers in between refuse or forget options of the start.
 */
const SETTINGS = {
  search_path: 'public',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  // A named statement is planned once: planning for each set of values costs several times what running costs here.
  plan_cache_mode: 'force_generic_plan',
  // Seconds for each of our longer statements.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  random_page_cost: '1.1',
  // A large account takes as long to delete as it takes.
  statement_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  lock_timeout: '30s',
  // A process that stands still gives back the turn of its accounts.
  idle_in_transaction_session_timeout: '60s',
  // Nor does one whose machine is gone keep it.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '25s',
}

/** Those that a version does not know are left out. */
async function settleSession(client: pg.ClientBase): Promise<void> {
  await client.query(
    `select set_config(name, value, false) from unnest($1::text[], $2::text[]) as wanted(name, value)
      where current_setting(name, true) is not null`,
    [Object.keys(SETTINGS), Object.values(SETTINGS)],
  )
}

/** A connection of one's own, beside the pool. */
export async function openSession(options: ConnectOptions): Promise<pg.Client> {
  const client = new pg.Client(sessionOptions(options))
  client.on('error', () => {})
  await client.connect()
  await settleSession(client)
  return client
}

export function sessionOptions({ max: _, ...options }: ConnectOptions): pg.ClientConfig {
  return { ...options, application_name: 'parley', keepAlive: true }
}

const BY_VALUES = `set plan_cache_mode = force_custom_plan`
const FOR_ANY_VALUES = `set plan_cache_mode = ${SETTINGS.plan_cache_mode}`

/**
 * What has no name is planned for the values it comes with: lists of many filters, reports. The setting holds for unnamed
 * statements too and is turned around each, in the same packet. Inside a transaction rows are found by their ids, whatever the plan.
 */
function planByValues(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
    const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
    client.query = ((first: unknown, values?: unknown, ...rest: unknown[]) => {
      if (typeof first !== 'string' || !Array.isArray(values) || !values.length) return query(first, values, ...rest)
      stream.cork()
      query(BY_VALUES).catch(() => {})
      const result = query(first, values, ...rest)
      query(FOR_ANY_VALUES).catch(() => {})
      stream.uncork()
      return result
    }) as never
  })
}
