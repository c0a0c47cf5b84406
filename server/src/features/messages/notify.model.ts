import type { Context } from '../../context/context.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { mentionPeople } from '../mentions/mention.model.ts'
import { createNotifications, type Receiver } from '../notifications/notification.model.ts'
import type { NewMessage, WrittenMessage } from './message.record.ts'

/** Who has to hear of a message: those named in a note, then the assignee, then those who watch. Each once, by the first of these. */
export async function notifyOfMessage(
  ctx: Context,
  conversation: ConversationRecord,
  { message, row }: { message: NewMessage; row: WrittenMessage },
): Promise<void> {
  const authorId = message.sender?.type === 'User' ? message.sender.id : null
  const mentioned = row.private ? await mentionPeople(ctx, conversation, { content: row.content, authorId }) : []
  const receivers: Receiver[] = []
  const add = (id: number | null, type: Receiver['type']) => {
    const isTold = id === null || id === authorId || receivers.some((receiver) => receiver.user_id === id)
    if (!isTold) receivers.push({ user_id: id, type })
  }
  for (const id of mentioned) add(id, 'conversation_mention')
  add(conversation.assignee_id, 'assigned_conversation_new_message')
  for (const id of conversation.participant_ids) add(id, 'participating_conversation_new_message')
  await createNotifications(ctx, conversation, receivers, row.id)
}
