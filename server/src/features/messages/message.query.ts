import { sql, type Kysely, type RawBuilder } from 'kysely'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import {
  pictureColumns,
  picturesOf,
  type PictureColumns,
  type PictureSources,
  type Pictures,
} from '../pictures/pictures.query.ts'
import type { Time } from '../../lib/times.ts'
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

export const OLDEST_FIRST = sql`order by m.created_at, m.id`

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

/** The messages that a condition over `m` (and `c`, their conversation) finds, in the order asked for. One statement. */
export function selectMessages(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  orderAndLimit?: RawBuilder<unknown>,
): Promise<MessageView[]> {
  return select(db, messageRows(where, orderAndLimit), sourcesOf('page'))
}

/** The same, ready to be pushed. */
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
): Promise<PushedMessageView[]> {
  const rows = await runPrepared(
    db,
    sql<PictureColumns & { page: PlacedMessage[] | null }>`
    with page as materialized (${page})
    select (select json_agg(page) from page) as page, ${pictureColumns(sql`(select account_id from page limit 1)`, sources)}`,
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
  return (await selectMessages(db, sql`m.id = ${id}`))[0]
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
