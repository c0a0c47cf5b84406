import { sql } from 'kysely'
import { runPrepared } from '../db/prepared.ts'
import { createHash } from 'node:crypto'
import type { Context } from '../context/context.ts'

/** A job that is given up for dead is tried again within hours, not days. */
const REMEMBERED = '2 days'

/**
 * Whether this is the first time for a piece of work: a job may run again when the server died right after its commit.
 * The mark is part of the transaction that does the work.
 */
export async function isFirstTime(ctx: Context, work: string, about: unknown): Promise<boolean> {
  const key = `${work}:${createHash('sha256').update(JSON.stringify(about)).digest('base64url')}`
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .insertInto('parley.attempts')
      .values({ key, count: 1, resets_at: sql`now() + ${REMEMBERED}::interval` })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning('key'),
  )
  return rows.length > 0
}
