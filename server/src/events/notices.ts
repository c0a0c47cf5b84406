import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type pg from 'pg'
import { openSession, type Database } from '../db/connect.ts'
import type { DB } from '../db/schema.ts'

const CHANNEL = 'parley_events'
/** Any number: the class of the locks that processes hold as long as they live. */
const LIFE = 7_265_397
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
    const own = (client = await openSession(database.options))
    own.on('notification', ({ payload = '' }) => receive(payload))
    await own.query(`listen ${CHANNEL}`)
    // That of the connection before may still be held: to wait for it would keep notices waiting.
    const hold = async (): Promise<void> => {
      const { rows } = await own.query(`select pg_try_advisory_lock(${LIFE}, hashtext($1)) as held`, [sender])
      if (!rows[0].held) setTimeout(() => void hold().catch(() => {}), RETRY).unref()
    }
    await hold()
    const openAgain = () => {
      if (!stopped) setTimeout(() => void open(onGap).then(onGap, openAgain), RETRY).unref()
    }
    own.once('end', openAgain)
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
export const noticeBy = (sender: string, kind: string, text: ReturnType<typeof sql>) =>
  sql`pg_notify(${CHANNEL}, ${`${sender} ${kind} `} || ${text})`

/** Whether the process of this id, which shares the database, no longer lives. */
export const isGone = (id: ReturnType<typeof sql>) =>
  sql`pg_try_advisory_xact_lock_shared(${LIFE}, hashtext(${id}::text))`
