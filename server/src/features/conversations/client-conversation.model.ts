import { sql } from 'kysely'
import type { Context, VisitorContext } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { unix } from '../../lib/times.ts'
import { messageShownTo, shownTo } from '../contacts/claim.presenter.ts'
import { presentContactRow } from '../contacts/contact.presenter.ts'
import { presentPublicMessage } from '../messages/message.presenter.ts'
import { OLDEST_FIRST, selectMessages, type MessageView } from '../messages/message.query.ts'
import { updateConversation } from './conversation.model.ts'
import { messagePlace, paceOf, type MessagePlace, type Pace } from '../messages/place.query.ts'
import { AROUND, RECORD_COLUMNS, recordsBy, withPlace } from './access.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { CONVERSATION_STATUSES } from './conversation.presenter.ts'
import { openConversation } from './create.model.ts'
import { byForm, prepared, type Slots } from '../../db/prepared.ts'
import type { Lock } from '../../db/lock.ts'
import type { Visitor } from '../../vocabulary/visitor.ts'

interface Scope {
  account_id: number
  contact_id: number
  contact_inbox_id: number
}

/** What a visitor reaches: the conversations of this contact inbox; proven by HMAC, all of the contact's. */
function scopeOf({ contact_inbox: place, contact, inbox }: Visitor): Scope {
  return { account_id: inbox.account_id, contact_id: contact.id, contact_inbox_id: place.id }
}

function isWithin(asked: Slots<Scope>, isWhole: boolean) {
  return isWhole
    ? sql`c.contact_id = ${asked.contact_id} and c.account_id = ${asked.account_id}`
    : sql`c.contact_inbox_id = ${asked.contact_inbox_id}`
}

const door = byForm((isWhole: boolean) =>
  recordsBy<Scope & { display_id: number }>(
    (asked) => sql`${isWithin(asked, isWhole)} and c.display_id = ${asked.display_id}`,
  ),
)
const all = byForm((isWhole: boolean) =>
  recordsBy<Scope>((asked) => isWithin(asked, isWhole), { orderAndLimit: sql`order by c.id` }),
)

export async function accessClientConversation(
  ctx: VisitorContext,
  displayId: number,
  { lock = false, isWhole = ctx.visitor.contact_inbox.hmac_verified }: Lock & { isWhole?: boolean } = {},
): Promise<ConversationRecord> {
  const [conversation] = await door(isWhole)(lock)(ctx.db, { ...scopeOf(ctx.visitor), display_id: displayId })
  if (!conversation) throw new NotFoundError()
  return conversation
}

/**
 * For its messages: all of the contact's are reached by who ever gave a proof. In Chatwoot by anybody, even one who only said an
 * e-mail address (Public::Api::V1::InboxesController).
 */
export function accessConversationForMessages(
  ctx: VisitorContext,
  displayId: number,
  { lock = false }: Lock = {},
): Promise<ConversationRecord> {
  return accessClientConversation(ctx, displayId, { lock, isWhole: ctx.visitor.has_proven })
}

/** The same, to write a message in it. */
export async function accessConversationForVisitorMessage(
  ctx: VisitorContext,
  displayId: number,
): Promise<ConversationRecord> {
  const asked = { ...scopeOf(ctx.visitor), display_id: displayId, ...paceOf(ctx, ctx.app.now()) }
  const [conversation] = await doorForMessage(ctx.visitor.has_proven)(ctx.db, asked)
  if (!conversation) throw new NotFoundError()
  return withPlace(conversation)
}

const doorForMessage = byForm((isWhole: boolean) =>
  prepared<Scope & Pace & { display_id: number }, ConversationRecord & MessagePlace>(
    (asked) => sql`
      with c as materialized (select * from conversations c
        where ${isWithin(asked, isWhole)} and c.display_id = ${asked.display_id} for update)
      select ${RECORD_COLUMNS}, ${messagePlace(asked)} from c ${AROUND}`,
  ),
)

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
  const conversations = await all(ctx.visitor.contact_inbox.hmac_verified)(false)(ctx.db, scopeOf(ctx.visitor))
  const messages = await publicMessages(
    ctx,
    conversations.map((conversation) => conversation.id),
  )
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
  const { claim, contact } = ctx.visitor
  return {
    id: conversation.display_id,
    uuid: conversation.uuid,
    inbox_id: conversation.inbox_id,
    contact_last_seen_at: unix(conversation.contact_last_seen_at),
    status: CONVERSATION_STATUSES[conversation.status],
    agent_last_seen_at: unix(conversation.agent_last_seen_at),
    messages: messages
      .filter((message) => message.conversation_id === conversation.id)
      .map((message) => presentPublicMessage(ctx.app, messageShownTo(ctx.app, claim, message))),
    contact: presentContactRow(shownTo(ctx.app, claim, contact)),
  }
}
