import type { Context } from '../context/context.ts'
import type { ClockJobName, JobMap } from '../vocabulary/jobs.ts'

/** A job takes ids, may run twice, and does its work in one transaction. */
export interface Job<Payload> {
  handle: (ctx: Context, payload: Payload) => Promise<unknown>
  /** `false` for what waits for others; it opens one itself when it has something to write. */
  transaction?: false
}

export type JobsByName = { [Name in keyof JobMap]: Job<JobMap[Name]> }

export function job<Payload>(handle: Job<Payload>['handle'], options: Omit<Job<Payload>, 'handle'> = {}): Job<Payload> {
  return { handle, ...options }
}

/** When the jobs of the clock run, in cron's form (UTC). */
export type Schedule = Record<ClockJobName, string>
