import { sql } from 'kysely'
import { runPrepared } from '../db/prepared.ts'
import type { Database } from '../db/connect.ts'
import type { Bus } from './bus.ts'

/** After a crash, clients that do not say what they know are given what may have been lost, for this long. */
const GRACE = 60_000
const KEEP = 1000

export interface Cursor {
  /** From which event on a subscription is given the past; undefined when nothing was lost. */
  resume: () => number | undefined
  stop: () => Promise<void>
}

/** Remembers in the database how far the frames went, so that a crash between commit and frame loses none. */
export async function keepCursor({ kysely }: Database, bus: Pick<Bus, 'position'>): Promise<Cursor> {
  const rows = await runPrepared(
    kysely,
    sql<{ event_id: number; clean: boolean; newest: number }>`
    with newest as (select coalesce(max(id), 0) as id from parley.events), old as (select event_id, clean from parley.cable_cursor),
    kept as (insert into parley.cable_cursor (event_id, clean) select id, false from newest
      on conflict (id) do update set clean = false, updated_at = now())
    select coalesce((select event_id from old), newest.id) as event_id, coalesce((select clean from old), true) as clean,
      newest.id as newest from newest`,
  )
  const { event_id: last, clean, newest } = rows[0]!
  const until = Date.now() + GRACE
  const resume = () => (clean || newest <= last || Date.now() > until ? undefined : last)
  // A commit under way may still bring an earlier number: what is kept is the position of a moment ago.
  let position = newest
  let kept = last
  const keep = async (isEnd: boolean) => {
    const eventId = isEnd ? bus.position() : position
    position = bus.position()
    // Until then some may not have come back for what the crash before this one kept from them.
    if (resume() !== undefined || (eventId <= kept && !isEnd)) return
    await runPrepared(
      kysely,
      sql`update parley.cable_cursor set event_id = greatest(event_id, ${eventId}), clean = ${isEnd}, updated_at = now()`,
    )
    kept = eventId
  }
  const timer = setInterval(() => void keep(false).catch(() => {}), KEEP)
  timer.unref()
  return {
    resume,
    async stop() {
      clearInterval(timer)
      await keep(true).catch(() => {})
    },
  }
}
