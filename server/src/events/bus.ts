import type { App } from '../app.ts'
import { stampsOfNotice, tellStamps, WHO } from '../features/realtime/presence-share.ts'
import { closeSocketsOf, personOfNotice } from '../features/realtime/sockets.ts'
import { framesFor, hasEars } from './cable.ts'
import { readEventsAfter } from './log.ts'
import type { LoggedEvent } from './types.ts'

/** Before the log is read again when it could not be. */
const RETRY = 200

/** Carries committed events to the sockets of this process, and tells the other processes that there are some. */
export interface Bus {
  /** What a transaction puts in its notice to the other processes; undefined while there are none. */
  notify: string | undefined
  publish: (events: LoggedEvent[], deliveries: number) => void
  /** These may have been committed: the log knows. */
  look: (events: LoggedEvent[]) => void
  /** Another process committed something, or tells or asks who is there. */
  receive: (notice: string) => void
  /** Somebody of the account will listen. */
  watch: (accountId: number) => void
  /** Notices may have been lost. */
  catchUp: () => void
  /** Resolves when all that was published so far has been pushed. */
  settled: () => Promise<unknown>
  /** Up to which event all frames have gone out. */
  position: () => number
}

/** What tests listen to. */
type Listener = (event: LoggedEvent) => void

/**
 * What goes out is read from the log, account by account: nothing is lost while the database is away or a commit's answer
 * did not arrive, and the order is that of the commits. `start` is the newest event of before this process.
 */
export function createBus(
  app: App,
  { processId, start, onDeliveries, listener }: { processId: string | undefined; start: number; onDeliveries: () => void; listener?: Listener | undefined },
): Bus {
  /** The newest event of each account that has gone out. */
  const pushed = new Map<number, number>()
  const draining = new Map<number, { again: boolean; done: Promise<void> }>()
  /** The accounts whose events wait, with the first of them. */
  const waiting = new Map<number, number>()
  let newest = start
  let stopped = false

  const poke = (accountId: number, first: number, last: number) => {
    newest = Math.max(newest, last)
    const current = draining.get(accountId)
    if (current) {
      current.again = true
      return
    }
    if (!hasEars(app, accountId)) {
      pushed.set(accountId, Math.max(pushed.get(accountId) ?? start, last))
      return
    }
    waiting.set(accountId, first)
    const drain = { again: false, done: Promise.resolve() }
    draining.set(accountId, drain)
    drain.done = drainAccount(accountId, drain).finally(() => {
      draining.delete(accountId)
      waiting.delete(accountId)
    })
  }

  const drainAccount = async (accountId: number, drain: { again: boolean }) => {
    do {
      drain.again = false
      try {
        const from = pushed.get(accountId) ?? start
        const events = await readEventsAfter(app.database.kysely, accountId, from)
        for await (const { streams, except, message, eventId } of framesFor(app, accountId, events)) {
          app.cable.hub.broadcast(streams, message, { eventId, ...(except && { except }) })
          // Should a later one fail, this one is not sent again.
          pushed.set(accountId, eventId)
        }
        if (!events.length) continue
        pushed.set(accountId, events.at(-1)!.id)
        waiting.set(accountId, events.at(-1)!.id + 1)
        drain.again = true
      } catch (error) {
        app.log.error({ err: error }, 'events could not be pushed and will be tried again')
        drain.again = !stopped
        await new Promise((done) => setTimeout(done, RETRY))
      }
    } while (drain.again)
  }

  const look = (events: LoggedEvent[]) => {
    for (const [accountId, { first, last }] of spans(events)) poke(accountId, first, last)
  }

  return {
    notify: processId,
    publish(events, deliveries) {
      if (listener) events.forEach(listener)
      look(events)
      if (deliveries) onDeliveries()
    },
    look,
    receive(notice) {
      const [from, what] = notice.split(':')
      if (!processId || from === processId || !what) return
      if (what === WHO) return void tellStamps(app, processId, app.presence.stamps()).catch(() => {})
      const stamps = stampsOfNotice(what)
      if (stamps) return app.presence.learn(stamps)
      const person = personOfNotice(what)
      if (person !== undefined) return closeSocketsOf(app, person)
      for (const span of what.split(',')) {
        const [accountId, first, last] = span.split('-').map(Number) as [number, number, number]
        poke(accountId, first, last)
      }
      onDeliveries()
    },
    watch: (accountId) => void (pushed.has(accountId) || pushed.set(accountId, start)),
    catchUp() {
      for (const [accountId, last] of pushed) poke(accountId, last + 1, last)
      onDeliveries()
    },
    async settled() {
      stopped = true
      await Promise.all([...draining.values()].map(({ done }) => done))
    },
    position: () => Math.min(newest, ...[...waiting.values()].map((first) => first - 1)),
  }
}

/** The clock's jobs speak for several accounts in one transaction. */
function spans(events: LoggedEvent[]): Map<number, { first: number; last: number }> {
  const result = new Map<number, { first: number; last: number }>()
  for (const { id, data } of events) {
    const span = result.get(data.account_id)
    if (span) span.last = id
    else result.set(data.account_id, { first: id, last: id })
  }
  return result
}
