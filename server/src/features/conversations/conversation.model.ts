import { isDeepStrictEqual } from 'node:util'
import type { Changes } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { nextAssignee } from './auto-assignment.model.ts'
import { OPEN, RESOLVED, SNOOZED } from './conversation.presenter.ts'
import type { ConversationRecord } from './conversation.record.ts'

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
    changes[column] = [toJson(before), toJson(value)]
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
    changes.snoozed_until = [toJson(conversation.snoozed_until), null]
  }
  // Clearing it on resolving is not told.
  if (set.status === RESOLVED) set.waiting_since = null
  const updatedAt = ctx.app.now()
  await ctx.db
    .updateTable('conversations')
    .set({ ...jsonColumns(set), updated_at: updatedAt })
    .where('id', '=', conversation.id)
    .execute()
  changes.updated_at = [toJson(conversation.updated_at), toJson(updatedAt)]
  Object.assign(conversation, set, { updated_at: updatedAt })
  emitChanges(ctx, conversation, changes, byContact)
  if (set.status === OPEN && conversation.enable_auto_assignment) await assignInTurn(ctx, conversation)
  return changes
}

export function idsOf(conversation: ConversationRecord) {
  return {
    account_id: conversation.account_id,
    inbox_id: conversation.inbox_id,
    conversation_id: conversation.id,
  }
}

/** Says what was written of a conversation. */
export function emitChanges(ctx: Context, conversation: ConversationRecord, changes: Changes, byContact = false): void {
  const base = idsOf(conversation)
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
export function toJson(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : (value ?? null)
}

function jsonColumns(set: Record<string, unknown>): Record<string, unknown> {
  const columns = { ...set }
  for (const column of ['custom_attributes', 'additional_attributes']) {
    if (columns[column] !== undefined) columns[column] = JSON.stringify(columns[column])
  }
  return columns
}

/** Gives an open conversation to the member of its inbox whose turn it is. */
async function assignInTurn(ctx: Context, conversation: ConversationRecord): Promise<void> {
  const userId = await nextAssignee(ctx, conversation)
  if (userId === conversation.assignee_id) return
  await updateConversation(ctx, conversation, { assignee_id: userId, assignee_agent_bot_id: null })
}
