import { sql } from 'kysely'
import { listed } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { contentAttributes, MESSAGE_STATUSES } from './message.presenter.ts'
import { RefusedError } from '../../http/errors.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { accessMessage, updateMessage } from './message.model.ts'
import { MESSAGE_COLUMNS, type MessageRow } from './message.query.ts'

const SENT = 0
const DELIVERED = 1
const READ = 2
export const FAILED = 3

/** What the channel says became of a message. Steps back from read to delivered, and unknown names, change nothing. */
export async function setMessageStatus(
  ctx: Context,
  conversation: { id: number; account_id: number; inbox_id: number },
  message: MessageRow,
  status: string | null | undefined,
  externalError: string | null | undefined,
): Promise<void> {
  const number = MESSAGE_STATUSES.indexOf(status as (typeof MESSAGE_STATUSES)[number])
  if (number < 0 || (message.status === READ && number === DELIVERED)) return
  await updateMessage(ctx, conversation, message, {
    status: number,
    content_attributes: {
      ...contentAttributes(message),
      external_error: number === FAILED ? (externalError ?? null) : null,
    },
  })
}

export async function setStatusFromChannel(
  ctx: Context,
  conversation: ConversationRecord,
  messageId: number,
  body: { status?: string | null; external_error?: string | null },
): Promise<void> {
  if (conversation.channel_type !== 'Channel::Api') {
    throw new RefusedError(403, { error: 'Message status update is only allowed for API inboxes' })
  }
  const message = await accessMessage(ctx, conversation, messageId, { lock: true })
  await setMessageStatus(ctx, conversation, message, body.status, body.external_error)
}

/** The inbox's webhook did not take it. */
export async function markMessageFailed(ctx: Context, messageId: number, problem: string): Promise<void> {
  const message = await loadRow(ctx, messageId)
  if (!message) return
  await updateMessage(ctx, { ...message, id: message.conversation_id }, message, {
    status: FAILED,
    content_attributes: { ...contentAttributes(message), external_error: problem },
  })
}

/** It got through at a later try; unless something else has happened to it since, it has not failed any more. */
export async function markMessageDelivered(ctx: Context, messageId: number, problem: string | null): Promise<void> {
  const message = await loadRow(ctx, messageId)
  if (message?.status !== FAILED || contentAttributes(message).external_error !== problem) return
  const { external_error: _, ...attributes } = contentAttributes(message)
  await updateMessage(ctx, { ...message, id: message.conversation_id }, message, {
    status: SENT,
    content_attributes: attributes,
  })
}

/** The conversation is locked before the message, as everywhere: both change. */
async function loadRow(ctx: Context, id: number): Promise<MessageRow | undefined> {
  const rows = await runPrepared(
    ctx.db,
    sql<MessageRow>`
    with place as materialized (select c.id from conversations c join messages m on m.conversation_id = c.id
      where m.id = ${id} for update of c)
    select ${listed(MESSAGE_COLUMNS)}
    from messages where id = ${id} and conversation_id = (select id from place) for update`,
  )
  return rows[0]
}

/** The visitor has seen the conversation: what was sent to them until then is read. */
export async function markMessagesRead(
  ctx: Context,
  payload: { conversation_id: number; until: string },
): Promise<void> {
  const rows = await runPrepared(
    ctx.db,
    sql<MessageRow>`
    select ${listed(MESSAGE_COLUMNS)}
    from messages where conversation_id = (select id from conversations where id = ${payload.conversation_id} for update)
      and message_type <> 0 and status in (${SENT}, ${DELIVERED})
      and created_at <= ${new Date(payload.until)} order by id for update`,
  )
  for (const message of rows) {
    await updateMessage(ctx, { ...message, id: message.conversation_id }, message, { status: READ })
  }
}
