import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { DB } from '../../db/schema.ts'
import type { Time } from '../../lib/times.ts'
import {
  completeMessages,
  messageRows,
  sourcesOf,
  type ContactPicture,
  type MessageRow,
  type PushedMessageView,
} from '../messages/message.query.ts'
import { pictureColumns, picturesOf, type PictureColumns } from '../pictures.query.ts'
import { unreadCount } from '../pictures.sql.ts'
import type { BotPicture, UserPicture } from '../users/user.presenter.ts'

/** A conversation with all that any picture of it needs. */
export interface ConversationView {
  id: number
  account_id: number
  inbox_id: number
  display_id: number
  uuid: string
  status: number
  priority: number | null
  assignee_id: number | null
  assignee_agent_bot_id: number | null
  team_id: number | null
  contact_id: number | null
  contact_inbox_id: number | null
  created_at: Time
  updated_at: Time
  /** Seconds with all six digits that the column has; a Date keeps three. */
  updated_epoch: number
  last_activity_at: Time
  contact_last_seen_at: Time
  agent_last_seen_at: Time
  assignee_last_seen_at: Time
  first_reply_created_at: Time
  waiting_since: Time
  snoozed_until: Time
  additional_attributes: Record<string, any> | null
  custom_attributes: Record<string, any> | null
  cached_label_list: string | null
  sla_policy_id: number | null
  channel_type: string | null
  reply_window: number | null
  last_incoming_at: Time
  unread_count: number
  contact: ContactPicture | null
  contact_inbox: ContactInboxRow | null
  assignee: AgentPicture | null
  assignee_bot: AssigneeBotPicture | null
  team: TeamPicture | null
  /** The last message of any kind, and the last that is no activity. */
  last_message: PushedMessageView | null
  last_non_activity_message: PushedMessageView | null
  /** The last that visitors see too. */
  last_public_message: PushedMessageView | null
}

export interface ContactInboxRow {
  id: number
  contact_id: number
  inbox_id: number
  source_id: string
  created_at: string
  updated_at: string
  hmac_verified: boolean
  pubsub_token: string
}

export interface AgentPicture extends UserPicture {
  email: string
  provider: string
  confirmed_at: string | null
  custom_attributes: Record<string, unknown> | null
  role: number | null
  custom_role_id: number | null
}

export interface AssigneeBotPicture extends BotPicture {
  description: string | null
  outgoing_url: string | null
  bot_type: number | null
  account_id: number | null
}

export interface TeamPicture {
  id: number
  name: string
  description: string | null
  allow_auto_assign: boolean | null
  account_id: number
  member_ids: number[]
}

type Row = Omit<
  ConversationView,
  'contact' | 'assignee' | 'assignee_bot' | 'last_message' | 'last_non_activity_message' | 'last_public_message'
> & {
  last_message_id: number | null
  last_non_activity_message_id: number | null
  last_public_message_id: number | null
}

/** Which last messages to bring along: two for answers of the Application API, one for pushes. */
type LastMessages = 'answer' | 'push'

