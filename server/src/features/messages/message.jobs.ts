import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { loadConversation } from '../conversations/access.model.ts'
import { mentionPeople } from '../mentions/mention.model.ts'
import { createNotifications } from '../notifications/notification.model.ts'

interface Told {
  content: string | null
  private: boolean
  sender_type: string | null
  sender_id: number | null
}

/** Who has to hear of a message: those named in a note, then the assignee, then those who watch. Each once, by the first of these. */
export async function followUpMessage(ctx: Context, data: EventData<'message.created'>): Promise<void> {
  const rows = await runPrepared(ctx.db, sql<Told>`
    select content, private, sender_type, sender_id from messages where id = ${data.message_id}`)
  const message = rows[0]
  const conversation = message && (await loadConversation(ctx, data.conversation_id, { lock: true }))
  if (!message || !conversation) return
  const authorId = message.sender_type === 'User' ? message.sender_id : null
  const mentioned = message.private ? await mentionPeople(ctx, conversation, { content: message.content, authorId }) : []
  const { assignee_id: assigneeId } = conversation
  const others = (ids: (number | null)[]) => ids.filter((id) => id !== null && id !== authorId) as number[]
  const about = { messageId: data.message_id }
  await createNotifications(ctx, conversation, { ...about, type: 'conversation_mention', userIds: mentioned })
  await createNotifications(ctx, conversation, {
    ...about,
    type: 'assigned_conversation_new_message',
    userIds: others([assigneeId]),
  })
  await createNotifications(ctx, conversation, {
    ...about,
    type: 'participating_conversation_new_message',
    userIds: others(conversation.participant_ids.filter((id) => id !== assigneeId)),
  })
}
