import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { loadConversation } from '../conversations/access.model.ts'
import { PENDING } from '../conversations/conversation.presenter.ts'
import { addParticipants } from '../participants/participant.model.ts'
import { createNotifications } from './notification.model.ts'
import { notificationTypeNumber } from './notification.types.ts'

const CREATION = 1 << (notificationTypeNumber('conversation_creation') - 1)

/** Tells those members of the inbox who asked for it: one statement while nobody did. A bot's conversations wait for it. */
export async function notifyConversationCreated(ctx: Context, data: EventData<'conversation.created'>): Promise<void> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ user_id: number }>`
    select im.user_id from conversations c join inbox_members im on im.inbox_id = c.inbox_id
    join notification_settings ns on ns.account_id = c.account_id and ns.user_id = im.user_id
    where c.id = ${data.conversation_id} and c.status <> ${PENDING} and ((ns.email_flags | ns.push_flags) & ${CREATION}) <> 0
    order by im.user_id`,
  )
  if (!rows.length) return
  const conversation = await loadConversation(ctx, data.conversation_id, { lock: true })
  if (!conversation) return
  const receivers = rows.map((row) => ({ ...row, type: 'conversation_creation' as const }))
  await createNotifications(ctx, conversation, receivers)
}

/** The new assignee takes part from now on, and is told, unless it was their own doing. */
export async function notifyAssigned(
  ctx: Context,
  { conversation_id, changes, performer }: EventData<'assignee.changed'>,
): Promise<void> {
  const assigneeId = changes.assignee_id?.[1] as number | null | undefined
  if (!assigneeId) return
  const conversation = await loadConversation(ctx, conversation_id, { lock: true })
  // Who has lost it again by now is not bothered.
  if (conversation?.assignee_id !== assigneeId) return
  await addParticipants(ctx, conversation, [assigneeId])
  const isOwnDoing = performer?.type === 'user' && performer.id === assigneeId
  if (isOwnDoing || conversation.status === PENDING) return
  await createNotifications(ctx, conversation, [{ user_id: assigneeId, type: 'conversation_assignment' }])
}
