import { sql } from 'kysely'
import type { Context, UserContext } from '../../context/context.ts'
import { MissingParamError } from '../../http/errors.ts'
import { translate } from '../../lib/translate.ts'
import { updateContact } from '../contacts/contact.model.ts'
import { loadContactRow } from '../contacts/contact.query.ts'
import { checkAttributes } from './custom-attributes.ts'
import { updateConversation } from './conversation.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { PRIORITIES, RESOLVED, type Priority } from './conversation.presenter.ts'
import { runPrepared } from '../../db/prepared.ts'

const HOUR = 3_600_000

export async function setPriority(
  ctx: Context,
  conversation: ConversationRecord,
  priority: Priority | null | undefined,
): Promise<void> {
  await updateConversation(ctx, conversation, { priority: priority ? PRIORITIES.indexOf(priority) : null })
}

export async function replaceAttributes(
  ctx: Context,
  conversation: ConversationRecord,
  attributes: Record<string, unknown> | null | undefined,
) {
  if (!attributes) throw new MissingParamError('custom_attributes')
  checkAttributes('custom_attributes', attributes)
  await updateConversation(ctx, conversation, { custom_attributes: attributes })
  return { custom_attributes: attributes }
}

/** Resolves, and blocks the contact wherever they write. */
export async function muteConversation(ctx: UserContext, conversation: ConversationRecord): Promise<void> {
  await setBlocked(ctx, conversation, true)
  await updateConversation(ctx, conversation, { status: RESOLVED })
  tellMuted(ctx, conversation, 'activity.muted')
}

export async function unmuteConversation(ctx: UserContext, conversation: ConversationRecord): Promise<void> {
  await setBlocked(ctx, conversation, false)
  tellMuted(ctx, conversation, 'activity.unmuted')
}

async function setBlocked(ctx: Context, conversation: ConversationRecord, blocked: boolean): Promise<void> {
  const contact = await loadContactRow(ctx, conversation.contact_id, { lock: true })
  if (contact) await updateContact(ctx, contact, { blocked })
  conversation.contact_blocked = blocked
}

function tellMuted(
  ctx: UserContext,
  conversation: ConversationRecord,
  key: 'activity.muted' | 'activity.unmuted',
): void {
  ctx.later('conversations.write_activity', {
    conversation_id: conversation.id,
    content: translate(conversation.account_locale, key, { name: ctx.user.name }),
  })
}

/**
 * At once when there is something new since the caller last looked; otherwise once an hour. The assignee has a mark of
 * their own beside the one all agents share. Looking is no change of the conversation: its updated_at stays.
 */
export async function updateLastSeen(ctx: UserContext, conversation: ConversationRecord): Promise<void> {
  const isAssignee = conversation.assignee_id === ctx.user.id
  const seen = isAssignee ? conversation.assignee_last_seen_at : conversation.agent_last_seen_at
  const now = ctx.app.now()
  const marks = [conversation.agent_last_seen_at, ...(isAssignee ? [conversation.assignee_last_seen_at] : [])]
  const isOld = marks.some((mark) => !mark || now.getTime() - mark.getTime() > HOUR)
  if (!isOld && !(await hasMessageAfter(ctx, conversation.id, seen))) return
  await runPrepared(
    ctx.db,
    ctx.db
      .updateTable('conversations')
      .set({ agent_last_seen_at: now, ...(isAssignee && { assignee_last_seen_at: now }) })
      .where('id', '=', conversation.id),
  )
}

async function hasMessageAfter(ctx: Context, conversationId: number, seen: Date | null): Promise<boolean> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('messages')
      .select('created_at')
      .where('conversation_id', '=', conversationId)
      .orderBy('id', 'desc')
      .limit(1),
  )
  return rows.length > 0 && (!seen || rows[0]!.created_at > seen)
}

/** One second before the visitor's last message; nothing where they never wrote. */
export async function markUnread(ctx: Context, conversation: ConversationRecord): Promise<void> {
  await runPrepared(
    ctx.db,
    sql`update conversations set (agent_last_seen_at, assignee_last_seen_at) = (
        select max(created_at) - interval '1 second', max(created_at) - interval '1 second' from messages
        where conversation_id = ${conversation.id} and account_id = ${conversation.account_id} and message_type = 0)
    where id = ${conversation.id}`,
  )
}
