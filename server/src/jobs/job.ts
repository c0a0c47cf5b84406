import type { Context } from '../http/context.ts'
import type { jobs } from './catalog.ts'

/** A job takes ids, may run twice, and does its work in one transaction. */
export interface Job<Payload> {
  handle: (ctx: Context, payload: Payload) => Promise<unknown>
  /** `false` for what waits for others; it opens one itself when it has something to write. */
  transaction?: false
  /** Tries before it is given up; default 25, over about three days. */
  attempts?: number
}

export function job<Payload>(handle: Job<Payload>['handle'], options: Omit<Job<Payload>, 'handle'> = {}): Job<Payload> {
  return { handle, ...options }
}

export type JobName = keyof typeof jobs
export type JobPayload<Name extends JobName> = (typeof jobs)[Name] extends Job<infer Payload> ? Payload : never
