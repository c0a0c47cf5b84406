import { runMigrations } from 'graphile-worker'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { PROJECT } from '../lib/project.ts'
import type { Database } from './connect.ts'

const FOLDER = join(PROJECT, 'server/src/db/migrations')
const FIRST = '0001_chatwoot.sql'
/** Any number; every Parley asks for the same lock. */
const LOCK = 7_265_398

/**
 * Brings a database up to date: Chatwoot's schema where there is none, Parley's own, and that of the jobs. Safe to run
 * from several processes at once. A database that Chatwoot made keeps its tables; it must be of the version we speak.
 */
export async function migrate(database: Database, { onProgress }: { onProgress?: (step: string) => void } = {}): Promise<void> {
  const client = await database.pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
    const applied = await appliedMigrations(client)
    for (const file of files) {
      if (applied.has(file)) continue
      onProgress?.(`Preparing the database: ${file.replace(/\.sql$/, '')}`)
      if (file === FIRST && (await isChatwoot(client))) await checkVersion(client)
      else await client.query(`begin;\n${await readFile(join(FOLDER, file), 'utf8')}\ncommit;`)
      await client.query('insert into parley.migrations (name) values ($1)', [file])
    }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => {})
    client.release()
  }
  await runMigrations({ pgPool: database.pool, schema: 'parley_jobs', logger: undefined as never })
}

async function appliedMigrations(client: pg.ClientBase): Promise<Set<string>> {
  const { rows: known } = await client.query(`select to_regclass('parley.migrations') is not null as known`)
  if (!known[0].known) {
    await client.query(`create schema if not exists parley;
      create table parley.migrations (name text primary key, applied_at timestamptz not null default now())`)
  }
  const { rows } = await client.query<{ name: string }>('select name from parley.migrations')
  return new Set(rows.map((row) => row.name))
}

async function isChatwoot(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(`select to_regclass('public.schema_migrations') is not null as known`)
  return rows[0].known
}

async function checkVersion(client: pg.ClientBase): Promise<void> {
  const ours = newestVersion(await readFile(join(FOLDER, FIRST), 'utf8'))
  const { rows } = await client.query('select max(version) as version from public.schema_migrations')
  if (rows[0].version === ours) return
  throw new Error(
    `This database is of another version of Chatwoot (its newest migration is ${rows[0].version}): bring it to 4.10, whose newest is ${ours}, and start again.`,
  )
}

function newestVersion(sql: string): string {
  const list = sql.slice(sql.indexOf('insert into schema_migrations'))
  return [...list.matchAll(/'(\d{14})'/g)].map(([, version]) => version!).sort().at(-1)!
}
