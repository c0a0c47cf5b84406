import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'
import { invalidField, NotFoundError, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { about, told, updateConversation, type ConversationRecord } from '../conversations/conversation.model.ts'
import { reopenForIncoming } from '../conversations/reopen.model.ts'
import { saveAttachments, type AttachmentInput } from './attachment.model.ts'
import { checkItems, resolveReply } from './content-attributes.ts'
import { renderContent } from './liquid.ts'
import type { MessageRow as StoredMessage } from './message.query.ts'
import { contentTypeNumber, MESSAGE_TYPES, type ContentType, type MessageType } from './message.presenter.ts'
import { answerWithTemplates, mayAnswerItself } from './templates.model.ts'

export const INCOMING = 0
export const OUTGOING = 1
export const ACTIVITY = 2
export const TEMPLATE = 3
export const MAX_CONTENT = 150_000

export interface Sender {
  type: 'User' | 'Contact' | 'AgentBot'
  id: number
}

export interface NewMessage {
  content?: string | null
  message_type: MessageType
  sender: Sender | null
  private?: boolean
  content_type?: ContentType
  content_attributes?: Record<string, any>
  additional_attributes?: Record<string, any>
  source_id?: string | null
  echo_id?: string | null
  attachments?: AttachmentInput[]
  /** Written by a rule or a campaign, not by a person: it is no first reply. */
  automated?: boolean
}

/** The row as it was written, and how the contact stood before. */
export interface WrittenMessage extends StoredMessage {
  created_at: Date
  contact_active_before: Date | null
  contact_updated_before: Date | null
}

/**
 * Writes a message and everything that follows at once: the conversation reopens, its clocks move, the contact was active,
 * the inbox may answer. What may wait (notifications, mentions) is a job of the same transaction.
 */
export async function createMessage(
  ctx: Context,
  conversation: ConversationRecord,
  message: NewMessage,
): Promise<WrittenMessage> {
  const type = MESSAGE_TYPES.indexOf(message.message_type)
  const isPrivate = message.private ?? false
  checkContent(message.content)
  const contentType = message.content_type ?? 'text'
  const attributes = { ...message.content_attributes }
  checkItems(contentType, attributes)
  await resolveReply(ctx, conversation, attributes)
  const rendered = type === OUTGOING || type === TEMPLATE
  const content = rendered ? await renderContent(ctx, conversation, message) : (message.content ?? null)

  const written = await insertMessage(ctx, conversation, {
    type,
    isPrivate,
    content,
    content_type: contentTypeNumber(contentType),
    attributes,
    sender: message.sender,
    source_id: message.source_id ?? null,
    additional_attributes: message.additional_attributes ?? {},
  })
  if (message.attachments?.length) await saveAttachments(ctx, conversation.account_id, written.id, message.attachments)

  if (type === INCOMING && !isPrivate) await reopenForIncoming(ctx, conversation)
  await touchConversation(ctx, conversation, message, written)
  if (type === INCOMING && mayAnswerItself(conversation)) await answerWithTemplates(ctx, conversation)
  return written
}

async function touchConversation(
  ctx: Context,
  conversation: ConversationRecord,
  message: NewMessage,
  written: WrittenMessage,
): Promise<void> {
  const { sender } = message
  const at = written.created_at
  const isPublicReply = written.message_type === OUTGOING && !written.private
  const isHuman = isPublicReply && sender?.type === 'User' && !message.automated
  const isFirstReply = isHuman && conversation.first_reply_created_at === null
  const base = {
    ...about(conversation),
    message_id: written.id,
    message_type: written.message_type,
    private: written.private,
    ...(message.echo_id !== undefined && message.echo_id !== null && { echo_id: message.echo_id }),
  }

  conversation.last_activity_at = at
  ctx.emit('message.created', {
    ...base,
    follow_up: mayFollowUp(conversation, message, written),
  })
  if (isFirstReply) ctx.emit('first.reply.created', base)
  if (written.message_type === INCOMING && conversation.waiting_since === null) {
    await updateConversation(ctx, conversation, { waiting_since: at })
  } else if (isHuman || (isPublicReply && sender?.type === 'AgentBot')) {
    await updateConversation(ctx, conversation, {
      ...(isFirstReply && { first_reply_created_at: at }),
      waiting_since: null,
    })
  }
  if (sender?.type === 'Contact' && written.contact_updated_before) {
    ctx.emit('contact.updated', {
      account_id: conversation.account_id,
      contact_id: sender.id,
      changes: {
        updated_at: [told(written.contact_updated_before), told(at)],
        last_activity_at: [told(written.contact_active_before), told(at)],
      },
    })
  }
}

interface MessageColumns {
  type: number
  isPrivate: boolean
  content: string | null
  content_type: number
  attributes: Record<string, any>
  sender: Sender | null
  source_id: string | null
  additional_attributes: Record<string, any>
}

/**
 * The message and what it touches by being written, in one statement. The pace is seen in one index entry: the message
 * that is the limit's distance back.
 */
async function insertMessage(ctx: Context, conversation: ConversationRecord, message: MessageColumns): Promise<WrittenMessage> {
  const { sender, type } = message
  const pace = ctx.app.config.messagesPerMinute - 1
  const { rows } = await sql<Omit<WrittenMessage, keyof ConversationBits>>`
    with hurried as (
      select 1 from (select created_at from messages where conversation_id = ${conversation.id} order by id desc
        offset ${pace} limit 1) back where back.created_at > clock_timestamp() - interval '1 minute' and ${type !== ACTIVITY}
    ), m as (
      insert into messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at, private,
        status, source_id, content_type, content_attributes, sender_type, sender_id, additional_attributes,
        processed_message_content, external_source_ids, sentiment)
      select ${message.content}::text, ${conversation.account_id}::integer, ${conversation.inbox_id}::integer,
        ${conversation.id}::integer, ${type}::integer, now, now, ${message.isPrivate}::boolean, 0, ${message.source_id}::text,
        ${message.content_type}::integer, ${JSON.stringify(message.attributes)}::json, ${sender?.type ?? null}::text,
        ${sender?.id ?? null}::bigint, ${JSON.stringify(message.additional_attributes)}::jsonb, ${message.content}::text, '{}', '{}'
      from (select clock_timestamp()::timestamp as now) clock where not exists (select from hurried)
      returning *
    ), touched as (
      update conversations c set last_activity_at = m.created_at from m where c.id = m.conversation_id
    ), contact as (
      select id, last_activity_at, updated_at from contacts where id = ${sender?.type === 'Contact' ? sender.id : null}::integer for update
    ), met as (
      update contacts ct set last_activity_at = m.created_at, updated_at = m.created_at from contact, m where ct.id = contact.id
    )
    select m.id, m.content, m.account_id, m.inbox_id, m.conversation_id, m.message_type, m.created_at, m.updated_at, m.private,
      m.status, m.source_id, m.content_type, m.content_attributes, m.sender_type, m.sender_id, m.external_source_ids,
      m.additional_attributes, m.processed_message_content, m.sentiment,
      contact.last_activity_at as contact_active_before, contact.updated_at as contact_updated_before
    from m left join contact on true`.execute(ctx.db)
  if (!rows[0]) throw new RecordInvalidError([['base', 'Too many messages']])
  return {
    ...rows[0],
    display_id: conversation.display_id,
    conversation_uuid: conversation.uuid,
    assignee_id: conversation.assignee_id,
    conversation_last_activity_at: rows[0].created_at,
  }
}

type ConversationBits = Pick<StoredMessage, 'display_id' | 'conversation_uuid' | 'assignee_id' | 'conversation_last_activity_at'>

/** Whether the job that notifies and mentions can find anything to do. */
function mayFollowUp(conversation: ConversationRecord, message: NewMessage, written: WrittenMessage): boolean {
  if (written.message_type === ACTIVITY || written.message_type === TEMPLATE) return false
  const others = [conversation.assignee_id, ...conversation.participant_ids].some(
    (id) => id !== null && !(message.sender?.type === 'User' && message.sender.id === id),
  )
  const mentions = written.private && (message.content?.includes('mention://') ?? false)
  return others || mentions
}

function checkContent(content: string | null | undefined): void {
  if (content && content.length > MAX_CONTENT) {
    throw invalidField('content', `is too long (maximum is ${MAX_CONTENT} characters)`)
  }
}

/** A message of a conversation that was entered by its door. */
export async function accessMessage(ctx: Context, conversation: { id: number }, id: number): Promise<MessageRow> {
  const { rows } = await sql<MessageRow>`
    select id, conversation_id, content, message_type, private, status, content_type, content_attributes, updated_at,
      processed_message_content, source_id, created_at, sender_type, sender_id
    from messages where conversation_id = ${conversation.id} and id = ${id}
    ${ctx.db.isTransaction ? sql`for update` : sql``}`.execute(ctx.db)
  if (!rows[0]) throw new NotFoundError()
  return rows[0]
}

export interface MessageRow {
  id: number
  conversation_id: number
  content: string | null
  message_type: number
  private: boolean
  status: number
  content_type: number
  content_attributes: Record<string, any> | string | null
  updated_at: Date
  created_at: Date
  processed_message_content: string | null
  source_id: string | null
  sender_type: string | null
  sender_id: number | null
}

export interface MessageChanges {
  content?: string | null
  status?: number
  content_type?: number
  content_attributes?: Record<string, any>
  processed_message_content?: string | null
}

/** Writes what differs and says it; nothing is said when nothing differs. */
export async function updateMessage(
  ctx: Context,
  conversation: Pick<ConversationRecord, 'id' | 'account_id' | 'inbox_id'>,
  message: MessageRow,
  wanted: MessageChanges,
): Promise<void> {
  const set: Record<string, unknown> = {}
  const changes: Record<string, [unknown, unknown]> = {}
  for (const [column, value] of Object.entries(wanted)) {
    const before = message[column as keyof MessageRow] ?? null
    if (JSON.stringify(before) === JSON.stringify(value)) continue
    set[column] = column === 'content_attributes' ? JSON.stringify(value) : value
    changes[column] = [before, value]
  }
  if (!Object.keys(set).length) return
  const updatedAt = ctx.app.now()
  await ctx.db.updateTable('messages').set({ ...set, updated_at: updatedAt }).where('id', '=', message.id).execute()
  changes.updated_at = [told(message.updated_at), told(updatedAt)]
  Object.assign(message, wanted, { updated_at: updatedAt })
  ctx.emit('message.updated', {
    account_id: conversation.account_id,
    inbox_id: conversation.inbox_id,
    conversation_id: conversation.id,
    message_id: message.id,
    message_type: message.message_type,
    private: message.private,
    changes,
  })
}

export function requireIncomingInbox(conversation: ConversationRecord, type: MessageType): void {
  if (type === 'incoming' && conversation.channel_type !== 'Channel::Api') {
    throw unprocessable('Incoming messages are only allowed in Api inboxes')
  }
}

