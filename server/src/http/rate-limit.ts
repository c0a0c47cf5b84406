import type { FastifyRequest } from 'fastify'
import { sql, type Kysely } from 'kysely'
import { runPrepared } from '../db/prepared.ts'
import type { Config } from '../config.ts'
import type { DB } from '../db/schema.ts'
import { readAddress } from '../lib/client-address.ts'
import { RequestError } from './errors.ts'

const MAX_ADDRESSES = 100_000

/** Under what the calls of an address are counted; undefined where it may call as often as it wants. */
export function countedAs({ enabled, allowedAddresses }: Config['rateLimits'], from: string): string | undefined {
  if (!enabled) return undefined
  const { address, subscriber } = readAddress(from)
  return allowedAddresses.includes(address) ? undefined : subscriber
}

/** Whether an address has asked for more than it may in the current minute, counted in this process. */
export function createGlobalLimit({ rateLimits, environment }: Config): (request: FastifyRequest) => boolean {
  let minute = 0
  let counts = new Map<string, number>()
  return (request) => {
    if (environment !== 'production' || request.url === '/health') return false
    const name = countedAs(rateLimits, request.ip)
    if (name === undefined) return false
    const now = Math.floor(Date.now() / 60_000)
    if (now !== minute || counts.size > MAX_ADDRESSES) [minute, counts] = [now, new Map()]
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count > rateLimits.perMinute
  }
}

/** The answer of a throttle: plain text, as Rack::Attack gives it. */
export class RetryLaterError extends RequestError {
  readonly status = 429
  body() {
    return 'Retry later\n'
  }
}

/**
 * Counts one try under a key and says whether it is still within the limit. Kept in the database, outside of any
 * request's transaction, so that it holds across processes and for requests that fail.
 */
export async function withinLimit(db: Kysely<DB>, key: string, limit: number, seconds: number): Promise<boolean> {
  const rows = await runPrepared(
    db,
    sql<{ count: number }>`
    insert into parley.attempts as a (key, count, resets_at) values (${key}, 1, now() + make_interval(secs => ${seconds}))
    on conflict (key) do update set
      count = case when a.resets_at < now() then 1 else a.count + 1 end,
      resets_at = case when a.resets_at < now() then excluded.resets_at else a.resets_at end
    returning count`,
  )
  return rows[0]!.count <= limit
}
