import type { LoggedEvent } from '../vocabulary/events.ts'
import type { Performer } from '../vocabulary/caller.ts'
import { reactionsTo, type ReactionsByName } from './reactions.ts'

export interface ReadyPush {
  streams: string[]
  except?: string
  message: string
  eventId: number
}

/** The frames that events of one account make: each as soon as it is ready, in the order of the events; only those that are wanted. */
export type Frames = (
  accountId: number,
  events: LoggedEvent[],
  isWanted?: (push: Pick<ReadyPush, 'streams' | 'except'>) => boolean,
) => AsyncGenerator<ReadyPush>

/** Milliseconds of work after which others have their turn. */
const TURN = 10
/** Events that share what was loaded for them: for more it would be too much to hold. */
const SHARED = 50

interface FramesOptions<Scope> {
  reactions: ReactionsByName<Scope>
  /** For the events of one account and commit, which often show the same records. */
  openScope: (accountId: number) => Scope
}

export function createFrames<Scope extends { person: (performer: Performer | undefined) => Promise<unknown> }>({
  reactions,
  openScope,
}: FramesOptions<Scope>): Frames {
  return async function* (accountId, events, isWanted = () => true) {
    let scope = openScope(accountId)
    let began = performance.now()
    for (const [i, event] of events.entries()) {
      if (i && i % SHARED === 0) scope = openScope(accountId)
      if (performance.now() - began > TURN) {
        await new Promise((done) => setImmediate(done))
        began = performance.now()
      }
      const { cable } = reactionsTo(reactions, event.name)
      const [pushes, performer] = await Promise.all([
        cable?.push(scope, event.data),
        cable?.rebuilt ? undefined : scope.person(event.data.performer),
      ])
      for (const push of [pushes ?? []].flat()) {
        if (!push.streams.length || !isWanted(push)) continue
        const data = { ...push.data, ...(performer !== undefined && { performer }), account_id: accountId }
        yield {
          streams: push.streams,
          ...(push.except && { except: push.except }),
          message: JSON.stringify({ event: event.name, data }),
          eventId: event.id,
        }
      }
    }
  }
}
