import type { Context } from '../../http/context.ts'
import { updateConversation, type ConversationRecord } from './conversation.model.ts'
import { OPEN, PENDING, RESOLVED, SNOOZED } from './conversation.presenter.ts'

/** An incoming message wakes a snoozed conversation and reopens a resolved one, unless its contact is blocked. */
export async function reopenForIncoming(ctx: Context, conversation: ConversationRecord): Promise<void> {
  if (conversation.contact_blocked) return
  if (conversation.status === SNOOZED) {
    await updateConversation(ctx, conversation, { status: OPEN })
  } else if (conversation.status === RESOLVED) {
    await updateConversation(ctx, conversation, { status: conversation.has_active_bot ? PENDING : OPEN })
    if (!conversation.has_active_bot && conversation.channel_type === 'Channel::Api') {
      ctx.later('conversations.write_activity', {
        conversation_id: conversation.id,
        content: 'System reopened the conversation due to a new incoming message.',
      })
    }
  }
}
