import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'
import { RetryLaterError, withinLimit } from '../../http/rate-limit.ts'

/** So many calls from one address in that time. Addresses on the list, and installations without limits, have none. */
export async function limitAddress(ctx: Context, what: string, limit: number, seconds: number): Promise<void> {
  const { enabled, allowedAddresses } = ctx.app.config.rateLimits
  if (!enabled || allowedAddresses.includes(ctx.address)) return
  if (!(await withinLimit(ctx.app, `${what} from ${ctx.address}`, limit, seconds))) throw new RetryLaterError()
}

/** So many tries for one name, from wherever: guessing is slowed down even where addresses are not counted. */
export async function limitName(ctx: Context, what: string, name: string, limit: number, seconds: number): Promise<void> {
  if (!(await withinLimit(ctx.app, `${what} for ${name.slice(0, 255)}`, limit, seconds))) throw new RetryLaterError()
}

/** Who got in has nothing to guess. */
export async function forgetTries(ctx: Context, what: string, name: string): Promise<void> {
  await sql`delete from parley.attempts where key = ${`${what} for ${name.slice(0, 255)}`}`.execute(ctx.db)
}
