/** Chatwoot's PRESENCE_DURATION. Official clients speak up every 20 s. */
const LIFETIME_SECONDS = 20

export interface Subject {
  kind: 'user' | 'contact'
  id: number
  accountId: number
}

export interface Stamp extends Subject {
  /** Epoch milliseconds. */
  at: number
}

/** Carries stamps between processes. */
export interface PresenceShare {
  stamp: (subject: Subject) => void | Promise<void>
  /** The fresh stamps of all processes. */
  load: () => Promise<Stamp[]>
}

/** Who spoke up lately. Nobody leaves: a presence that is not renewed ends by itself. */
export interface Presence {
  stamp: (subject: Subject) => void
  isPresent: (accountId: number, kind: Subject['kind'], id: number) => boolean
  present: (accountId: number, kind: Subject['kind']) => number[]
  /** Takes over what other processes know. */
  refresh: () => Promise<void>
}

interface PresenceOptions {
  share?: PresenceShare | undefined
  now?: () => number
  onError?: (error: unknown) => void
}

export function createPresence({ share, now = Date.now, onError = () => {} }: PresenceOptions = {}): Presence {
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
      record(subject, seconds(now()))
      if (share)
        Promise.resolve(subject)
          .then((present) => share.stamp(present))
          .catch(onError)
    },
    isPresent: (accountId, kind, id) => isFresh(room(accountId, kind)?.get(id) ?? -Infinity),
    present(accountId, kind) {
      const ids: number[] = []
      for (const [id, at] of room(accountId, kind) ?? []) if (isFresh(at)) ids.push(id)
      return ids.sort((a, b) => a - b)
    },
    async refresh() {
      if (!share) return
      const stamps = await share.load()
      sweep()
      for (const stamp of stamps) record(stamp, seconds(stamp.at))
    },
  }
}

// Whole seconds, as Chatwoot counts: with milliseconds a client that speaks up every 20 s would blink.
const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
