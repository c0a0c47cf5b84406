import type { Context } from '../../context/context.ts'
import { updateConversation } from './conversation.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { OPEN, PENDING, RESOLVED, SNOOZED } from './conversation.presenter.ts'

/** An incoming message wakes a snoozed conversation and reopens a resolved one, unless its contact is blocked. */
export async function reopenForIncoming(ctx: Context, conversation: ConversationRecord): Promise<void> {
  if (conversation.contact_blocked) return
  if (conversation.status === SNOOZED) {
    await updateConversation(ctx, conversation, { status: OPEN })
  } else if (conversation.status === RESOLVED) {
    await updateConversation(
      ctx,
      conversation,
      { status: conversation.has_active_bot ? PENDING : OPEN },
      { byContact: true },
    )
  }
}
