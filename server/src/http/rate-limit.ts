import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { App } from '../app.ts'
import { RequestError } from './errors.ts'

const MAX_ADDRESSES = 100_000

/** All requests of one address in the current minute, counted in this process. */
export function overGlobalLimit(app: App, request: FastifyRequest): boolean {
  const { enabled, perMinute, allowedAddresses } = app.config.rateLimits
  if (!enabled || app.config.environment !== 'production' || allowedAddresses.includes(request.ip)) return false
  if (request.url === '/health') return false
  const minute = Math.floor(Date.now() / 60_000)
  if (app.requestCounts.minute !== minute || app.requestCounts.byAddress.size > MAX_ADDRESSES) {
    app.requestCounts = { minute, byAddress: new Map() }
  }
  const count = (app.requestCounts.byAddress.get(request.ip) ?? 0) + 1
  app.requestCounts.byAddress.set(request.ip, count)
  return count > perMinute
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
export async function withinLimit(app: App, key: string, limit: number, seconds: number): Promise<boolean> {
  const { rows } = await sql<{ count: number }>`
    insert into parley.attempts as a (key, count, resets_at) values (${key}, 1, now() + make_interval(secs => ${seconds}))
    on conflict (key) do update set
      count = case when a.resets_at < now() then 1 else a.count + 1 end,
      resets_at = case when a.resets_at < now() then excluded.resets_at else a.resets_at end
    returning count`.execute(app.database.kysely)
  return rows[0]!.count <= limit
}
