import type { Context } from '../../context/context.ts'
import { NotFoundError, unprocessable } from '../../http/errors.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { removeAttachments } from './attachment.model.ts'
import { accessMessage, updateMessage } from './message.model.ts'
import type { MessageRow } from './message.query.ts'
import { translate } from '../../lib/translate.ts'

/** A mark stays in its place, for agents and visitors alike. */
export async function deleteMessage(
  ctx: Context,
  conversation: ConversationRecord,
  message: MessageRow,
): Promise<void> {
  await removeAttachments(ctx, message.id)
  const content = translate(conversation.account_locale, 'message.deleted')
  await updateMessage(ctx, conversation, message, {
    content,
    processed_message_content: content,
    content_type: 0,
    content_attributes: { deleted: true },
  })
}

/** Forgets what went wrong; the change is told again to the channel's webhook. */
export async function retryMessage(ctx: Context, conversation: ConversationRecord, id: number): Promise<void> {
  const message = await accessMessage(ctx, conversation, id, { lock: true }).catch((error: unknown) => {
    throw error instanceof NotFoundError ? unprocessable(`Couldn't find Message with 'id'=${id}`) : error
  })
  await updateMessage(ctx, conversation, message, { status: 0, content_attributes: {} })
}
