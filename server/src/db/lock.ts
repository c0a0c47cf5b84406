import { sql, type Kysely } from 'kysely'
import { runPrepared } from './prepared.ts'
import type { DB } from './schema.ts'

/** Whoever writes what they have read says so: the row is theirs until the end of the transaction. */
export interface Lock {
  lock?: boolean
}

/**
 * For what no row stands for yet: until the end of the transaction nobody else gets these names. Taken in one order, so that two who
 * want the same ones do not wait for each other.
 */
export async function lockNames(db: Kysely<DB>, names: string[]): Promise<void> {
  const sorted = [...new Set(names)].sort()
  if (!sorted.length) return
  await runPrepared(db, sql`select pg_advisory_xact_lock(hashtextextended(k, 0)) from unnest(${sorted}::text[]) k`)
}
