import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from '../db/connect.ts'
import { isGone, type Notices } from './notices.ts'

/** After a process was killed, clients that do not say what they know are given what they may have missed, for this long. */
const GRACE = 60_000
const KEEP = 1000

export interface Processes {
  /** From which event on a subscription is given the past; undefined when no process was killed of late. */
  resume: () => Promise<number | undefined>
  takesJobsAs: (pool: string) => Promise<unknown>
  leave: () => Promise<void>
}

interface Joining {
  notices: Notices
  /** Up to which event all frames have gone out; undefined where there are no sockets. */
  position: (() => number) | undefined
}

/**
 * Keeps in the database how far the frames of this process have gone and by which name it takes jobs, so that should it be killed
 * the others, or the next, give its clients what they may have missed and take its jobs again.
 */
export async function joinProcesses({ kysely }: Database, { notices, position }: Joining): Promise<Processes> {
  const isShared = notices.sender !== undefined
  const id = notices.sender ?? randomUUID()
  // Where nobody shares the database, whoever was there before is gone.
  const others = sql`id <> ${id} and gone_at is null and ${isShared ? isGone(sql`id`) : sql`true`}`
  const bury = () =>
    sql`with gone as (update parley.processes set gone_at = now() where ${others} returning pool)
      select parley_jobs.force_unlock_workers(array_agg(pool)) from gone having count(*) > 0`.execute(kysely)

  const enter = kysely.insertInto('parley.processes').values({ id, event_id: position?.() ?? null })
  await Promise.all([enter.execute(), bury()])
  const until = Date.now() + GRACE
  // A commit under way may still bring an earlier number: what is kept is the position of a moment ago.
  let before = position?.() ?? 0
  let kept = before
  const keep = async () => {
    if (isShared) await bury()
    const eventId = before
    before = position?.() ?? 0
    if (eventId <= kept) return
    await kysely.updateTable('parley.processes').set({ event_id: eventId }).where('id', '=', id).execute()
    kept = eventId
  }
  const timer = setInterval(() => void keep().catch(() => {}), KEEP)
  timer.unref()
  return {
    async resume() {
      if (!isShared && Date.now() > until) return undefined
      const { rows } = await sql<{ after: number | null }>`select min(event_id) as after from parley.processes
        where gone_at > now() - ${`${GRACE} ms`}::interval or (${others})`.execute(kysely)
      return rows[0]!.after ?? undefined
    },
    takesJobsAs: (pool) => kysely.updateTable('parley.processes').set({ pool }).where('id', '=', id).execute(),
    async leave() {
      clearInterval(timer)
      await kysely
        .deleteFrom('parley.processes')
        .where('id', '=', id)
        .execute()
        .catch(() => {})
    },
  }
}
