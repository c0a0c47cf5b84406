import { sql, type Kysely } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Replayed } from '../../cable/hub.ts'
import type { Authorize } from '../../cable/room-channel.ts'
import type { Services } from '../../context/context.ts'
import type { Database } from '../../db/connect.ts'
import type { DB } from '../../db/schema.ts'
import type { Frames } from '../../events/frames.ts'
import { readEventsAfter } from '../../events/log.ts'
import type { Subject } from '../../vocabulary/presence.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'
import { accountStream, earsMark } from './streams.ts'

interface SubscriptionOptions {
  database: Database
  frames: Frames
  /** Somebody of the account will listen. */
  watch: (accountId: number) => void
  /** From which event on a client that does not say what it knows is given the past. */
  resume: () => Promise<number | undefined>
}

/**
 * A person by their own token in one account, a visitor by the token of a contact inbox. As in Chatwoot, a person's own stream
 * brings what is theirs in their other accounts too.
 */
export async function authorizeSubscription(
  { database, frames, watch, resume }: SubscriptionOptions,
  claim: Parameters<Authorize>[0],
): ReturnType<Authorize> {
  const { kysely: db } = database
  const found = claim.userId === null ? await findVisitor(db, claim.pubsubToken) : await findMember(db, claim)
  if (!found) return null
  const { accountId, accountIds } = found
  accountIds.forEach(watch)
  const after = claim.after ?? (await resume())
  const streams = [
    claim.pubsubToken,
    ...(claim.userId === null ? [] : [accountStream(accountId)]),
    ...accountIds.map(earsMark),
  ]
  return {
    streams,
    token: claim.pubsubToken,
    subject: { kind: claim.userId === null ? 'contact' : 'user', id: found.id, accountId },
    ...(after !== undefined && { replay: () => missedFrames({ database, frames }, accountId, streams, after) }),
  }
}

interface Found {
  id: number
  accountId: number
  /** Of which accounts this token may hear. */
  accountIds: number[]
}

async function findMember(
  db: Kysely<DB>,
  { pubsubToken, accountId, userId }: Parameters<Authorize>[0],
): Promise<Found | undefined> {
  const rows = await runPrepared(
    db,
    sql<Found>`
    select u.id, au.account_id as "accountId", array(select account_id from account_users where user_id = u.id) as "accountIds"
    from users u join account_users au on au.user_id = u.id
    where u.pubsub_token = ${pubsubToken} and u.id = ${userId} and au.account_id = ${accountId}`,
  )
  return rows[0]
}

async function findVisitor(db: Kysely<DB>, pubsubToken: string): Promise<Found | undefined> {
  const rows = await runPrepared(
    db,
    sql<Found>`
    select ci.contact_id as id, i.account_id as "accountId", array[i.account_id] as "accountIds"
    from contact_inboxes ci join inboxes i on i.id = ci.inbox_id
    where ci.pubsub_token = ${pubsubToken}`,
  )
  return rows[0]
}

/** What was said since an event, for these ears, as it is now. */
async function* missedFrames(
  { database, frames }: Pick<SubscriptionOptions, 'database' | 'frames'>,
  accountId: number,
  streams: string[],
  after: number,
): AsyncGenerator<Replayed> {
  const isHeard = (frame: { streams: string[]; except?: string }) =>
    frame.streams.some((stream) => streams.includes(stream)) && !streams.includes(frame.except ?? '')
  for (let events; (events = await readEventsAfter(database, accountId, after)).length; after = events.at(-1)!.id) {
    yield* frames(accountId, events, isHeard)
  }
}

/** Who is there. Visitors are not told about each other. */
export async function presencePayload(app: Services, subject: Subject): Promise<object> {
  const { accountId } = subject
  const rows = await runPrepared(
    app.database.kysely,
    app.database.kysely
      .selectFrom('account_users')
      .select(['user_id', 'availability', 'auto_offline'])
      .$narrowType<{ user_id: number }>()
      .where('account_id', '=', accountId),
  )
  const users: Record<string, string> = {}
  for (const { user_id: id, availability, auto_offline: autoOffline } of rows) {
    if (!autoOffline || app.presence.isPresent(accountId, 'user', id))
      users[id] = AVAILABILITIES[availability] ?? 'online'
  }
  if (subject.kind === 'contact') return { account_id: accountId, users }
  const contacts = Object.fromEntries(app.presence.present(accountId, 'contact').map((id) => [id, 'online']))
  return { account_id: accountId, users, contacts }
}
