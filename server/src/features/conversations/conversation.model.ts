import { sql, type RawBuilder } from 'kysely'
import { isDeepStrictEqual } from 'node:util'
import { prepared } from '../../db/prepared.ts'
import type { Changes } from '../../events/types.ts'
import type { Context } from '../../http/context.ts'
import { NotAuthorizedError, NotFoundError } from '../../http/errors.ts'
import { assignInTurn } from './auto-assignment.model.ts'
import { OPEN, RESOLVED, SNOOZED } from './conversation.presenter.ts'

/** What models work on: the row, and what they must know of its inbox and contact. */
export interface ConversationRecord {
  id: number
  account_id: number
  inbox_id: number
  display_id: number
  uuid: string
  status: number
  priority: number | null
  assignee_id: number | null
  assignee_agent_bot_id: number | null
  team_id: number | null
  contact_id: number
  contact_inbox_id: number
  campaign_id: number | null
  created_at: Date
  updated_at: Date
  last_activity_at: Date
  contact_last_seen_at: Date | null
  agent_last_seen_at: Date | null
  assignee_last_seen_at: Date | null
  first_reply_created_at: Date | null
  waiting_since: Date | null
  snoozed_until: Date | null
  additional_attributes: Record<string, any>
  custom_attributes: Record<string, any>
  cached_label_list: string | null
  inbox_name: string
  channel_type: string
  enable_auto_assignment: boolean
  enable_email_collect: boolean
  greeting_enabled: boolean
  greeting_message: string | null
  working_hours_enabled: boolean
  out_of_office_message: string | null
  timezone: string | null
  csat_survey_enabled: boolean
  csat_config: Record<string, any>
  contact_name: string | null
  contact_email: string | null
  contact_blocked: boolean
  has_active_bot: boolean
  participant_ids: number[]
  /** The language of what the server writes here, by Chatwoot's number. */
  account_locale: number | null
}

type Row = ConversationRecord & { caller_is_member: boolean }

const RECORD_COLUMNS = sql`c.id, c.account_id, c.inbox_id, c.display_id, c.uuid, c.status, c.priority, c.assignee_id,
  c.assignee_agent_bot_id, c.team_id, c.contact_id, c.contact_inbox_id, c.campaign_id, c.created_at, c.updated_at,
  c.last_activity_at, c.contact_last_seen_at, c.agent_last_seen_at, c.assignee_last_seen_at, c.first_reply_created_at,
  c.waiting_since, c.snoozed_until, coalesce(c.additional_attributes, '{}') as additional_attributes,
  coalesce(c.custom_attributes, '{}') as custom_attributes, c.cached_label_list, i.name as inbox_name, i.channel_type,
  i.enable_auto_assignment, i.enable_email_collect, i.greeting_enabled, i.greeting_message, i.working_hours_enabled, i.out_of_office_message,
  i.timezone, i.csat_survey_enabled, i.csat_config, ct.name as contact_name,
  ct.email as contact_email, coalesce(ct.blocked, false) as contact_blocked,
  exists (select 1 from agent_bot_inboxes b where b.inbox_id = c.inbox_id and b.status = 0) as has_active_bot,
  array(select user_id::integer from conversation_participants p where p.conversation_id = c.id) as participant_ids,
  (select locale from accounts a where a.id = c.account_id) as account_locale`

/** The conversation of a display id, for those who may see it: members of its inbox or team, administrators, bots. */
export async function accessConversation(ctx: Context, displayId: number): Promise<ConversationRecord> {
  const door = doors[ctx.db.isTransaction ? 'locking' : 'reading']
  const [conversation] = await door(ctx.db, {
    account_id: ctx.account.id,
    display_id: displayId,
    user_id: callerId(ctx),
  })
  return checkAccess(ctx, conversation)
}

const LOCK = sql`for update of c`
const doors = { locking: door(LOCK), reading: door(sql``) }

function door(lock: RawBuilder<unknown>) {
  return prepared<{ account_id: number; display_id: number; user_id: number }, Row>((asked) =>
    recordsWhere(
      sql`c.account_id = ${asked.account_id} and c.display_id = ${asked.display_id}`,
      isMember(asked.user_id),
      lock,
    ),
  )
}

/** The two halves of that door, for a statement that reads what lies behind it at once. */
export function isMember(userId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`(exists (select 1 from inbox_members im where im.inbox_id = c.inbox_id and im.user_id = ${userId})
    or exists (select 1 from team_members tm where tm.team_id = c.team_id and tm.user_id = ${userId}))`
}

export function checkAccess<Found extends { caller_is_member: boolean }>(
  ctx: Context,
  conversation: Found | undefined,
): Found {
  if (!conversation) throw new NotFoundError()
  if (ctx.caller.kind === 'user' && !ctx.isAdministrator && !conversation.caller_is_member)
    throw new NotAuthorizedError()
  return conversation
}

export function callerId(ctx: Context): number {
  return ctx.caller.kind === 'user' ? ctx.caller.user.id : 0
}

/** For work that nobody asked for by an id of theirs: jobs, deliveries. */
export async function loadConversation(ctx: Context, id: number): Promise<ConversationRecord | undefined> {
  return (await selectRecords(ctx, sql`c.id = ${id}`))[0]
}

