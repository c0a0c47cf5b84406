import { sql, type Kysely, type RawBuilder } from 'kysely'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import { sizeOf } from '../../lib/bag.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { runPrepared } from '../../db/prepared.ts'
import { ROOM } from '../../db/room.ts'
import type { DB } from '../../db/schema.ts'
import {
  pictureColumns,
  picturesOf,
  type PictureColumns,
  type PictureSources,
  type Pictures,
} from '../pictures/pictures.query.ts'
import { milliseconds, type Time } from '../../lib/times.ts'
import { AMONG_OTHERS, bagWithin } from '../pictures/picture.sql.ts'
import type { BotPicture, UserPicture, ContactPicture, AttachmentView } from '../pictures/picture.types.ts'

export const MESSAGE_COLUMNS = columns(
  'messages',
  'id',
  'account_id',
  'inbox_id',
  'conversation_id',
  'content',
  'message_type',
  'created_at',
  'updated_at',
  'private',
  'status',
  'source_id',
  'content_type',
  'content_attributes',
  'sender_type',
  'sender_id',
  'external_source_ids',
  'additional_attributes',
  'processed_message_content',
  'sentiment',
)

export interface MessageRow extends Refine<
  Row<typeof MESSAGE_COLUMNS>,
  {
    status: number
    content_attributes: Record<string, any> | string | null
    sender_type: 'User' | 'Contact' | 'AgentBot' | 'Captain::Assistant' | null
    external_source_ids: Record<string, unknown> | null
    additional_attributes: Record<string, unknown> | null
    sentiment: Record<string, unknown> | null
  }
> {}

/** The row by itself, or as JSON with its times as text. */
export interface AnyMessageRow extends Refine<MessageRow, { created_at: Time; updated_at: Date | string }> {}

/** With what is told of its conversation. */
export interface PlacedMessage extends AnyMessageRow {
  display_id: number
  conversation_uuid: string
  assignee_id: number | null
  conversation_last_activity_at: Time
}

/** What pages of messages read. */
export const SHOWN_COLUMNS = columns(
  'messages',
  'id',
  'content',
  'message_type',
  'created_at',
  'private',
  'status',
  'source_id',
  'content_type',
  'content_attributes',
  'sender_type',
  'sender_id',
)

/** What answers show of a message. */
export type ShownRow = Pick<PlacedMessage, (typeof SHOWN_COLUMNS)[number] | 'account_id' | 'inbox_id' | 'display_id'>

interface Surroundings {
  user: UserPicture | null
  contact: ContactPicture | null
  bot: BotPicture | null
  attachments: AttachmentView[] | null
}

export type ShownMessage = ShownRow & Surroundings

/** A message with all that any picture of it needs. */
export interface MessageView
  extends Omit<PlacedMessage, 'assignee_id' | 'conversation_last_activity_at'>, Surroundings {}

/** A message as it is pushed: with what its conversation has come to. */
export interface PushedMessageView extends PlacedMessage, Surroundings {
  contact_source_id: string | null
  unread_count: number
}

/** In characters, what is shown of a text that stands among others. */
const BRIEF = 20_000
const TEXTS = ['content', 'processed_message_content']
const BAGS = ['content_attributes', 'external_source_ids', 'additional_attributes', 'sentiment']

/** The columns of `m`; where there are many of them, long texts are cut and large bags left out. */
export function messageColumns(areMany: RawBuilder<boolean>) {
  const cut = (column: RawBuilder<unknown>) =>
    sql`case when ${areMany} then left(${column}, ${sql.lit(BRIEF)}) else ${column} end`
  const small = (column: RawBuilder<unknown>) =>
    sql`case when ${areMany} then ${bagWithin(AMONG_OTHERS, column)} else ${column} end`
  return sql.join(
    MESSAGE_COLUMNS.map((name) => {
      const column = sql.ref(`m.${name}`)
      if (TEXTS.includes(name)) return sql`${cut(column)} as ${sql.ref(name)}`
      return BAGS.includes(name) ? sql`${small(column)} as ${sql.ref(name)}` : column
    }),
  )
}

/** A `select` of messages, for a statement that goes on with them. */
export function messageRows(where: RawBuilder<unknown>, orderAndLimit: RawBuilder<unknown> = sql``) {
  return sql`select ${listed(MESSAGE_COLUMNS, 'm')}, c.display_id, c.uuid as conversation_uuid, c.assignee_id,
    c.last_activity_at as conversation_last_activity_at
    from messages m join conversations c on c.id = m.conversation_id where ${where} ${orderAndLimit}`
}

/** Who sent, and what hangs on, the messages of a named query. */
export function sourcesOf(query: string): Omit<PictureSources, 'conversations'> {
  const from = sql.raw(query)
  const senders = (type: string) => sql`select sender_id from ${from} where sender_type = ${sql.lit(type)}`
  return {
    users: senders('User'),
    contacts: senders('Contact'),
    bots: senders('AgentBot'),
    messages: sql`select id from ${from}`,
  }
}

