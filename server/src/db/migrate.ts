import { runMigrations } from 'graphile-worker'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { PROJECT } from '../lib/project.ts'
import type { Database } from './connect.ts'
import { alone } from './alone.ts'

const FOLDER = join(PROJECT, 'server/src/db/migrations')
const FIRST = '0001_chatwoot.sql'

/**
 * Brings a database up to date: Chatwoot's schema where there is none, Parley's own, and that of the jobs. Safe to run
 * from several processes at once. A database that Chatwoot made keeps its tables; it must be of the version we speak.
 */
export async function migrate(database: Database, { onProgress = () => {} }: { onProgress?: Say } = {}): Promise<void> {
  const prepare = async () => {
    await applyMigrations(database, onProgress)
    await runMigrations({ pgPool: database.pool, schema: 'parley_jobs', logger: undefined as never })
  }
  await alone(database, prepare, () => onProgress('Waiting for another Parley that prepares the database …'))
}

type Say = (step: string) => void

async function applyMigrations({ pool }: Database, say: Say): Promise<void> {
  const pending = await pendingMigrations(pool)
  if (!pending.length) return
  const client = await pool.connect()
  try {
    await client.query(`create schema if not exists parley;
      create table if not exists parley.migrations (name text primary key, applied_at timestamptz not null default now())`)
    for (const file of pending) {
      say(`Preparing the database: ${file.replace(/\.sql$/, '')}`)
      const isThere = file === FIRST && (await isChatwoot(client))
      if (isThere) await checkVersion(client)
      const text = isThere ? '' : await readFile(join(FOLDER, file), 'utf8')
      await client.query(`begin;\n${text}\ninsert into parley.migrations (name) values ('${file}');\ncommit;`)
    }
    client.release()
  } catch (error) {
    // Ends the session, and undoes what is not whole.
    client.release(true)
    throw error
  }
}

/** What a database still lacks, in order. */
export async function pendingMigrations(pool: pg.Pool): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
  const { rows: known } = await pool.query(`select to_regclass('parley.migrations') is not null as known`)
  if (!known[0].known) return files
  const { rows } = await pool.query<{ name: string }>('select name from parley.migrations')
  return files.filter((file) => !rows.some(({ name }) => name === file))
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
  return [...list.matchAll(/'(\d{14})'/g)]
    .map(([, version]) => version!)
    .sort()
    .at(-1)!
}
