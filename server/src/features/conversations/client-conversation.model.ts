import { sql } from 'kysely'
import type { Context, VisitorContext } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { unix } from '../../lib/times.ts'
import type { Visitor } from '../../vocabulary/visitor.ts'
import { presentContactRow } from '../contacts/contact.presenter.ts'
import { presentPublicMessage } from '../messages/message.presenter.ts'
import { OLDEST_FIRST, selectMessages, type MessageView } from '../messages/message.query.ts'
import { updateConversation } from './conversation.model.ts'
import { selectRecords } from './access.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { CONVERSATION_STATUSES } from './conversation.presenter.ts'
import { openConversation } from './create.model.ts'

/** What a visitor reaches: the conversations of this contact inbox; proven by HMAC, all of the contact's. */
function scopeOf({ contact_inbox: place, contact, inbox }: Visitor, isWhole = place.hmac_verified) {
  return isWhole
    ? sql`c.contact_id = ${contact.id} and c.account_id = ${inbox.account_id}`
    : sql`c.contact_inbox_id = ${place.id}`
}

export async function accessClientConversation(
  ctx: VisitorContext,
  displayId: number,
  isWhole?: boolean,
): Promise<ConversationRecord> {
  const [conversation] = await selectRecords(ctx, sql`${scopeOf(ctx.visitor, isWhole)} and c.display_id = ${displayId}`)
  if (!conversation) throw new NotFoundError()
  return conversation
}

/**
 * For its messages: all of the contact's are reached by who ever gave a proof. In Chatwoot by anybody, even one who only said an
 * e-mail address (Public::Api::V1::InboxesController).
 */
export function accessConversationForMessages(ctx: VisitorContext, displayId: number): Promise<ConversationRecord> {
  return accessClientConversation(ctx, displayId, ctx.visitor.has_proven)
}

export function openByVisitor(
  ctx: VisitorContext,
  customAttributes: Record<string, unknown> | null | undefined,
): Promise<ConversationRecord> {
  const { inbox, contact, contact_inbox: place } = ctx.visitor
  return openConversation(ctx, {
    account_id: inbox.account_id,
    inbox_id: inbox.id,
    contact_id: contact.id,
    contact_inbox_id: place.id,
    ...(customAttributes && { custom_attributes: customAttributes }),
  })
}

/** At once the time; the messages seen become "read" in a job. */
export async function seenByVisitor(ctx: Context, conversation: ConversationRecord): Promise<void> {
  const now = ctx.app.now()
  await updateConversation(ctx, conversation, { contact_last_seen_at: now })
  ctx.later('messages.mark_read', { conversation_id: conversation.id, until: now.toISOString() })
}

export async function listClientConversations(ctx: VisitorContext) {
  const conversations = await selectRecords(ctx, scopeOf(ctx.visitor), sql`order by c.id`)
  const messages = await publicMessages(ctx, conversations.map((conversation) => conversation.id))
  return conversations.map((conversation) => present(ctx, conversation, messages))
}

export async function showClientConversation(ctx: VisitorContext, conversation: ConversationRecord) {
  return present(ctx, conversation, await publicMessages(ctx, [conversation.id]))
}

/** All that visitors may see of them, in one statement. */
async function publicMessages(ctx: Context, conversationIds: number[]): Promise<MessageView[]> {
  if (!conversationIds.length) return []
  const where = sql`m.conversation_id = any(${conversationIds}::integer[]) and m.message_type <> 2 and not m.private`
  return selectMessages(ctx.db, where, OLDEST_FIRST)
}

function present(ctx: VisitorContext, conversation: ConversationRecord, messages: MessageView[]) {
  return {
    id: conversation.display_id,
    uuid: conversation.uuid,
    inbox_id: conversation.inbox_id,
    contact_last_seen_at: unix(conversation.contact_last_seen_at),
    status: CONVERSATION_STATUSES[conversation.status],
    agent_last_seen_at: unix(conversation.agent_last_seen_at),
    messages: messages
      .filter((message) => message.conversation_id === conversation.id)
      .map((message) => presentPublicMessage(ctx.app, message)),
    contact: presentContactRow(ctx.visitor.contact),
  }
}
