import { setTimeout as sleep } from 'node:timers/promises'

type Falsy = false | null | undefined | 0 | ''

/**
 * Waits for what comes by itself (a job, a push, another process), and answers with the first value that says so. Fails with
 * `what` was waited for.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  what: string | (() => string),
  seconds = 20,
): Promise<Exclude<T, Falsy>> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(20)) {
    const value = await check()
    if (value) return value as Exclude<T, Falsy>
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${typeof what === 'string' ? what : what()}`)
  }
}
