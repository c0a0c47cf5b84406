import { sql } from 'kysely'
import type { Lock } from '../../db/lock.ts'
import { prepared } from '../../db/prepared.ts'
import type { Changes } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { about, sayWhatChanged, told } from '../conversations/conversation.model.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { reopenForIncoming } from '../conversations/reopen.model.ts'
import { saveAttachments } from './attachment.model.ts'
import { checkItems, resolveReply } from './content-attributes.ts'
import { renderMessage } from './liquid.model.ts'
import { MESSAGE_COLUMNS, type MessageRow as StoredMessage } from './message.query.ts'
import { contentTypeNumber, MESSAGE_TYPES, type MessageType } from './message.presenter.ts'
import type { MessageChanges, MessageRow, NewMessage, Sender, WrittenMessage } from './message.record.ts'

export const INCOMING = 0
export const OUTGOING = 1
export const ACTIVITY = 2
export const TEMPLATE = 3
export const MAX_CONTENT = 150_000
const MAX_TEXT = 20_000

/**
 * Writes a message and everything that follows at once: the conversation reopens, its clocks move, the contact was active.
 * What may wait (notifications, mentions) is a job of the same transaction.
 */
export async function writeMessage(
  ctx: Context,
  conversation: ConversationRecord,
  message: NewMessage,
): Promise<WrittenMessage> {
  const type = MESSAGE_TYPES.indexOf(message.message_type)
  const isPrivate = message.private ?? false
  checkTexts(message)
  const contentType = message.content_type ?? 'text'
  const attributes = { ...message.content_attributes }
  checkItems(contentType, attributes)
  await resolveReply(ctx, conversation, attributes)
  const rendered = type === OUTGOING || type === TEMPLATE ? await renderMessage(ctx, conversation, message) : message

  const effect = effectOf(conversation, message, type, isPrivate)
  const written = await insertMessage(ctx, conversation, effect, {
    type,
    isPrivate,
    content: rendered.content ?? null,
    content_type: contentTypeNumber(contentType),
    attributes,
    sender: message.sender,
    source_id: message.source_id ?? null,
    additional_attributes: rendered.additional_attributes ?? {},
  })
  if (message.attachments?.length) await saveAttachments(ctx, conversation, written.id, message.attachments)

  if (type === INCOMING && !isPrivate) await reopenForIncoming(ctx, conversation)
  sayWhatFollows(ctx, conversation, { message, written, effect })
  return written
}

/** What a message does to the clocks of its conversation. */
interface Effect {
  waiting: 'begins' | 'ends' | null
  isFirstReply: boolean
}

function effectOf(conversation: ConversationRecord, { sender, automated }: NewMessage, type: number, isPrivate: boolean): Effect {
  const isPublicReply = type === OUTGOING && !isPrivate
  const isHuman = isPublicReply && sender?.type === 'User' && !automated
  const isWaiting = conversation.waiting_since !== null
  const begins = type === INCOMING && !isWaiting
  const ends = isWaiting && (isHuman || (isPublicReply && sender?.type === 'AgentBot'))
  return {
    waiting: begins ? 'begins' : ends ? 'ends' : null,
    isFirstReply: isHuman && conversation.first_reply_created_at === null,
  }
}

