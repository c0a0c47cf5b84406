import type { Database } from '../server/src/db/connect.ts'

export interface Desk {
  size: number
  api: string
  token: string
  pubsubToken: string
  accountId: number
  userId: number
  identifier: string
}

const MESSAGES = 10
/** However long the history is, so many are open: a desk's open work does not grow with its past. */
const OPEN = 1000

/** One account with an agent, an API inbox and `size` conversations of ten messages. */
export async function seed(database: Database, size: number): Promise<Desk> {
  const { pool } = database
  const one = async (text: string, values: unknown[] = []) => (await pool.query(text, values)).rows[0].id as number
  const token = 'benchbenchbenchbenchbe22'
  const pubsubToken = 'benchbenchbenchbenchbe33'
  const identifier = 'benchbenchbenchbenchbe44'
  const accountId = await one(`insert into accounts (name, created_at, updated_at) values ('Bench', now(), now()) returning id`)
  const userId = await one(
    `insert into users (name, email, uid, provider, confirmed_at, pubsub_token, created_at, updated_at)
     values ('Bench Person', 'bench@example.test', 'bench@example.test', 'email', now(), $1, now(), now()) returning id`,
    [pubsubToken],
  )
  await pool.query(`insert into access_tokens (owner_type, owner_id, token, created_at, updated_at) values ('User', $1, $2, now(), now())`, [userId, token])
  await pool.query(`insert into account_users (account_id, user_id, role, created_at, updated_at) values ($1, $2, 1, now(), now())`, [accountId, userId])
  const channelId = await one(
    `insert into channel_api (account_id, identifier, hmac_token, webhook_url, created_at, updated_at) values ($1, $2, 'benchhmac', '', now(), now()) returning id`,
    [accountId, identifier],
  )
  const inboxId = await one(
    `insert into inboxes (account_id, channel_id, channel_type, name, created_at, updated_at, enable_auto_assignment) values ($1, $2, 'Channel::Api', 'Bench', now(), now(), false) returning id`,
    [accountId, channelId],
  )
  await pool.query(`insert into inbox_members (inbox_id, user_id, created_at, updated_at) values ($1, $2, now(), now())`, [inboxId, userId])
  await pool.query(
    `with people as (
      insert into contacts (account_id, name, email, created_at, updated_at, last_activity_at, contact_type)
      select $1, 'Visitor ' || n, 'visitor' || n || '@example.test', now(), now(), now(), 1 from generate_series(1, $3::integer) n returning id, name
    ), places as (
      insert into contact_inboxes (contact_id, inbox_id, source_id, pubsub_token, created_at, updated_at)
      select id, $2, 'visitor-' || substr(name, 9), md5(name), now(), now() from people returning id, contact_id, source_id
    )
    insert into conversations (account_id, inbox_id, contact_id, contact_inbox_id, status, display_id, created_at, updated_at, last_activity_at, first_reply_created_at, waiting_since, assignee_id)
    select $1, $2, contact_id, id, case when substr(source_id, 9)::integer > $3 - ${OPEN} then 0 else 1 end, 0,
      now() - interval '1 day', now(), now() - make_interval(secs => $3 - substr(source_id, 9)::integer), now() - interval '23 hours', now(), case when id % 3 = 0 then $4::integer end
    from places order by substr(source_id, 9)::integer`,
    [accountId, inboxId, size, userId],
  )
  await pool.query(
    `insert into messages (account_id, inbox_id, conversation_id, message_type, content, processed_message_content, sender_type, sender_id, created_at, updated_at)
     select c.account_id, c.inbox_id, c.id, (n % 2), 'Message ' || n || ' of a conversation about something that matters', 'Message ' || n,
       case when n % 2 = 0 then 'Contact' else 'User' end, case when n % 2 = 0 then c.contact_id else $2 end, now() - interval '1 day' + make_interval(secs => n), now()
     from conversations c cross join generate_series(1, ${MESSAGES}) n where c.account_id = $1 order by c.id, n`,
    [accountId, userId],
  )
  await pool.query('vacuum analyze')
  return { size, api: `/api/v1/accounts/${accountId}`, token, pubsubToken, accountId, userId, identifier }
}
