import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Changes } from '../../vocabulary/events.ts'
import type { AccountContext, Context } from '../../context/context.ts'
import { invalidField, NotAuthorizedError, NotFoundError, unprocessable } from '../../http/errors.ts'
import { readTime } from '../../lib/times.ts'
import { isWebAddress } from '../../lib/web-address.ts'
import { tellClaim } from '../contacts/claim.model.ts'
import { trustsClaims } from '../contacts/claim.presenter.ts'
import { createContactInbox } from '../contacts/contact-inbox.model.ts'
import { newMessageOf, type MessageFields } from '../messages/message-body.model.ts'
import { requireIncomingInbox } from '../messages/message.model.ts'
import { createMessage } from '../messages/create-message.model.ts'
import { pickFrom } from './assignment.model.ts'
import { nextAssignee } from './auto-assignment.model.ts'
import { idsOf } from './conversation.model.ts'
import { loadConversation, recordsBy } from './access.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { CONVERSATION_STATUSES, OPEN, PENDING, RESOLVED, type ConversationStatus } from './conversation.presenter.ts'
import { checkAttributes } from './custom-attributes.ts'
import { mayOpenInbox } from './visibility.query.ts'

export interface NewConversation {
  account_id: number
  inbox_id: number
  contact_id: number
  contact_inbox_id: number
  status?: number
  additional_attributes?: Record<string, any>
  custom_attributes?: Record<string, any>
  assignee_id?: number | null
  team_id?: number | null
  snoozed_until?: string | null
}

/**
 * The one way a conversation comes to be: the newest of the contact inbox where the inbox keeps to a single one, else a new
 * one, whose status a blocked contact and an active bot decide.
 */
export async function openConversation(ctx: Context, fields: NewConversation): Promise<ConversationRecord> {
  const custom = fields.custom_attributes ?? {}
  const additional = { ...fields.additional_attributes }
  checkAttributes('custom_attributes', custom)
  checkAttributes('additional_attributes', additional)
  if ('referer' in additional && !isWebAddress(additional.referer)) additional.referer = null
  const places = await runPrepared(
    ctx.db,
    sql<Place>`
    select i.lock_to_single_conversation as locked, i.enable_auto_assignment, coalesce(ct.blocked, false) as blocked,
      exists (select 1 from agent_bot_inboxes b where b.inbox_id = i.id and b.status = 0) as has_active_bot,
      (select claimed from parley.claims cl where cl.contact_inbox_id = ci.id) as claimed
    from contact_inboxes ci join inboxes i on i.id = ci.inbox_id join contacts ct on ct.id = ci.contact_id
    where ci.id = ${fields.contact_inbox_id} for update of ci`,
  )
  const place = places[0]!
  const newest = place.locked ? await newestOf(ctx, fields.contact_inbox_id) : undefined
  if (newest) return newest
  const status = place.blocked ? RESOLVED : place.has_active_bot ? PENDING : (fields.status ?? OPEN)
  const wanted = { ...fields, assignee_id: fields.assignee_id ?? null }
  const assigneeId =
    status === OPEN && place.enable_auto_assignment ? await nextAssignee(ctx, wanted) : wanted.assignee_id
  const rows = await runPrepared(
    ctx.db,
    sql<{ id: number }>`
    insert into conversations (account_id, inbox_id, contact_id, contact_inbox_id, status, assignee_id, team_id,
      snoozed_until, additional_attributes, custom_attributes, created_at, updated_at, waiting_since, last_activity_at, display_id)
    select ${fields.account_id}::integer, ${fields.inbox_id}::integer, ${fields.contact_id}::bigint, ${fields.contact_inbox_id}::bigint, ${status}::integer,
      ${assigneeId}::integer, ${fields.team_id ?? null}::bigint, ${fields.snoozed_until ?? null}::timestamp,
      ${JSON.stringify(additional)}::jsonb, ${JSON.stringify(custom)}::jsonb, now, now, now, now, 0
    from (select clock_timestamp()::timestamp as now) clock returning id`,
  )
  const conversation = (await loadConversation(ctx, rows[0]!.id))!
  ctx.emit('conversation.created', idsOf(conversation))
  sayWhoseItIs(ctx, conversation)
  if (place.claimed !== null && !trustsClaims(ctx.app)) tellClaim(ctx, conversation, place.claimed)
  return conversation
}

/** A conversation that is given to somebody at birth is told like an assignment, but for its conversation.updated. */
function sayWhoseItIs(ctx: Context, conversation: ConversationRecord): void {
  const { assignee_id: assigneeId, team_id: teamId } = conversation
  const changes: Changes = {
    ...(assigneeId !== null && { assignee_id: [null, assigneeId] }),
    ...(teamId !== null && { team_id: [null, teamId] }),
  }
  const event = { ...idsOf(conversation), changes }
  if (changes.assignee_id) ctx.emit('assignee.changed', event)
  if (changes.team_id) ctx.emit('team.changed', event)
  if (ctx.performer && (assigneeId !== null || teamId !== null)) {
    ctx.later('conversations.write_activities', { ...event, performer: ctx.performer })
  }
}

interface Place {
  locked: boolean
  enable_auto_assignment: boolean
  blocked: boolean
  has_active_bot: boolean
  claimed: string | null
}