function sayWhatFollows(
  ctx: Context,
  conversation: ConversationRecord,
  { message, written, effect: { waiting, isFirstReply } }: { message: NewMessage; written: WrittenMessage; effect: Effect },
): void {
  const at = written.created_at
  const base = {
    ...about(conversation),
    message_id: written.id,
    message_type: written.message_type,
    private: written.private,
    ...(message.echo_id !== undefined && message.echo_id !== null && { echo_id: message.echo_id }),
  }
  ctx.emit('message.created', { ...base, follow_up: mayFollowUp(conversation, message, written) })
  if (isFirstReply) ctx.emit('first.reply.created', base)

  const set = {
    ...(isFirstReply && { first_reply_created_at: at }),
    ...(waiting && { waiting_since: waiting === 'begins' ? at : null }),
  }
  if (Object.keys(set).length) {
    const changes: Changes = {}
    for (const [column, value] of Object.entries({ ...set, updated_at: at })) {
      changes[column] = [told(conversation[column as keyof typeof set]), told(value)]
    }
    Object.assign(conversation, set)
    sayWhatChanged(ctx, conversation, changes)
  }
  Object.assign(conversation, { last_activity_at: at, updated_at: at })
  if (message.sender?.type === 'Contact' && written.contact_updated_before) {
    ctx.emit('contact.updated', {
      account_id: conversation.account_id,
      contact_id: message.sender.id,
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

interface Insertion {
  pace: number
  content: string | null
  account_id: number
  inbox_id: number
  conversation_id: number
  type: number
  private: boolean
  source_id: string | null
  content_type: number
  attributes: string
  sender_type: string | null
  sender_id: number | null
  additional_attributes: string
  waiting: string | null
  first_reply: boolean
}

type Inserted = Omit<WrittenMessage, keyof ConversationBits>

/**
 * The message and what it touches by being written, in one statement. The pace is seen in one index entry: the message
 * that is the limit's distance back.
 */
function insertion(byContact: boolean) {
  const contact = sql`, contact as (
      select id, last_activity_at, updated_at from contacts where id = (select sender_id from m) for update
    ), met as (
      update contacts ct set last_activity_at = m.created_at, updated_at = m.created_at from contact, m where ct.id = contact.id
    )`
  return prepared<Insertion, Inserted>(
    (value) => sql`
    with hurried as (
      select 1 from (select created_at from messages where conversation_id = ${value.conversation_id} order by id desc
        offset ${value.pace} limit 1) back where back.created_at > clock_timestamp() - interval '1 minute'
        and ${value.type} <> ${ACTIVITY}
    ), m as (
      insert into messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at, private,
        status, source_id, content_type, content_attributes, sender_type, sender_id, additional_attributes,
        processed_message_content, external_source_ids, sentiment)
      select ${value.content}::text, ${value.account_id}::integer, ${value.inbox_id}::integer,
        ${value.conversation_id}::integer, ${value.type}::integer, now, now, ${value.private}::boolean, 0, ${value.source_id}::text,
        ${value.content_type}::integer, ${value.attributes}::json, ${value.sender_type}::text,
        ${value.sender_id}::bigint, ${value.additional_attributes}::jsonb, ${value.content}::text, '{}', '{}'
      from (select clock_timestamp()::timestamp as now) clock where not exists (select from hurried)
      returning *
    ), touched as (
      update conversations c set last_activity_at = m.created_at,
        waiting_since = case ${value.waiting}::text when 'begins' then m.created_at when 'ends' then null else c.waiting_since end,
        first_reply_created_at = case when ${value.first_reply}::boolean then m.created_at else c.first_reply_created_at end,
        updated_at = m.created_at
      from m where c.id = m.conversation_id
    )${byContact ? contact : sql``}
    select ${MESSAGE_COLUMNS}, m.account_id, m.inbox_id,
      ${byContact ? sql`contact.last_activity_at` : sql`null::timestamp`} as contact_active_before,
      ${byContact ? sql`contact.updated_at` : sql`null::timestamp`} as contact_updated_before
    from m ${byContact ? sql`left join contact on true` : sql``}`,
  )
}

const insertions = { byContact: insertion(true), byOthers: insertion(false) }

async function insertMessage(
  ctx: Context,
  conversation: ConversationRecord,
  { waiting, isFirstReply }: Effect,
  message: MessageColumns,
): Promise<WrittenMessage> {
  const { sender } = message
  const [row] = await insertions[sender?.type === 'Contact' ? 'byContact' : 'byOthers'](ctx.db, {
    pace: ctx.app.config.messagesPerMinute - 1,
    content: message.content,
    account_id: conversation.account_id,
    inbox_id: conversation.inbox_id,
    conversation_id: conversation.id,
    type: message.type,
    private: message.isPrivate,
    source_id: message.source_id,
    content_type: message.content_type,
    attributes: JSON.stringify(message.attributes),
    sender_type: sender?.type ?? null,
    sender_id: sender?.id ?? null,
    additional_attributes: JSON.stringify(message.additional_attributes),
    waiting,
    first_reply: isFirstReply,
  })
  if (!row) throw new RecordInvalidError([['base', 'Too many messages']])
  return {
    ...row,
    display_id: conversation.display_id,
    conversation_uuid: conversation.uuid,
    assignee_id: conversation.assignee_id,
    conversation_last_activity_at: row.created_at,
  }
}

type ConversationBits = Pick<
  StoredMessage,
  'display_id' | 'conversation_uuid' | 'assignee_id' | 'conversation_last_activity_at'
>

/** Whether the job that notifies and mentions can find anything to do. */
function mayFollowUp(conversation: ConversationRecord, message: NewMessage, written: WrittenMessage): boolean {
  if (written.message_type === ACTIVITY || written.message_type === TEMPLATE) return false
  const others = [conversation.assignee_id, ...conversation.participant_ids].some(
    (id) => id !== null && !(message.sender?.type === 'User' && message.sender.id === id),
  )
  const mentions = written.private && (message.content?.includes('mention://') ?? false)
  return others || mentions
}

function checkTexts({ content, source_id: sourceId }: NewMessage): void {
  const [first] = lengthProblems({ content, source_id: sourceId }, { content: MAX_CONTENT, source_id: MAX_TEXT })
  if (first) throw new RecordInvalidError([first])
}

/** A message of a conversation that was entered by its door. */
export async function accessMessage(ctx: Context, conversation: { id: number }, id: number, { lock = false }: Lock = {}): Promise<MessageRow> {
  const { rows } = await sql<MessageRow>`
    select id, conversation_id, content, message_type, private, status, content_type, content_attributes, updated_at,
      processed_message_content, source_id, created_at, sender_type, sender_id
    from messages where conversation_id = ${conversation.id} and id = ${id}
    ${lock ? sql`for update` : sql``}`.execute(ctx.db)
  if (!rows[0]) throw new NotFoundError()
  return rows[0]
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
  await ctx.db
    .with('touched', (db) =>
      db.updateTable('conversations').set({ updated_at: updatedAt }).where('id', '=', conversation.id),
    )
    .updateTable('messages')
    .set({ ...set, updated_at: updatedAt })
    .where('id', '=', message.id)
    .execute()
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
