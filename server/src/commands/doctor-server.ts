import { sql } from 'kysely'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'

/** `advice` is for what works, and could work better. */
export type Note = (check: string, ok: boolean, detail: string, advice?: true) => void

const OLDEST = 15
const MEGABYTE = 1024 ** 2

interface Server {
  version: string
  is_standby: boolean
  encoding: string
  provider: string
  ctype: string
  has_stale_collation: boolean
  user: string
  database: string
  connections: number
  used: number
  settings: Record<string, string>
  bytes: Record<string, number>
  extensions: Record<string, string | null>
}

/**
 * What a PostgreSQL is and how it is set, as far as it matters and a connection cannot set it by itself (those are in connect.ts).
 * False where nothing more can be asked of it.
 */
export async function lookAtServer(
  database: Database,
  { databaseUrl, databasePool }: Config,
  note: Note,
): Promise<boolean> {
  const { rows } = await sql<{ version: string; number: number }>`
    select current_setting('server_version') as version, current_setting('server_version_num')::integer / 10000 as number`.execute(
    database.kysely,
  )
  const { version, number } = rows[0]!
  note(
    'PostgreSQL',
    number >= OLDEST,
    number >= OLDEST ? `${version}${databaseUrl ? '' : ', embedded'}` : `${version} is too old: use ${OLDEST} or newer`,
  )
  if (number < OLDEST) return false
  const server = await readServer(database)
  lookAtDatabase(server, note)
  lookAtExtensions(server, note)
  if (databaseUrl) {
    lookAtDurability(server, note)
    lookAtConnections(server, databasePool, note)
    lookAtMemory(server, note)
  }
  return true
}

async function readServer({ kysely }: Database): Promise<Server> {
  const { rows } = await sql<Server>`
    select pg_is_in_recovery() as is_standby, pg_encoding_to_char(d.encoding) as encoding, d.datlocprovider as provider, d.datctype as ctype,
      d.datcollversion is distinct from pg_database_collation_actual_version(d.oid) as has_stale_collation,
      current_user as "user", d.datname as database,
      least((select setting::integer from pg_settings where name = 'max_connections')
          - (select sum(setting::integer) from pg_settings where name in ('superuser_reserved_connections', 'reserved_connections')),
        nullif(d.datconnlimit, -1), nullif((select rolconnlimit from pg_roles where rolname = current_user), -1))::integer as connections,
      (select count(*)::integer from pg_stat_activity where backend_type = 'client backend' and application_name <> 'parley') as used,
      (select jsonb_object_agg(name, setting) from pg_settings) as settings,
      (select jsonb_object_agg(name, pg_size_bytes(setting || case unit when '8kB' then '' else unit end) * case unit when '8kB' then 8192 else 1 end)
        from pg_settings where name in ('work_mem', 'maintenance_work_mem', 'shared_buffers', 'max_wal_size')) as bytes,
      (select jsonb_object_agg(a.name, n.nspname) from pg_available_extensions a left join pg_extension e on e.extname = a.name
        left join pg_namespace n on n.oid = e.extnamespace where a.name in ('pg_trgm', 'pgcrypto')) as extensions
    from pg_database d where d.datname = current_database()`.execute(kysely)
  return rows[0]!
}

function lookAtDatabase(
  { is_standby, encoding, provider, ctype, has_stale_collation, database }: Server,
  note: Note,
): void {
  if (is_standby) note('Standby', false, 'is a copy that can only be read: let DATABASE_URL name the primary')
  if (encoding !== 'UTF8')
    note(
      'Encoding',
      false,
      `${encoding} cannot hold every text: make the database anew with ENCODING 'UTF8' TEMPLATE template0`,
    )
  if (has_stale_collation) {
    note(
      'Collation',
      false,
      `the system sorts differently than when the indexes were made: REINDEX DATABASE "${database}", then ALTER DATABASE "${database}" REFRESH COLLATION VERSION`,
    )
  } else if (provider === 'c' && /^(C|POSIX)$/.test(ctype)) {
    note(
      'Collation',
      true,
      `${ctype} knows capitals of English only, so a search for "Ö" does not find "ö": make the database with a locale such as C.UTF-8`,
      true,
    )
  } else note('Collation', true, provider === 'c' ? ctype : 'of PostgreSQL itself or ICU')
}

const PACKAGE = 'install the package of contributed extensions (postgresql-contrib)'

function lookAtExtensions({ extensions }: Server, note: Note): void {
  for (const name of ['pg_trgm', 'pgcrypto']) {
    const schema = extensions?.[name]
    if (schema === undefined) note(`Extension ${name}`, false, `is not there: ${PACKAGE}`)
    else if (schema && schema !== 'public')
      note(`Extension ${name}`, false, `is in the schema ${schema}: ALTER EXTENSION ${name} SET SCHEMA public`)
  }
}

function lookAtDurability({ settings }: Server, note: Note): void {
  const off = (name: string, danger: string) => {
    if (settings[name] === 'off') note(name, false, `is off, so ${danger}: turn it on`)
  }
  off('fsync', 'a crash of the machine can destroy the database')
  off('full_page_writes', 'a crash of the machine can leave half a page')
  off('synchronous_commit', 'a crash can lose messages that were acknowledged')
  off('autovacuum', 'tables grow and slow down for ever')
}

/** Besides its pool a process listens for jobs and for the other processes. */
const BESIDES = 2
const FEW_PROCESSES = 3

function lookAtConnections({ connections, used }: Server, pool: number, note: Note): void {
  const each = pool + BESIDES
  const processes = Math.max(Math.floor((connections - used) / each), 0)
  const text = `room for ${processes} process${processes === 1 ? '' : 'es'} of ${each} connections (DATABASE_POOL and ${BESIDES})`
  const more = 'raise max_connections, or the limit of the role or the database'
  if (!processes) note('Connections', false, `${text}: ${more}`)
  else if (processes < FEW_PROCESSES) note('Connections', true, `${text}: for more, ${more}`, true)
  else note('Connections', true, text)
}

const DEFAULT_BUFFERS = 128 * MEGABYTE
const LEAST_WORK = 4 * MEGABYTE
const DEFAULT_WAL = 1024 * MEGABYTE

function lookAtMemory({ bytes }: Server, note: Note): void {
  const hint = (name: string, advice: string) =>
    note(name, true, `${Math.round(bytes[name]! / MEGABYTE)} MB ${advice}`, true)
  if (bytes.shared_buffers! <= DEFAULT_BUFFERS)
    hint('shared_buffers', 'is what a server comes with: set a quarter of the memory of its machine')
  if (bytes.work_mem! < LEAST_WORK) hint('work_mem', 'makes lists sort on disk: set 4 MB at least')
  if (bytes.max_wal_size! < DEFAULT_WAL) hint('max_wal_size', 'makes checkpoints frequent: set 1 GB or more')
}
