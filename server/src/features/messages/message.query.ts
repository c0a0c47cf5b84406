import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { DB } from '../../db/schema.ts'
import { attachmentsJson, botJson, contactJson, unreadCount, userJson } from '../pictures.sql.ts'
import type { AvatarBlob, BotPicture, UserPicture } from '../users/user.presenter.ts'

/** A message with all that any picture of it needs. */
export interface MessageView {
  id: number
  content: string | null
  account_id: number
  inbox_id: number
  conversation_id: number
  message_type: number
  created_at: Date
  updated_at: Date
  private: boolean
  status: number
  source_id: string | null
  content_type: number
  content_attributes: Record<string, any> | string | null
  sender_type: 'User' | 'Contact' | 'AgentBot' | 'Captain::Assistant' | null
  sender_id: number | null
  external_source_ids: Record<string, unknown> | null
  additional_attributes: Record<string, unknown> | null
  processed_message_content: string | null
  sentiment: Record<string, unknown> | null
  display_id: number
  conversation_uuid: string
  assignee_id: number | null
  conversation_last_activity_at: Date
  contact_source_id: string | null
  unread_count: number
  user: UserPicture | null
  contact: ContactPicture | null
  bot: BotPicture | null
  attachments: AttachmentView[] | null
}

export interface ContactPicture {
  id: number
  name: string | null
  email: string | null
  phone_number: string | null
  identifier: string | null
  blocked: boolean
  additional_attributes: Record<string, unknown> | null
  custom_attributes: Record<string, unknown> | null
  last_activity_at: string | Date | null
  created_at: string | Date
  account_id: number
  avatar?: AvatarBlob | null
}

export interface AttachmentView {
  id: number
  message_id: number
  file_type: number
  account_id: number
  external_url: string | null
  coordinates_lat: number | null
  coordinates_long: number | null
  fallback_title: string | null
  extension: string | null
  meta: Record<string, unknown> | null
  blob: { id: number; filename: string; content_type: string | null; byte_size: number; metadata: string | null } | null
}

/** The messages that a condition over `m` (and `c`, their conversation) finds, in the order asked for. */
export async function selectMessages(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  orderAndLimit: RawBuilder<unknown> = sql``,
): Promise<MessageView[]> {
  const { rows } = await sql<MessageView>`
    select m.id, m.content, m.account_id, m.inbox_id, m.conversation_id, m.message_type, m.created_at, m.updated_at,
      m.private, m.status, m.source_id, m.content_type, m.content_attributes, m.sender_type, m.sender_id,
      m.external_source_ids, m.additional_attributes, m.processed_message_content, m.sentiment,
      c.display_id, c.uuid as conversation_uuid, c.assignee_id, c.last_activity_at as conversation_last_activity_at,
      (select source_id from contact_inboxes ci where ci.id = c.contact_inbox_id) as contact_source_id,
      ${unreadCount('c')} as unread_count,
      case m.sender_type when 'User' then ${userJson(sql`m.sender_id`, sql`m.account_id`)} end as user,
      case m.sender_type when 'Contact' then ${contactJson(sql`m.sender_id`)} end as contact,
      case m.sender_type when 'AgentBot' then ${botJson(sql`m.sender_id`)} end as bot,
      ${attachmentsJson(sql`m.id`)} as attachments
    from messages m join conversations c on c.id = m.conversation_id
    where ${where} ${orderAndLimit}`.execute(db)
  return rows
}

export async function findMessage(db: Kysely<DB>, id: number): Promise<MessageView | undefined> {
  return (await selectMessages(db, sql`m.id = ${id}`))[0]
}
