import { sql } from 'kysely'
import type { App } from '../../app.ts'
import type { Stamp, Subject } from '../../cable/presence.ts'

/** Milliseconds for which those who speak up are gathered. */
const SOON = 20
/** Stamps in one notice, for which PostgreSQL has 8,000 bytes. */
const MOST = 150

/** Tells the other processes who spoke up here, so that all know the same people as present. */
export function sharePresence(app: App, processId: string): (stamp: Stamp) => void {
  let waiting: Stamp[] = []
  const send = () => {
    const stamps = waiting
    waiting = []
    // Whoever is still there speaks up again within twenty seconds.
    tellStamps(app, processId, stamps).catch((error: unknown) =>
      app.log.error({ err: error }, 'a presence was not shared'),
    )
  }
  return (stamp) => {
    if (waiting.push(stamp) === 1) setTimeout(send, SOON).unref()
  }
}

export async function tellStamps(app: App, processId: string, stamps: Stamp[]): Promise<void> {
  for (let i = 0; i < stamps.length; i += MOST) {
    const text = stamps.slice(i, i + MOST).map(({ kind, accountId, id, at }) => `${kind} ${accountId} ${id} ${at}`)
    await sql`select pg_notify('parley_events', ${`${processId}:present ${text.join(',')}`})`.execute(
      app.database.kysely,
    )
  }
}

/** What a process asks that has just begun to listen. */
export const WHO = 'who'

/** The people of a notice. */
export function stampsOfNotice(text: string): Stamp[] | undefined {
  if (!text.startsWith('present ')) return undefined
  return text
    .slice(8)
    .split(',')
    .map((stamp) => {
      const [kind, accountId, id, at] = stamp.split(' ') as [Subject['kind'], string, string, string]
      return { kind, accountId: Number(accountId), id: Number(id), at: Number(at) }
    })
}
