import type { Context } from '../../context/context.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { writeMessage } from './message.model.ts'
import type { NewMessage, WrittenMessage } from './message.record.ts'
import { answerWithTemplates, mayAnswerItself } from './templates.model.ts'

/** Writes a message, to which the inbox may have something to say by itself. */
export async function createMessage(
  ctx: Context,
  conversation: ConversationRecord,
  message: NewMessage,
): Promise<WrittenMessage> {
  const written = await writeMessage(ctx, conversation, message)
  if (message.message_type === 'incoming' && mayAnswerItself(conversation)) await answerWithTemplates(ctx, conversation)
  return written
}
