import { sql } from 'kysely'
import type { App } from '../../app.ts'
import type { Replayed } from '../../cable/hub.ts'
import type { Subject } from '../../cable/presence.ts'
import type { Authorize } from '../../cable/room-channel.ts'
import { accountStream, earsMark, framesFor } from '../../events/cable.ts'
import { readEventsAfter } from '../../events/log.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'

/**
 * A person by their own token in one account, a visitor by the token of a contact inbox. As in Chatwoot, a person's own stream
 * brings what is theirs in their other accounts too.
 */
export async function authorizeSubscription(app: App, claim: Parameters<Authorize>[0]): ReturnType<Authorize> {
  const found = claim.userId === null ? await findVisitor(app, claim.pubsubToken) : await findMember(app, claim)
  if (!found) return null
  const { accountId, accountIds } = found
  accountIds.forEach(app.bus.watch)
  const after = claim.after ?? app.resume?.()
  const streams = [claim.pubsubToken, ...(claim.userId === null ? [] : [accountStream(accountId)]), ...accountIds.map(earsMark)]
  return {
    streams,
    token: claim.pubsubToken,
    subject: { kind: claim.userId === null ? 'contact' : 'user', id: found.id, accountId },
    ...(after !== undefined && { replay: () => missedFrames(app, accountId, streams, after) }),
  }
}

interface Found {
  id: number
  accountId: number
  /** Of which accounts this token may hear. */
  accountIds: number[]
}

async function findMember(app: App, { pubsubToken, accountId, userId }: Parameters<Authorize>[0]): Promise<Found | undefined> {
  const { rows } = await sql<Found>`
    select u.id, au.account_id as "accountId", array(select account_id from account_users where user_id = u.id) as "accountIds"
    from users u join account_users au on au.user_id = u.id
    where u.pubsub_token = ${pubsubToken} and u.id = ${userId} and au.account_id = ${accountId}`.execute(app.database.kysely)
  return rows[0]
}

async function findVisitor(app: App, pubsubToken: string): Promise<Found | undefined> {
  const { rows } = await sql<Found>`
    select ci.contact_id as id, i.account_id as "accountId", array[i.account_id] as "accountIds"
    from contact_inboxes ci join inboxes i on i.id = ci.inbox_id
    where ci.pubsub_token = ${pubsubToken}`.execute(app.database.kysely)
  return rows[0]
}

/** What was said since an event, for these ears, as it is now. */
async function* missedFrames(app: App, accountId: number, streams: string[], after: number): AsyncGenerator<Replayed> {
  for (let events; (events = await readEventsAfter(app.database.kysely, accountId, after)).length; after = events.at(-1)!.id) {
    for await (const frame of framesFor(app, accountId, events)) {
      if (frame.streams.some((stream) => streams.includes(stream)) && !streams.includes(frame.except ?? '')) yield frame
    }
  }
}

/** Who is there. Visitors are not told about each other. */
export async function presencePayload(app: App, subject: Subject): Promise<object> {
  const { accountId } = subject
  const { rows } = await sql<{ user_id: number; availability: number; auto_offline: boolean }>`
    select user_id, availability, auto_offline from account_users where account_id = ${accountId}`.execute(app.database.kysely)
  const users: Record<string, string> = {}
  for (const { user_id: id, availability, auto_offline: autoOffline } of rows) {
    if (!autoOffline || app.presence.isPresent(accountId, 'user', id)) users[id] = AVAILABILITIES[availability] ?? 'online'
  }
  if (subject.kind === 'contact') return { account_id: accountId, users }
  const contacts = Object.fromEntries(app.presence.present(accountId, 'contact').map((id) => [id, 'online']))
  return { account_id: accountId, users, contacts }
}