/** A condition over `c`. In a writing transaction the row is locked, so that what changed is told truly. */
export async function selectRecords(
  ctx: Context,
  where: RawBuilder<unknown>,
  orderAndLimit: RawBuilder<unknown> = sql``,
): Promise<Row[]> {
  const end = sql`${orderAndLimit} ${ctx.db.isTransaction ? LOCK : sql``}`
  return (await recordsWhere(where, sql`true`, end).execute(ctx.db)).rows
}

function recordsWhere(
  where: RawBuilder<unknown>,
  callerIsMember: RawBuilder<unknown>,
  end: RawBuilder<unknown>,
): RawBuilder<Row> {
  return sql<Row>`
    select ${RECORD_COLUMNS}, ${callerIsMember} as caller_is_member
    from conversations c join inboxes i on i.id = c.inbox_id left join contacts ct on ct.id = c.contact_id
    where ${where} ${end}`
}

/** Columns a model may set; dates are dates, enums their numbers. */
export interface ConversationChanges {
  status?: number
  priority?: number | null
  assignee_id?: number | null
  assignee_agent_bot_id?: number | null
  team_id?: number | null
  snoozed_until?: Date | null
  custom_attributes?: Record<string, unknown>
  additional_attributes?: Record<string, unknown>
  waiting_since?: Date | null
  first_reply_created_at?: Date | null
  contact_last_seen_at?: Date | null
  agent_last_seen_at?: Date | null
  assignee_last_seen_at?: Date | null
  cached_label_list?: string | null
}

/** A change of any of these is a conversation.updated. */
const TOLD = new Set([
  'team_id',
  'assignee_id',
  'assignee_agent_bot_id',
  'status',
  'snoozed_until',
  'custom_attributes',
  'label_list',
  'waiting_since',
  'first_reply_created_at',
  'priority',
])

interface UpdateOptions {
  labels?: [before: string[], after: string[]]
  /** What the contact did led to it. */
  byContact?: boolean
}

/**
 * Writes what differs, and says it. Resolving ends the waiting; leaving "snoozed" forgets the date; opening looks for an
 * assignee. `labels` are told beside the column that caches them. The record is brought up to date in place.
 */
export async function updateConversation(
  ctx: Context,
  conversation: ConversationRecord,
  wanted: ConversationChanges,
  { labels, byContact = false }: UpdateOptions = {},
): Promise<Changes> {
  const set: Record<string, unknown> = {}
  const changes: Changes = {}
  for (const [column, value] of Object.entries(wanted)) {
    const before = conversation[column as keyof ConversationRecord]
    if (isSame(before, value)) continue
    set[column] = value
    changes[column] = [told(before), told(value)]
  }
  if (labels) changes.label_list = labels
  if (!Object.keys(set).length && !labels) return {}
  if (
    set.status !== undefined &&
    set.status !== SNOOZED &&
    conversation.snoozed_until &&
    set.snoozed_until === undefined
  ) {
    set.snoozed_until = null
    changes.snoozed_until = [told(conversation.snoozed_until), null]
  }
  // Clearing it on resolving is not told.
  if (set.status === RESOLVED) set.waiting_since = null
  const updatedAt = ctx.app.now()
  await ctx.db
    .updateTable('conversations')
    .set({ ...jsonColumns(set), updated_at: updatedAt })
    .where('id', '=', conversation.id)
    .execute()
  changes.updated_at = [told(conversation.updated_at), told(updatedAt)]
  Object.assign(conversation, set, { updated_at: updatedAt })
  sayWhatChanged(ctx, conversation, changes, byContact)
  if (set.status === OPEN && conversation.enable_auto_assignment) await assignInTurn(ctx, conversation)
  return changes
}

export function about(conversation: ConversationRecord) {
  return {
    account_id: conversation.account_id,
    inbox_id: conversation.inbox_id,
    conversation_id: conversation.id,
  }
}

/** Says what was written of a conversation. */
export function sayWhatChanged(
  ctx: Context,
  conversation: ConversationRecord,
  changes: Changes,
  byContact = false,
): void {
  const base = about(conversation)
  if ('status' in changes) {
    ctx.emit('conversation.status_changed', { ...base, changes })
    if (conversation.status === OPEN) ctx.emit('conversation.opened', base)
    if (conversation.status === RESOLVED) ctx.emit('conversation.resolved', base)
  }
  if ('assignee_id' in changes) ctx.emit('assignee.changed', { ...base, changes })
  if ('team_id' in changes) ctx.emit('team.changed', { ...base, changes })
  if ('contact_last_seen_at' in changes) ctx.emit('conversation.read', base)
  if (Object.keys(changes).some((attribute) => TOLD.has(attribute))) {
    ctx.emit('conversation.updated', { ...base, changes, ...(byContact && { by_contact: true }) })
  }
}

function isSame(before: unknown, after: unknown): boolean {
  if (before instanceof Date || after instanceof Date) {
    return (before as Date | null)?.getTime() === (after as Date | null)?.getTime()
  }
  // The database has an order of its own for the keys of a bag.
  return isDeepStrictEqual(before, after)
}

/** JSON of a time is its ISO form, as everywhere. */
export function told(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : (value ?? null)
}

function jsonColumns(set: Record<string, unknown>): Record<string, unknown> {
  const columns = { ...set }
  for (const column of ['custom_attributes', 'additional_attributes']) {
    if (columns[column] !== undefined) columns[column] = JSON.stringify(columns[column])
  }
  return columns
}
