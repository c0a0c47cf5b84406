import { sql } from 'kysely'
import type { Lock } from '../../db/lock.ts'
import { prepared, runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { idsOf, emitChanges, toJson } from '../conversations/conversation.model.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { reopenForIncoming } from '../conversations/reopen.model.ts'
import { saveAttachments } from './attachment.model.ts'
import { checkItems, resolveReply } from './content-attributes.ts'
import { renderMessage } from './liquid.model.ts'
import { contactChanges, effectOf, type Clocks, type Effect } from './effect.ts'
import { MESSAGE_COLUMNS, type MessageRow } from './message.query.ts'
import { notifyOfMessage } from './notify.model.ts'
import { findMessagePlace, paceOf } from './place.query.ts'
import { contentTypeNumber, MESSAGE_TYPES, type MessageType } from './message.presenter.ts'
import type { ContactBefore, MessageChanges, NewMessage, WrittenMessage } from './message.record.ts'

const INCOMING = 0
const OUTGOING = 1
export const ACTIVITY = 2
const TEMPLATE = 3
const MAX_CONTENT = 150_000
const MAX_TEXT = 20_000

/**
 * Writes a message and everything that follows: the conversation reopens, its clocks move, the contact was active, people
 * are notified. What does not wait for an answer leaves together.
 */
export async function writeMessage(
  ctx: Context,
  conversation: ConversationRecord,
  message: NewMessage,
): Promise<WrittenMessage> {
  const type = MESSAGE_TYPES.indexOf(message.message_type)
  checkTexts(message)
  const contentType = message.content_type ?? 'text'
  const attributes = { ...message.content_attributes }
  checkItems(contentType, attributes)
  await resolveReply(ctx, conversation, attributes)
  const rendered = type === OUTGOING || type === TEMPLATE ? await renderMessage(ctx, conversation, message) : message

  const at = ctx.app.now()
  const id = await takePlace(ctx, conversation, type, at)
  const { sender } = message
  const contact = sender?.type === 'Contact' ? (sender.before ?? (await lockContact(ctx.db, sender))[0]) : undefined
  const effect = effectOf(conversation, message, at)
  const row: WrittenMessage = {
    id,
    content: rendered.content ?? null,
    account_id: conversation.account_id,
    inbox_id: conversation.inbox_id,
    conversation_id: conversation.id,
    message_type: type,
    created_at: at,
    updated_at: at,
    private: message.private ?? false,
    status: 0,
    source_id: message.source_id ?? null,
    content_type: contentTypeNumber(contentType),
    content_attributes: attributes,
    sender_type: sender?.type ?? null,
    sender_id: sender?.id ?? null,
    external_source_ids: {},
    additional_attributes: rendered.additional_attributes ?? {},
    processed_message_content: rendered.content ?? null,
    sentiment: {},
    display_id: conversation.display_id,
    conversation_uuid: conversation.uuid,
    assignee_id: conversation.assignee_id,
    conversation_last_activity_at: at,
  }
  ctx.behind(
    insertMessage(ctx.db, {
      ...row,
      content_attributes: JSON.stringify(attributes),
      additional_attributes: JSON.stringify(row.additional_attributes),
    }),
  )
  ctx.behind(moveClocks(ctx.db, { id: conversation.id, ...effect.clocks }))
  if (contact) ctx.behind(meetContact(ctx.db, { id: sender!.id, at }))
  if (message.attachments?.length) await saveAttachments(ctx, conversation, id, message.attachments)
  Object.assign(conversation, effect.clocks)
  await sayAndNotify(ctx, conversation, { message, row, effect, contact })
  return row
}

/** The id of the next message; the one that the conversation was entered for is known already. */
async function takePlace(ctx: Context, conversation: ConversationRecord, type: number, at: Date): Promise<number> {
  const [place] = conversation.next_message
    ? [conversation.next_message]
    : await findMessagePlace(ctx.db, { conversation_id: conversation.id, ...paceOf(ctx, at) })
  delete conversation.next_message
  if (place!.is_hurried && type !== ACTIVITY) throw new RecordInvalidError([['base', 'Too many messages']])
  return place!.next_message_id
}

interface Said {
  message: NewMessage
  row: WrittenMessage
  effect: Effect
  contact: ContactBefore | undefined
}

async function sayAndNotify(
  ctx: Context,
  conversation: ConversationRecord,
  { message, row, effect: { changes, isFirstReply }, contact }: Said,
): Promise<void> {
  const isIncoming = row.message_type === INCOMING
  if (isIncoming && !row.private) await reopenForIncoming(ctx, conversation)
  const base = {
    ...idsOf(conversation),
    message_id: row.id,
    message_type: row.message_type,
    private: row.private,
    ...(message.echo_id !== undefined && message.echo_id !== null && { echo_id: message.echo_id }),
  }
  ctx.emit('message.created', base)
  if (isFirstReply) ctx.emit('first.reply.created', base)
  if (Object.keys(changes).length) emitChanges(ctx, conversation, changes)
  if (contact) {
    const about = { account_id: conversation.account_id, contact_id: message.sender!.id }
    ctx.emit('contact.updated', { ...about, changes: contactChanges(contact, row.created_at) })
  }
  if (isIncoming || row.message_type === OUTGOING) await notifyOfMessage(ctx, conversation, { message, row })
}

const insertMessage = prepared<
  Record<
    | 'id'
    | 'content'
    | 'account_id'
    | 'inbox_id'
    | 'conversation_id'
    | 'message_type'
    | 'created_at'
    | 'private'
    | 'source_id'
    | 'content_type'
    | 'content_attributes'
    | 'sender_type'
    | 'sender_id'
    | 'additional_attributes',
    unknown
  >,
  never
>(
  (value) => sql`
    insert into messages (id, content, processed_message_content, account_id, inbox_id, conversation_id, message_type, created_at,
      updated_at, private, status, source_id, content_type, content_attributes, sender_type, sender_id, additional_attributes,
      external_source_ids, sentiment)
    values (${value.id}, ${value.content}, ${value.content}, ${value.account_id}, ${value.inbox_id}, ${value.conversation_id},
      ${value.message_type}, ${value.created_at}, ${value.created_at}, ${value.private}, 0, ${value.source_id},
      ${value.content_type}, ${value.content_attributes}, ${value.sender_type}, ${value.sender_id},
      ${value.additional_attributes}, '{}', '{}')`,
)

const moveClocks = prepared<Clocks & { id: number }, never>(
  (value) => sql`
    update conversations set last_activity_at = ${value.last_activity_at}, updated_at = ${value.updated_at},
      waiting_since = ${value.waiting_since}, first_reply_created_at = ${value.first_reply_created_at}
    where id = ${value.id}`,
)

const lockContact = prepared<{ id: number }, ContactBefore>(
  (value) => sql`select last_activity_at, updated_at from contacts where id = ${value.id} for no key update`,
)

const meetContact = prepared<{ id: number; at: Date }, never>(
  (value) => sql`update contacts set last_activity_at = ${value.at}, updated_at = ${value.at} where id = ${value.id}`,
)

function checkTexts({ content, source_id: sourceId }: NewMessage): void {
  const [first] = lengthProblems({ content, source_id: sourceId }, { content: MAX_CONTENT, source_id: MAX_TEXT })
  if (first) throw new RecordInvalidError([first])
}

/** A message of a conversation that was entered by its door. */
export async function accessMessage(
  ctx: Context,
  conversation: { id: number },
  id: number,
  { lock = false }: Lock = {},
): Promise<MessageRow> {
  const asked = ctx.db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .$narrowType<MessageRow>()
    .where('conversation_id', '=', conversation.id)
    .where('id', '=', id)
  const rows = await runPrepared(ctx.db, lock ? asked.forUpdate() : asked)
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
  changes.updated_at = [toJson(message.updated_at), toJson(updatedAt)]
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
