import { sql } from 'kysely'
import type { Context, VisitorContext } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { unix } from '../../lib/times.ts'
import { messageShownTo, shownTo } from '../contacts/claim.presenter.ts'
import { amongOthers, presentContactRow } from '../contacts/contact.presenter.ts'
import { presentPublicMessage } from '../messages/message.presenter.ts'
import { selectLatest, type MessageView } from '../messages/message.query.ts'
import { updateConversation } from './conversation.model.ts'
import { messagePlace, paceOf, type MessagePlace, type Pace } from '../messages/place.query.ts'
import { AROUND, RECORD_COLUMNS, recordsBy, withPlace } from './access.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { CONVERSATION_STATUSES } from './conversation.presenter.ts'
import { openConversation } from './create.model.ts'
import { byForm, prepared, type Slots } from '../../db/prepared.ts'
import type { Lock } from '../../db/lock.ts'
import { columns, listed, type Row } from '../../db/columns.ts'
import type { Visitor } from '../../vocabulary/visitor.ts'

/** The latest are shown. */
const CONVERSATIONS = 100
const MESSAGES = 20

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
const SHOWN_COLUMNS = columns(
  'conversations',
  'id',
  'display_id',
  'uuid',
  'inbox_id',
  'contact_last_seen_at',
  'status',
  'agent_last_seen_at',
)
type ShownConversation = Row<typeof SHOWN_COLUMNS>

const latest = byForm((isWhole: boolean) =>
  prepared<Scope, ShownConversation>(
    (asked) => sql`select ${listed(SHOWN_COLUMNS, 'c')} from conversations c where ${isWithin(asked, isWhole)}
      order by c.id desc limit ${sql.lit(CONVERSATIONS)}`,
  ),
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
  const { visitor } = ctx
  const conversations = (await latest(visitor.contact_inbox.hmac_verified)(ctx.db, scopeOf(visitor))).reverse()
  const messages = await publicMessages(
    ctx,
    conversations.map(({ id }) => id),
  )
  const contact = presentContactRow(shownTo(ctx.app, visitor.claim, visitor.contact))
  const repeated = conversations.length > 1 ? amongOthers(contact) : contact
  return conversations.map((conversation) => present(ctx, conversation, messages, repeated))
}

export async function showClientConversation(ctx: VisitorContext, conversation: ShownConversation) {
  const contact = presentContactRow(shownTo(ctx.app, ctx.visitor.claim, ctx.visitor.contact))
  return present(ctx, conversation, await publicMessages(ctx, [conversation.id]), contact)
}

/** Of each the latest that visitors may see, in one statement; what is older is listed by `messages`. */
async function publicMessages(ctx: VisitorContext, conversationIds: number[]): Promise<MessageView[]> {
  if (!conversationIds.length) return []
  const page = sql`select p.id from unnest(${conversationIds}::integer[]) as asked(id), lateral (select id from messages
    where conversation_id = asked.id and message_type <> 2 and not private order by id desc limit ${MESSAGES}) p`
  return selectLatest(ctx.db, sql`m.id in (${page})`, ctx.visitor.claim)
}

function present(
  ctx: VisitorContext,
  conversation: ShownConversation,
  messages: MessageView[],
  contact: ReturnType<typeof presentContactRow>,
) {
  return {
    id: conversation.display_id,
    uuid: conversation.uuid,
    inbox_id: conversation.inbox_id,
    contact_last_seen_at: unix(conversation.contact_last_seen_at),
    status: CONVERSATION_STATUSES[conversation.status],
    agent_last_seen_at: unix(conversation.agent_last_seen_at),
    messages: messages
      .filter((message) => message.conversation_id === conversation.id)
      .map((message) => presentPublicMessage(ctx.app, messageShownTo(ctx.app, ctx.visitor.claim, message))),
    contact,
  }
}
