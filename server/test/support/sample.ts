import { createHash } from 'node:crypto'

/** `whole`, or what today's sample grows from: another one each day, the same again by naming it. */
const CONTRACT = process.env.CONTRACT ?? new Date().toISOString().slice(0, 10)
const SHARE = 1 / 12
const LEAST = 4

/** What a table test sends of all it could send for one of its rows: the first, which gets everywhere, and some of the others. */
export function sampleOf<T>(row: string, all: T[]): T[] {
  if (CONTRACT === 'whole') return all
  const places = all
    .slice(1)
    .map((one, at) => ({ one, rank: createHash('sha1').update(`${CONTRACT} ${row} ${at}`).digest('hex') }))
  const some = places
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, Math.max(LEAST, Math.ceil(all.length * SHARE)))
  return [...all.slice(0, 1), ...some.map(({ one }) => one)]
}

/** For the report of a test that fails: how to send the same again. */
export const repeatedBy =
  CONTRACT === 'whole'
    ? 'everything was sent'
    : `a sample was sent: CONTRACT=${CONTRACT} sends it again, CONTRACT=whole everything`
