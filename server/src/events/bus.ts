import type { App } from '../app.ts'
import { closeSocketsOf, personOfNotice } from '../features/realtime/sockets.ts'
import { pushesFor } from './cable.ts'
import { readEvents } from './log.ts'
import type { LoggedEvent } from './types.ts'

/** Carries committed events to the sockets of this process, and between processes by their ids. */
export interface Bus {
  /** What a transaction puts in its notice to the other processes; undefined while there are none. */
  notify: string | undefined
  publish: (events: LoggedEvent[], deliveries: number) => void
  /** Events of another process. */
  receive: (notice: string) => Promise<void>
  /** Resolves when all that was published so far has been pushed. */
  settled: () => Promise<unknown>
  /** The newest event whose frames went out. */
  lastPushed: () => number
}

/** What tests listen to. */
type Listener = (event: LoggedEvent) => void

export function createBus(
  app: App,
  { processId, onDeliveries, listener }: { processId: string | undefined; onDeliveries: () => void; listener?: Listener | undefined },
): Bus {
  let lastPushed = 0
  const queues = new Map<number, Promise<unknown>>()

  const push = (events: LoggedEvent[]) => {
    for (const ofAccount of byAccount(events)) pushOfAccount(ofAccount[0]!.data.account_id, ofAccount)
  }

  const pushOfAccount = (accountId: number, events: LoggedEvent[]) => {
    const before = queues.get(accountId)
    // One account's frames leave in the order of its commits; accounts do not wait for each other.
    const done = (before ?? Promise.resolve())
      .then(async () => {
        for (const { streams, except, message, eventId } of await pushesFor(app, events)) {
          app.cable.hub.broadcast(streams, message, { eventId, ...(except && { except }) })
        }
      })
      .catch((error: unknown) => app.log.error({ err: error }, 'an event could not be pushed'))
      .finally(() => {
        lastPushed = Math.max(lastPushed, events.at(-1)!.id)
        if (queues.get(accountId) === done) queues.delete(accountId)
      })
    queues.set(accountId, done)
  }

  return {
    notify: processId,
    publish(events, deliveries) {
      if (listener) events.forEach(listener)
      if (events.length) push(events)
      if (deliveries) onDeliveries()
    },
    async receive(notice) {
      const [from, ids] = notice.split(':')
      if (from === processId || !ids) return
      const person = personOfNotice(ids)
      if (person !== undefined) return closeSocketsOf(app, person)
      const events = await readEvents(app.database.kysely, ids.split(',').map(Number))
      if (events.length) push(events)
      onDeliveries()
    },
    settled: () => Promise.all(queues.values()),
    lastPushed: () => lastPushed,
  }
}

/** The clock's jobs speak for several accounts in one transaction. */
function byAccount(events: LoggedEvent[]): LoggedEvent[][] {
  const groups = new Map<number, LoggedEvent[]>()
  for (const event of events) {
    const group = groups.get(event.data.account_id)
    if (group) group.push(event)
    else groups.set(event.data.account_id, [event])
  }
  return [...groups.values()]
}
