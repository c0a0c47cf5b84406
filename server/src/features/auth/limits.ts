import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { RequestError } from '../../http/errors.ts'
import { countedAs, RetryLaterError, withinLimit } from '../../http/rate-limit.ts'

/** So many calls from one address in that time. Addresses on the list, and installations without limits, have none. */
export async function limitAddress(ctx: Context, what: string, limit: number, seconds: number): Promise<void> {
  const name = countedAs(ctx.app.config.rateLimits, ctx.address)
  if (name === undefined) return
  if (!(await withinLimit(ctx.app.database.kysely, `${what} from ${name}`, limit, seconds))) throw new RetryLaterError()
}

/** So many calls about one name, from wherever and even where addresses are not counted. Nobody's name counts for nothing. */
export async function limitName(
  ctx: Context,
  what: string,
  name: string,
  limit: number,
  seconds: number,
): Promise<void> {
  if (name && !(await withinLimit(ctx.app.database.kysely, keyOf(what, name), limit, seconds)))
    throw new RetryLaterError()
}

export interface Guesses {
  what: string
  limit: number
  seconds: number
}

/**
 * Guessing is slowed down: after so many failures in that time even the right answer is refused. It is asked once more after
 * the work, because many guesses may have been let in side by side. Successes are never counted.
 */
export async function limitGuesses<T>(
  ctx: Context,
  name: string,
  { what, limit, seconds }: Guesses,
  guess: () => Promise<T>,
): Promise<T> {
  await checkGuesses(ctx, keyOf(what, name), limit)
  let result: T
  try {
    result = await guess()
  } catch (error) {
    const isRefused = error instanceof RequestError
    if (isRefused && !(await withinLimit(ctx.app.database.kysely, keyOf(what, name), limit, seconds)))
      throw new RetryLaterError()
    throw error
  }
  await checkGuesses(ctx, keyOf(what, name), limit)
  return result
}

async function checkGuesses(ctx: Context, key: string, limit: number): Promise<void> {
  const spent = await ctx.db
    .selectFrom('parley.attempts')
    .select('key')
    .where('key', '=', key)
    .where('resets_at', '>', sql<Date>`now()`)
    .where('count', '>=', limit)
    .executeTakeFirst()
  if (spent) throw new RetryLaterError()
}

const keyOf = (what: string, name: string) => `${what} for ${name.slice(0, 255)}`
