import type { Kysely } from 'kysely'
import type { Services } from '../context/context.ts'
import type { DB } from '../db/schema.ts'
import type { EventData, EventName } from '../vocabulary/events.ts'
import type { JobName } from '../vocabulary/jobs.ts'

/** Who cares about an event. `Scope` loads what its frames show. */
export interface Reactions<Data, Scope> {
  /** Goes to open sockets right after the commit. `rebuilt`: Chatwoot re-reads it in a job, so that no performer is shown. */
  cable?: { push: (scope: Scope, data: Data) => Promise<Push | Push[] | null>; rebuilt?: true }
  /** Goes out as `name` to those of `to` that listen. Its payload is built from what the database holds when it leaves. */
  webhook?: {
    name: string
    to: ('account' | 'inbox' | 'bot')[]
    payload: (delivery: DeliveryScope, data: Data) => Promise<Record<string, unknown> | null>
    if?: (data: Data) => boolean
  }
  /** Jobs of the same transaction; each gets the event's data. */
  later?: { job: JobName; if?: (data: Data) => boolean }[]
}

/** By name, and who reacts. */
export type ReactionsByName<Scope> = { [Name in EventName]: Reactions<EventData<Name>, Scope> }

/** One frame for the sockets that listen on any of the streams. */
export interface Push {
  streams: string[]
  /** The stream of whoever needs no echo. */
  except?: string
  data: Record<string, unknown>
}

export interface DeliveryScope {
  app: Services
  db: Kysely<DB>
  account: { id: number; name: string }
}

/** Those of an event whose name is only known when it comes. */
export function reactionsTo<Scope>(
  reactions: ReactionsByName<Scope>,
  name: EventName,
): Reactions<EventData<EventName>, Scope> {
  return reactions[name] as Reactions<EventData<EventName>, Scope>
}
