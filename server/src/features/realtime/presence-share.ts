import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { DB } from '../../db/schema.ts'
import type { Notices } from '../../events/notices.ts'
import type { Presence, Stamp, Subject } from '../../vocabulary/presence.ts'

/** Milliseconds for which those who speak up are gathered. */
const SOON = 20
/** Stamps in one notice, for which PostgreSQL has 8,000 bytes. */
const MOST = 150

/** What a process asks that has just begun to listen, and what it is told. */
const WHO = 'who'
const PRESENT = 'present'

interface PresenceShare {
  /** Tells the other processes who spoke up here, so that all know the same people as present. */
  onStamp: (stamp: Stamp) => void
  /** Learns who is there, now and from here on. */
  join: (presence: Presence) => Promise<void>
}

export function sharePresence({ db, notices, log }: { db: Kysely<DB>; notices: Notices; log: Logger }): PresenceShare {
  const tell = async (stamps: Stamp[]) => {
    for (let i = 0; i < stamps.length; i += MOST) await notices.tell(db, PRESENT, textOf(stamps.slice(i, i + MOST)))
  }
  // Whoever is still there speaks up again within twenty seconds.
  const tellOrLog = (stamps: Stamp[]) =>
    void tell(stamps).catch((error: unknown) => log.error({ err: error }, 'a presence was not shared'))
  let waiting: Stamp[] = []
  const send = () => {
    tellOrLog(waiting)
    waiting = []
  }
  return {
    onStamp(stamp) {
      if (notices.sender && waiting.push(stamp) === 1) setTimeout(send, SOON).unref()
    },
    async join(presence) {
      notices.hear(WHO, () => tellOrLog(presence.stamps()))
      notices.hear(PRESENT, (text) => presence.learn(stampsOf(text)))
      await notices.tell(db, WHO)
    },
  }
}

const textOf = (stamps: Stamp[]) =>
  stamps.map(({ kind, accountId, id, at }) => `${kind} ${accountId} ${id} ${at}`).join(',')

function stampsOf(text: string): Stamp[] {
  return text.split(',').map((stamp) => {
    const [kind, accountId, id, at] = stamp.split(' ') as [Subject['kind'], string, string, string]
    return { kind, accountId: Number(accountId), id: Number(id), at: Number(at) }
  })
}
