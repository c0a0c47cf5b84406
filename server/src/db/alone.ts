import type { Database } from './connect.ts'

/** Any number; every Parley asks for the same lock. */
const LOCK = 7_265_398

/** Does work that processes which begin at the same time must not do beside each other, however long the first takes. */
export async function alone<T>(database: Database, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const client = await database.pool.connect()
  try {
    const { rows } = await client.query(`select pg_try_advisory_lock(${LOCK}) as mine`)
    if (!rows[0].mine) {
      onWait?.()
      await client.query(`begin; set local lock_timeout = 0; select pg_advisory_lock(${LOCK}); commit`)
    }
    return await work()
  } finally {
    await client.query(`select pg_advisory_unlock(${LOCK})`).then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    )
  }
}
