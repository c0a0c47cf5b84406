import type { Presence, Stamp, Subject } from '../vocabulary/presence.ts'

/** Chatwoot's PRESENCE_DURATION. Official clients speak up every 20 s. */
const LIFETIME_SECONDS = 20

interface PresenceOptions {
  /** Hears of those who spoke up here. */
  onStamp?: ((stamp: Stamp) => void) | undefined
  now?: () => number
}

export function createPresence({ onStamp, now = Date.now }: PresenceOptions = {}): Presence {
  // By account and kind, then id → second of the last stamp, the oldest first.
  const rooms = new Map<string, Map<number, number>>()
  let sweptAt = seconds(now())

  const isFresh = (at: number) => at >= seconds(now()) - LIFETIME_SECONDS

  const room = (accountId: number, kind: Subject['kind']) => rooms.get(`${kind} ${accountId}`)

  const record = ({ kind, id, accountId }: Subject, at: number) => {
    const key = `${kind} ${accountId}`
    const people = rooms.get(key) ?? new Map<number, number>()
    if (at < (people.get(id) ?? 0)) return
    rooms.set(key, people)
    people.delete(id)
    people.set(id, at)
  }

  const sweep = () => {
    if (isFresh(sweptAt)) return
    sweptAt = seconds(now())
    for (const [key, people] of rooms) {
      for (const [id, at] of people) if (!isFresh(at)) people.delete(id)
      if (!people.size) rooms.delete(key)
    }
  }

  return {
    stamp(subject) {
      sweep()
      const at = seconds(now())
      record(subject, at)
      onStamp?.({ ...subject, at })
    },
    isPresent: (accountId, kind, id) => isFresh(room(accountId, kind)?.get(id) ?? -Infinity),
    present(accountId, kind) {
      const ids: number[] = []
      for (const [id, at] of room(accountId, kind) ?? []) if (isFresh(at)) ids.push(id)
      return ids.sort((a, b) => a - b)
    },
    stamps() {
      return [...rooms].flatMap(([key, people]) => {
        const [kind, accountId] = key.split(' ') as [Subject['kind'], string]
        const fresh = [...people].filter(([, at]) => isFresh(at))
        return fresh.map(([id, at]) => ({ kind, id, accountId: Number(accountId), at }))
      })
    },
    learn(stamps) {
      sweep()
      // The clock of another machine may be ahead.
      for (const stamp of stamps) record(stamp, Math.min(stamp.at, seconds(now())))
    },
  }
}

// Whole seconds, as Chatwoot counts: with milliseconds a client that speaks up every 20 s would blink.
const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
