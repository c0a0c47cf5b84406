import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import pg from 'pg'
import { sessionOptions, type Database } from '../db/connect.ts'
import type { DB } from '../db/schema.ts'

const CHANNEL = 'parley_events'
/** Before a connection that broke is made anew. */
const RETRY = 1000

/** What the processes that share a database tell each other: a word for the kind, then text. Ids only, of at most 8,000 bytes. */
export interface Notices {
  /** What a statement puts before its own notice; undefined where there is only this process. */
  sender: string | undefined
  /** Tells the other processes, once the transaction of `db` is committed. */
  tell: (db: Kysely<DB>, kind: string, text?: string) => Promise<void>
  hear: (kind: string, listener: (text: string) => void) => void
  /** Begins to hear. `onGap` is called after a time in which notices may have been lost. */
  listen: (onGap: () => void) => Promise<void>
  stop: () => Promise<void>
}

export function createNotices(database: Database, { isShared }: { isShared: boolean }): Notices {
  const sender = isShared ? randomUUID() : undefined
  const listeners = new Map<string, (text: string) => void>()
  let client: pg.Client | undefined
  let stopped = false

  const receive = (notice: string) => {
    const [from, kind, ...text] = notice.split(' ')
    if (from !== sender) listeners.get(kind!)?.(text.join(' '))
  }
  const open = async (onGap: () => void) => {
    client = new pg.Client(sessionOptions(database.options))
    client.on('notification', ({ payload = '' }) => receive(payload))
    client.on('error', () => {})
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    const openAgain = () => {
      if (!stopped) setTimeout(() => void open(onGap).then(onGap, openAgain), RETRY).unref()
    }
    client.once('end', openAgain)
  }
  return {
    sender,
    async tell(db, kind, text = '') {
      if (sender) await sql`select pg_notify(${CHANNEL}, ${`${sender} ${kind} ${text}`})`.execute(db)
    },
    hear: (kind, listener) => void listeners.set(kind, listener),
    listen: async (onGap) => void (sender && (await open(onGap))),
    async stop() {
      stopped = true
      await client?.end()
    },
  }
}

/** The expression by which a larger statement tells the other processes. */
export const noticeBy = (sender: string, kind: string, text: ReturnType<typeof sql>) => sql`pg_notify(${CHANNEL}, ${`${sender} ${kind} `} || ${text})`
