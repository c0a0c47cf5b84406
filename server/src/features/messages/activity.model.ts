import type { Context } from '../../context/context.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { writeMessage } from './message.model.ts'

/** A line in the conversation that says what happened to it. Nobody is its sender. */
export async function writeActivity(ctx: Context, conversation: ConversationRecord, content: string): Promise<void> {
  await writeMessage(ctx, conversation, { content, message_type: 'activity', sender: null })
}