/** In a statement of its own, after the lock: one opened meanwhile is seen only by what begins later. */
async function newestOf(ctx: Context, contactInboxId: number): Promise<ConversationRecord | undefined> {
  const [newest] = await newestBy(true)(ctx.db, { contact_inbox_id: contactInboxId })
  return newest
}

const newestBy = recordsBy<{ contact_inbox_id: number }>(
  (asked) => sql`c.contact_inbox_id = ${asked.contact_inbox_id}`,
  {
    orderAndLimit: sql`order by c.id desc limit 1`,
  },
)

interface CreateBody {
  source_id?: string
  inbox_id?: number
  contact_id?: number
  additional_attributes?: Record<string, any>
  custom_attributes?: Record<string, any>
  status?: ConversationStatus
  snoozed_until?: string
  assignee_id?: number | null
  team_id?: number | null
  hmac_verified?: boolean
  message?: MessageFields
}

/** As an agent or a bot opens one: for a contact of an inbox, or by the source id a contact has there. */
export async function createConversation(ctx: AccountContext, body: CreateBody): Promise<ConversationRecord> {
  const place = await contactInboxOf(ctx, body)
  const team = body.team_id ? await teamWith(ctx, body.team_id, body.assignee_id ?? null) : null
  const inbox = { account_id: ctx.account.id, inbox_id: place.inbox_id }
  const conversation = await openConversation(ctx, {
    ...inbox,
    contact_id: place.contact_id,
    contact_inbox_id: place.id,
    ...(body.status && { status: CONVERSATION_STATUSES.indexOf(body.status) }),
    ...(body.additional_attributes && { additional_attributes: body.additional_attributes }),
    ...(body.custom_attributes && { custom_attributes: body.custom_attributes }),
    assignee_id: team && !team.has_assignee ? await pickFrom(ctx, inbox, team) : await memberOf(ctx, body.assignee_id),
    team_id: team?.id ?? null,
    snoozed_until: timeOf(body.snoozed_until),
  })
  if (body.message && Object.keys(body.message).length) {
    const message = await newMessageOf(ctx, conversation, body.message)
    requireIncomingInbox(conversation, message.message_type)
    await createMessage(ctx, conversation, message)
  }
  return conversation
}

interface ContactInboxPlace {
  id: number
  inbox_id: number
  contact_id: number
  may_open: boolean
}

async function contactInboxOf(ctx: AccountContext, body: CreateBody): Promise<ContactInboxPlace> {
  const place =
    body.inbox_id && body.contact_id ? await madeForContact(ctx, body) : await foundBySource(ctx, body.source_id)
  if (!place) throw new NotFoundError()
  if (!place.may_open) throw new NotAuthorizedError()
  return place
}

async function madeForContact(ctx: AccountContext, body: CreateBody): Promise<ContactInboxPlace | undefined> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ may_open: boolean }>`
    select ${mayOpenInbox(ctx, sql`i.id`)} as may_open from inboxes i join contacts ct on ct.account_id = i.account_id
    where i.id = ${body.inbox_id} and ct.id = ${body.contact_id} and i.account_id = ${ctx.account.id}`,
  )
  if (!rows[0]) return undefined
  const place = await createContactInbox(ctx, {
    contactId: body.contact_id!,
    inboxId: body.inbox_id!,
    ...(body.source_id !== undefined && { sourceId: body.source_id }),
    ...(body.hmac_verified !== undefined && { hmacVerified: body.hmac_verified }),
    onTaken: () => unprocessable('source_id should be unique'),
  })
  return { ...place, ...rows[0] }
}

/** Within the account only, where Chatwoot looks through the whole installation. */
async function foundBySource(
  ctx: AccountContext,
  sourceId: string | undefined,
): Promise<ContactInboxPlace | undefined> {
  if (!sourceId) return undefined
  const rows = await runPrepared(
    ctx.db,
    sql<ContactInboxPlace>`
    select ci.id, ci.inbox_id, ci.contact_id, ${mayOpenInbox(ctx, sql`i.id`)} as may_open from contact_inboxes ci join inboxes i on i.id = ci.inbox_id
    where ci.source_id = ${sourceId} and i.account_id = ${ctx.account.id} order by ci.id limit 1`,
  )
  return rows[0]
}

async function teamWith(ctx: AccountContext, teamId: number, assigneeId: number | null) {
  const rows = await runPrepared(
    ctx.db,
    sql<{ id: number; allow_auto_assign: boolean | null; has_assignee: boolean }>`
    select t.id, t.allow_auto_assign, exists (select 1 from team_members tm where tm.team_id = t.id and tm.user_id = ${assigneeId}) as has_assignee
    from teams t where t.id = ${teamId} and t.account_id = ${ctx.account.id}`,
  )
  return rows[0] ?? null
}

async function memberOf(ctx: AccountContext, userId: number | null | undefined): Promise<number | null> {
  if (!userId) return null
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('account_users')
      .select('id')
      .where('account_id', '=', ctx.account.id)
      .where('user_id', '=', userId),
  )
  return rows.length ? userId : null
}

function timeOf(text: string | undefined): string | null {
  // Seconds are for toggle_status; here they would be a year far away.
  if (text && /^\s*\d+\s*$/.test(text)) throw invalidField('snoozed_until', 'must be an ISO 8601 time')
  return (text && readTime(text)?.toISOString()) || null
}

export async function destroyConversation(ctx: Context, conversation: ConversationRecord): Promise<void> {
  ctx.later('conversations.destroy', { account_id: conversation.account_id, conversation_id: conversation.id })
}
