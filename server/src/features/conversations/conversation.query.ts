import { sql, type Kysely, type RawBuilder } from 'kysely'
import { prepared } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import type { Time } from '../../lib/times.ts'
import {
  messageColumns,
  sourcesOf,
  withPictures,
  type AnyMessageRow,
  type PushedMessageView,
} from '../messages/message.query.ts'
import type { ContactPicture, AgentPicture, AssigneeBotPicture } from '../pictures/picture.types.ts'
import { pictureColumns, picturesOf, type PictureColumns } from '../pictures/pictures.query.ts'
import { ALONE, AMONG_OTHERS, bagWithin, unreadCount } from '../pictures/picture.sql.ts'

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
  created_at: Time
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
  source_id: string | null
  hmac_verified: boolean | null
  /** For pushes only. */
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

/** What the pictures are for: answers of the Application API show the last messages of two kinds, pushes the last public one. */
type Purpose = 'answer' | 'push'

/** In hours. Any text may stand there: its leading digits count, as in Ruby. */
const REPLY_WINDOW = sql<
  number | null
>`substring(ch.additional_attributes ->> 'agent_reply_time_window' from '^\\s*\\d{1,9}')::float8`

const readers = { answer: readerFor('answer'), push: readerFor('push') }

/** Conversations of one account in the order of their ids. One statement, however many. */
export async function readConversations(
  db: Kysely<DB>,
  ids: number[],
  purpose: Purpose = 'answer',
): Promise<ConversationView[]> {
  if (!ids.length) return []
  const [found] = await readers[purpose](db, { ids })
  const pictures = picturesOf(found!)
  const rows = new Map((found!.page ?? []).map((row) => [row.id, row]))
  const messages = new Map(
    withPictures(completed(found!.said ?? [], rows), pictures).map((message) => [message.id, message]),
  )
  const message = (id: number | null) => (id === null ? null : (messages.get(id) ?? null))
  return ids.flatMap((id) => {
    const row = rows.get(id)
    if (!row) return []
    return Object.assign(row, {
      contact: (row.contact_id !== null && pictures.contacts.get(row.contact_id)) || null,
      assignee: (row.assignee_id !== null && pictures.users.get(row.assignee_id)) || null,
      assignee_bot: (row.assignee_agent_bot_id !== null && pictures.bots.get(row.assignee_agent_bot_id)) || null,
      last_message: message(row.last_message_id),
      last_non_activity_message: message(row.last_non_activity_message_id),
      last_public_message: message(row.last_public_message_id),
    })
  })
}

/** What a message shows of its conversation stands in that already. */
function completed(said: AnyMessageRow[], conversations: Map<number, Row>) {
  return said.map((message) => {
    const conversation = conversations.get(message.conversation_id)!
    return Object.assign(message, {
      display_id: conversation.display_id,
      conversation_uuid: conversation.uuid,
      assignee_id: conversation.assignee_id,
      conversation_last_activity_at: conversation.last_activity_at,
      contact_source_id: conversation.source_id,
      unread_count: conversation.unread_count,
    })
  })
}

function readerFor(purpose: Purpose) {
  const said = sourcesOf('said')
  const none = sql`null::integer`
  return prepared<{ ids: number[] }, PictureColumns & { page: Row[] | null; said: AnyMessageRow[] | null }>(
    ({ ids }) => {
      const areMany = sql<boolean>`cardinality(${ids}::integer[]) > 1`
      const small = (column: RawBuilder<unknown>) =>
        sql`case when ${areMany} then ${bagWithin(AMONG_OTHERS, column)} else ${bagWithin(ALONE, column)} end`
      return sql`
      with page as materialized (
        select c.id, c.account_id, c.inbox_id, c.display_id, c.uuid, c.status, c.priority, c.assignee_id,
          c.assignee_agent_bot_id, c.team_id, c.contact_id, c.created_at,
          extract(epoch from c.updated_at)::float8 as updated_epoch, c.last_activity_at, c.contact_last_seen_at,
          c.agent_last_seen_at, c.assignee_last_seen_at, c.first_reply_created_at, c.waiting_since, c.snoozed_until,
          ${small(sql`c.additional_attributes`)} as additional_attributes, ${small(sql`c.custom_attributes`)} as custom_attributes,
          c.cached_label_list, c.sla_policy_id, i.channel_type,
          w.reply_window,
          case when w.reply_window is not null then (select max(created_at) from messages lm
            where lm.conversation_id = c.id and lm.account_id = c.account_id and lm.message_type = 0) end as last_incoming_at,
          ${unreadCount('c')} as unread_count, ci.source_id, ci.hmac_verified,
          ${purpose === 'push' ? sql`row_to_json(ci)` : sql`null::json`} as contact_inbox,
          case when c.team_id is not null then (select json_build_object('id', t.id, 'name', t.name, 'description', t.description,
              'allow_auto_assign', t.allow_auto_assign, 'account_id', t.account_id,
              'member_ids', (select coalesce(json_agg(tm.user_id), '[]') from team_members tm where tm.team_id = t.id))
            from teams t where t.id = c.team_id) end as team,
          ${purpose === 'answer' ? sql`l.id` : none} as last_message_id,
          ${purpose === 'answer' ? sql`case when l.message_type <> 2 then l.id else ${lastMessage(sql`lm.message_type <> 2`)} end` : none}
            as last_non_activity_message_id,
          ${purpose === 'push' ? lastMessage(sql`lm.message_type <> 2 and not lm.private`) : none} as last_public_message_id
        from conversations c join inboxes i on i.id = c.inbox_id left join contact_inboxes ci on ci.id = c.contact_inbox_id
        ${
          purpose === 'answer'
            ? sql`left join lateral (select lm.id, lm.message_type from messages lm where lm.conversation_id = c.id
                order by lm.id desc limit 1) l on true`
            : sql``
        }
        left join lateral (select ${REPLY_WINDOW} as reply_window
          from channel_api ch where i.channel_type = 'Channel::Api' and ch.id = i.channel_id
            and ch.additional_attributes ? 'agent_reply_time_window') w on true
        where c.id = any(${ids}::integer[])
      ), said as materialized (
        select ${messageColumns(areMany)} from messages m where m.id = any(array(
          ${
            purpose === 'answer'
              ? sql`select last_message_id from page union all select last_non_activity_message_id from page`
              : sql`select last_public_message_id from page`
          }))
      )
      select (select json_agg(page) from page) as page, (select json_agg(said) from said) as said,
        ${pictureColumns(sql`(select account_id from page limit 1)`, {
          users: sql`${said.users} union all select assignee_id from page`,
          contacts: sql`${said.contacts} union all select contact_id from page`,
          bots: sql`${said.bots} union all select assignee_agent_bot_id from page`,
          messages: said.messages,
        })}`
    },
  )
}

export async function findConversation(
  db: Kysely<DB>,
  id: number,
  purpose: Purpose = 'answer',
): Promise<ConversationView | undefined> {
  return (await readConversations(db, [id], purpose))[0]
}

function lastMessage(which: ReturnType<typeof sql>) {
  return sql`(select lm.id from messages lm where lm.conversation_id = c.id and ${which} order by lm.id desc limit 1)`
}
