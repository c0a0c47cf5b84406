import type { Logger } from 'pino'
import type { Outbox } from '../context/context.ts'
import type { LoggedEvent } from '../vocabulary/events.ts'
import type { Frames, ReadyPush } from './frames.ts'
import { SPANS } from './log.ts'
import type { Notices } from './notices.ts'

/** Before the log is read again when it could not be. */
const RETRY = 200

/** Carries committed events to the sockets of this process, and tells the other processes that there are some. */
export interface Bus extends Pick<Outbox, 'publish' | 'look'> {
  /** Somebody of the account will listen. */
  watch: (accountId: number) => void
  /** Notices may have been lost. */
  catchUp: () => void
  /** Tries no more what could not be pushed, and resolves when what is under way is out. */
  stop: () => Promise<unknown>
  /** Up to which event all frames have gone out. */
  position: () => number
}

export interface BusOptions {
  /** Whether anybody listens in this process who may hear of the account. */
  hasEars: (accountId: number) => boolean
  broadcast: (push: ReadyPush) => void
  frames: Frames
  /** The events of an account after one, oldest first; a part of them where there are many. Up to `onDisk` they are on the disk. */
  readEvents: (accountId: number, after: number, onDisk: number) => Promise<LoggedEvent[]>
  notices: Notices
  log: Logger
  /** The newest event of before this process. */
  start: number
  /** There is something to deliver. */
  onDeliveries: () => void
  /** What tests listen to. */
  listener?: ((event: LoggedEvent) => void) | undefined
}

/**
 * What goes out is read from the log, account by account: nothing is lost while the database is away or a commit's answer
 * did not arrive, and the order is that of the commits.
 */
export function createBus({
  hasEars,
  broadcast,
  frames,
  readEvents,
  notices,
  log,
  start,
  onDeliveries,
  listener,
}: BusOptions): Bus {
  /** The newest event of each account that has gone out. */
  const pushed = new Map<number, number>()
  const draining = new Map<number, { again: boolean; done: Promise<void> }>()
  /** The newest of each account that is known to be on the disk. */
  const onDisk = new Map<number, number>()
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
    if (!hasEars(accountId)) {
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
        const events = await readEvents(accountId, from, onDisk.get(accountId) ?? start)
        for await (const push of frames(accountId, events)) {
          broadcast(push)
          // Should a later one fail, this one is not sent again.
          pushed.set(accountId, push.eventId)
        }
        if (!events.length) continue
        pushed.set(accountId, events.at(-1)!.id)
        waiting.set(accountId, events.at(-1)!.id + 1)
        drain.again = true
      } catch (error) {
        log.error({ err: error }, 'events could not be pushed and will be tried again')
        drain.again = !stopped
        await new Promise((done) => setTimeout(done, RETRY))
      }
    } while (drain.again)
  }

  const look: Bus['look'] = ({ events }) => {
    for (const [accountId, { first, last }] of spans(events)) poke(accountId, first, last)
  }

  notices.hear(SPANS, (notice) => {
    const [spans, hasDeliveries] = notice.split('!') as [string, string?]
    for (const span of spans.split(',')) {
      const [accountId, first, last] = span.split('-').map(Number) as [number, number, number]
      poke(accountId, first, last)
    }
    if (hasDeliveries !== undefined) onDeliveries()
  })

  return {
    publish({ events, deliveries }) {
      if (listener) events.forEach(listener)
      for (const [accountId, { last }] of spans(events))
        onDisk.set(accountId, Math.max(onDisk.get(accountId) ?? start, last))
      look({ events, deliveries })
      if (deliveries) onDeliveries()
    },
    look,
    watch: (accountId) => void (pushed.has(accountId) || pushed.set(accountId, start)),
    catchUp() {
      for (const [accountId, last] of pushed) poke(accountId, last + 1, last)
      onDeliveries()
    },
    async stop() {
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