/** One statement, however many conversations of one account a condition over `c` finds. */
export async function selectConversations(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  orderAndLimit: RawBuilder<unknown> = sql``,
  lastMessages: LastMessages = 'answer',
): Promise<ConversationView[]> {
  const lastIds = sql`select last_message_id from page union select last_non_activity_message_id from page
    union select last_public_message_id from page`
  const said = sourcesOf('said')
  const { rows } = await sql<PictureColumns & { page: Row[] | null; said: MessageRow[] | null }>`
    with page as materialized (${conversationRows(where, orderAndLimit, lastMessages)}),
      said as materialized (${messageRows(sql`m.id in (${lastIds})`)})
    select (select json_agg(page) from page) as page, (select json_agg(said) from said) as said,
      ${pictureColumns(sql`(select account_id from page limit 1)`, {
        users: sql`${said.users} union all select assignee_id from page`,
        contacts: sql`${said.contacts} union all select contact_id from page`,
        bots: sql`${said.bots} union all select assignee_agent_bot_id from page`,
        messages: said.messages,
      })}`.execute(db)
  const page = rows[0]!.page ?? []
  const pictures = picturesOf(rows[0]!)
  for (const row of page) {
    pictures.conversations.set(row.id, { unread_count: row.unread_count, source_id: row.contact_inbox?.source_id ?? null })
  }
  const messages = new Map(completeMessages(rows[0]!.said ?? [], pictures).map((message) => [message.id, message]))
  const message = (id: number | null) => (id === null ? null : (messages.get(id) ?? null))
  return page.map((row) => ({
    ...row,
    contact: (row.contact_id !== null && pictures.contacts.get(row.contact_id)) || null,
    assignee: (row.assignee_id !== null && pictures.users.get(row.assignee_id)) || null,
    assignee_bot: (row.assignee_agent_bot_id !== null && pictures.bots.get(row.assignee_agent_bot_id)) || null,
    last_message: message(row.last_message_id),
    last_non_activity_message: message(row.last_non_activity_message_id),
    last_public_message: message(row.last_public_message_id),
  }))
}

function conversationRows(where: RawBuilder<unknown>, orderAndLimit: RawBuilder<unknown>, lastMessages: LastMessages) {
  return sql`
    select c.id, c.account_id, c.inbox_id, c.display_id, c.uuid, c.status, c.priority, c.assignee_id,
      c.assignee_agent_bot_id, c.team_id, c.contact_id, c.contact_inbox_id, c.created_at, c.updated_at,
      extract(epoch from c.updated_at)::float8 as updated_epoch, c.last_activity_at, c.contact_last_seen_at,
      c.agent_last_seen_at, c.assignee_last_seen_at, c.first_reply_created_at, c.waiting_since, c.snoozed_until,
      c.additional_attributes, c.custom_attributes, c.cached_label_list, c.sla_policy_id, i.channel_type,
      w.reply_window,
      case when w.reply_window is not null then (select max(created_at) from messages lm
        where lm.conversation_id = c.id and lm.account_id = c.account_id and lm.message_type = 0) end as last_incoming_at,
      ${unreadCount('c')} as unread_count,
      (select to_jsonb(ci) from contact_inboxes ci where ci.id = c.contact_inbox_id) as contact_inbox,
      case when c.team_id is not null then (select json_build_object('id', t.id, 'name', t.name, 'description', t.description,
          'allow_auto_assign', t.allow_auto_assign, 'account_id', t.account_id,
          'member_ids', (select coalesce(json_agg(tm.user_id), '[]') from team_members tm where tm.team_id = t.id))
        from teams t where t.id = c.team_id) end as team,
      ${lastMessages === 'answer' ? lastMessage(sql`true`) : sql`null::integer`} as last_message_id,
      ${lastMessages === 'answer' ? lastMessage(sql`lm.message_type <> 2`) : sql`null::integer`} as last_non_activity_message_id,
      ${lastMessages === 'push' ? lastMessage(sql`lm.message_type <> 2 and not lm.private`) : sql`null::integer`}
        as last_public_message_id
    from conversations c join inboxes i on i.id = c.inbox_id
    left join lateral (select (ch.additional_attributes ->> 'agent_reply_time_window')::float8 as reply_window
      from channel_api ch where i.channel_type = 'Channel::Api' and ch.id = i.channel_id
        and ch.additional_attributes ? 'agent_reply_time_window') w on true
    where ${where} ${orderAndLimit}`
}

export async function findConversation(
  db: Kysely<DB>,
  id: number,
  lastMessages: LastMessages = 'answer',
): Promise<ConversationView | undefined> {
  return (await selectConversations(db, sql`c.id = ${id}`, sql``, lastMessages))[0]
}

function lastMessage(which: RawBuilder<unknown>) {
  return sql`(select lm.id from messages lm where lm.conversation_id = c.id and ${which} order by lm.id desc limit 1)`
}
