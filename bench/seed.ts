import type { Database } from '../server/src/db/connect.ts'

export interface Desk {
  size: number
  /** How many of its conversations are open: the newest. */
  open: number
  api: string
  token: string
  pubsubToken: string
  accountId: number
  userId: number
  inboxId: number
  identifier: string
  /** Tokens of people who are in no account. */
  strangers: string[]
}

/** Assigned to many agents, and listened to by webhooks. */
export interface BusyDesk extends Desk {
  tokens: string[]
  pubsubTokens: { user_id: number; pubsub_token: string }[]
}

const MESSAGES = 10
/** However long the history is, so many are open: a desk's open work does not grow with its past. */
const OPEN = 1000
const STRANGERS = 5000
const AGENTS = 50
/** What the busy desk has more. */
const BUSY_SIZE = 2000

/** One account with an agent, an API inbox and `size` conversations of ten messages; each third is the agent's. */
export async function seed(database: Database, size: number): Promise<Desk> {
  const desk = await seedDesk(database, 'bench', size)
  const strangers = await seedPeople(database, 'stranger', STRANGERS)
  await database.pool.query('vacuum analyze')
  return { ...desk, strangers: strangers.map(({ token }) => token) }
}

/** Fifty agents who share its conversations, and an account's and an inbox's webhook at `sink`. */
export async function seedBusy(database: Database, sink: string): Promise<BusyDesk> {
  const { pool } = database
  const desk = await seedDesk(database, 'busy', BUSY_SIZE)
  const people = await seedPeople(database, 'member', AGENTS)
  const ids = people.map(({ id }) => id)
  await pool.query(
    `insert into account_users (account_id, user_id, role, created_at, updated_at) select $1, id, 0, now(), now() from unnest($2::integer[]) id`,
    [desk.accountId, ids],
  )
  await pool.query(
    `insert into inbox_members (inbox_id, user_id, created_at, updated_at) select $1, id, now(), now() from unnest($2::integer[]) id`,
    [desk.inboxId, ids],
  )
  await pool.query(
    `update conversations set assignee_id = ($2::integer[])[1 + display_id % $3] where account_id = $1`,
    [desk.accountId, ids, AGENTS],
  )
  await pool.query(
    `insert into webhooks (account_id, url, webhook_type, subscriptions, created_at, updated_at)
     values ($1, $2, 0, '["message_created", "message_updated", "conversation_updated"]', now(), now())`,
    [desk.accountId, `${sink}/account`],
  )
  await pool.query('update channel_api set webhook_url = $2 where account_id = $1', [desk.accountId, `${sink}/inbox`])
  await pool.query('vacuum analyze')
  const pubsubTokens = people.map(({ id, pubsub_token }) => ({ user_id: id, pubsub_token }))
  return { ...desk, strangers: [], tokens: people.map(({ token }) => token), pubsubTokens }
}

async function seedDesk({ pool }: Database, name: string, size: number): Promise<Omit<Desk, 'strangers'>> {
  const one = async (text: string, values: unknown[] = []) => (await pool.query(text, values)).rows[0].id as number
  const token = `${name}-token-of-a-person-22`
  const pubsubToken = `${name}-pubsub-of-a-person-3`
  const identifier = `${name}-identifier-of-inbox`
  const accountId = await one(
    `insert into accounts (name, created_at, updated_at) values ($1, now(), now()) returning id`,
    [name],
  )
  const userId = await one(
    `insert into users (name, email, uid, provider, confirmed_at, pubsub_token, created_at, updated_at)
     values ($1, $2, $2, 'email', now(), $3, now(), now()) returning id`,
    [name, `${name}@example.test`, pubsubToken],
  )
  await pool.query(
    `insert into access_tokens (owner_type, owner_id, token, created_at, updated_at) values ('User', $1, $2, now(), now())`,
    [userId, token],
  )
  await pool.query(
    `insert into account_users (account_id, user_id, role, created_at, updated_at) values ($1, $2, 1, now(), now())`,
    [accountId, userId],
  )
  const channelId = await one(
    `insert into channel_api (account_id, identifier, hmac_token, webhook_url, created_at, updated_at) values ($1, $2, $3, '', now(), now()) returning id`,
    [accountId, identifier, `${identifier}-hmac`],
  )
  const inboxId = await one(
    `insert into inboxes (account_id, channel_id, channel_type, name, created_at, updated_at, enable_auto_assignment) values ($1, $2, 'Channel::Api', 'Bench', now(), now(), false) returning id`,
    [accountId, channelId],
  )
  await pool.query(
    `insert into inbox_members (inbox_id, user_id, created_at, updated_at) values ($1, $2, now(), now())`,
    [inboxId, userId],
  )
  await pool.query(
    `with people as (
      insert into contacts (account_id, name, email, created_at, updated_at, last_activity_at, contact_type)
      select $1, 'Visitor ' || n, 'visitor' || n || '@example.test', now(), now(), now(), 1 from generate_series(1, $3::integer) n returning id, name
    ), places as (
      insert into contact_inboxes (contact_id, inbox_id, source_id, pubsub_token, created_at, updated_at)
      select id, $2, 'visitor-' || substr(name, 9), md5($1::integer || name), now(), now() from people returning id, contact_id, source_id
    )
    insert into conversations (account_id, inbox_id, contact_id, contact_inbox_id, status, display_id, created_at, updated_at, last_activity_at, first_reply_created_at, waiting_since, assignee_id)
    select $1, $2, contact_id, id, case when substr(source_id, 9)::integer > $3 - ${OPEN} then 0 else 1 end, 0,
      now() - interval '1 day', now(), now() - make_interval(secs => $3 - substr(source_id, 9)::integer), now() - interval '23 hours', now(), case when id % 3 = 0 then $4::integer end
    from places order by substr(source_id, 9)::integer`,
    [accountId, inboxId, size, userId],
  )
  await pool.query(
    `insert into messages (account_id, inbox_id, conversation_id, message_type, content, processed_message_content, sender_type, sender_id, created_at, updated_at)
     select c.account_id, c.inbox_id, c.id, (n % 2), 'Message ' || n || ' of a conversation about ' || substr(md5(c.id::text), 1, 8), 'Message ' || n,
       case when n % 2 = 0 then 'Contact' else 'User' end, case when n % 2 = 0 then c.contact_id else $2 end, now() - interval '1 day' + make_interval(secs => n), now()
     from conversations c cross join generate_series(1, ${MESSAGES}) n where c.account_id = $1 order by c.id, n`,
    [accountId, userId],
  )
  return {
    size,
    open: OPEN,
    api: `/api/v1/accounts/${accountId}`,
    token,
    pubsubToken,
    accountId,
    userId,
    inboxId,
    identifier,
  }
}

interface Person {
  id: number
  token: string
  pubsub_token: string
}

async function seedPeople({ pool }: Database, name: string, count: number): Promise<Person[]> {
  const { rows } = await pool.query<Person>(
    `with people as (
      insert into users (name, email, uid, provider, confirmed_at, pubsub_token, created_at, updated_at)
      select $1::text || n, $1 || n || '@example.test', $1 || n || '@example.test', 'email', now(), md5($1 || n), now(), now()
      from generate_series(1, $2::integer) n returning id, name, pubsub_token
    )
    insert into access_tokens (owner_type, owner_id, token, created_at, updated_at)
    select 'User', id, left(md5('token' || name), 24), now(), now() from people
    returning owner_id as id, token, (select p.pubsub_token from people p where p.id = owner_id)`,
    [name, count],
  )
  return rows
}