/** What a message without words takes. */
const BARE = 1000

/**
 * `from` those `messages` (a query's name) that an answer has room for, from the latest or from the oldest on, and the first of them
 * in any case. Each counts with what it repeats of who sent it. `each` takes that much more.
 */
export function roomFor(messages: string, first: 'latest' | 'oldest', each: RawBuilder<unknown> = sql`0`) {
  const from = sql.raw(messages)
  return sql`(select * from (
    select r.*, sum(r.room) over (order by r.id ${first === 'latest' ? sql`desc` : sql`asc`}) - r.room as taken from (
      select p.*, ${sql.lit(BARE)} + ${each} + coalesce(octet_length(p.content), 0)
        + coalesce(octet_length(p.content_attributes::text), 0) + coalesce(s.room, 0) as room
      from ${from} p left join (select ct.id, least(octet_length(ct.custom_attributes::text), ${sql.lit(AMONG_OTHERS)})
          + least(octet_length(ct.additional_attributes::text), ${sql.lit(AMONG_OTHERS)}) as room
        from contacts ct where ct.id in (select sender_id from ${from} where sender_type = 'Contact')) s
        on s.id = p.sender_id and p.sender_type = 'Contact') r) t
    where t.taken < ${sql.lit(ROOM)})`
}

/** The latest of the messages that a condition over `m` (and `c`, their conversation) finds, oldest first: as many as an answer has room for. One statement. */
export async function selectLatest(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  claim: Claim | null,
): Promise<MessageView[]> {
  const each = claim ? sizeOf(claim.said).bytes : 0
  const messages = await select(
    db,
    messageRows(where),
    sourcesOf('page'),
    roomFor('page', 'latest', sql`${each}::integer`),
  )
  return messages.sort((a, b) => milliseconds(a.created_at) - milliseconds(b.created_at) || a.id - b.id)
}

/** Those that such a condition finds, ready to be pushed. */
export function selectPushedMessages(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  orderAndLimit?: RawBuilder<unknown>,
): Promise<PushedMessageView[]> {
  const sources = { ...sourcesOf('page'), conversations: sql`select conversation_id from page` }
  return select(db, messageRows(where, orderAndLimit), sources)
}

async function select(
  db: Kysely<DB>,
  page: RawBuilder<unknown>,
  sources: PictureSources,
  shown: RawBuilder<unknown> = sql`page`,
): Promise<PushedMessageView[]> {
  const rows = await runPrepared(
    db,
    sql<PictureColumns & { page: PlacedMessage[] | null }>`
    with page as materialized (${page})
    select (select json_agg(shown) from ${shown} shown) as page, ${pictureColumns(sql`(select account_id from page limit 1)`, sources)}`,
  )
  return completeMessages(rows[0]!.page ?? [], picturesOf(rows[0]!))
}

export function completeMessages(rows: PlacedMessage[], pictures: Pictures): PushedMessageView[] {
  return withPictures(rows, pictures).map((row) => {
    const conversation = pictures.conversations.get(row.conversation_id)
    return Object.assign(row, {
      contact_source_id: conversation?.source_id ?? null,
      unread_count: conversation?.unread_count ?? 0,
    })
  })
}

/** Puts those who sent, and the files, beside the rows' own columns. */
export function withPictures<Message extends ShownRow>(
  rows: Message[],
  pictures: Pictures,
): (Message & Surroundings)[] {
  return rows.map((row) => {
    const { sender_type: type, sender_id: id } = row
    return Object.assign(row, {
      user: (type === 'User' && pictures.users.get(id!)) || null,
      contact: (type === 'Contact' && pictures.contacts.get(id!)) || null,
      bot: (type === 'AgentBot' && pictures.bots.get(id!)) || null,
      attachments: pictures.attachments.get(row.id) ?? null,
    })
  })
}

export async function findMessage(db: Kysely<DB>, id: number): Promise<MessageView | undefined> {
  return (await select(db, messageRows(sql`m.id = ${id}`), sourcesOf('page')))[0]
}

/** A message that was just written. Where it has no files and its sender is known, nothing has to be read. */
export async function pictureMessage(
  db: Kysely<DB>,
  row: PlacedMessage,
  { hasFiles, sender }: { hasFiles: boolean; sender?: { user: UserPicture } | { contact: ContactPicture } | undefined },
): Promise<ShownMessage> {
  if (sender && !hasFiles) return { ...row, user: null, contact: null, bot: null, attachments: null, ...sender }
  const senderOf = (type: string) => sql`select ${row.sender_type === type ? row.sender_id : null}::integer`
  const rows = await runPrepared(
    db,
    sql<PictureColumns>`select ${pictureColumns(sql`${row.account_id}::integer`, {
      users: senderOf('User'),
      contacts: senderOf('Contact'),
      bots: senderOf('AgentBot'),
      messages: sql`select ${row.id}::integer`,
    })}`,
  )
  return withPictures([row], picturesOf(rows[0]!))[0]!
}
