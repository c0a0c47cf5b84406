import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { OPEN, PENDING, PRIORITIES, RESOLVED, type Priority } from './conversation.presenter.ts'
import type { Performer } from '../../vocabulary/caller.ts'
import { type TextKey, type TextValues, translate } from '../../lib/translate.ts'

type Updated = EventData<'conversation.updated'>

interface Names {
  actor: string | null
  assignee: string | null
  team: string | null
  team_before: string | null
  auto_resolve_after: number | null
}

/** A text of the catalogue. */
type Line = [key: TextKey, values?: TextValues]

/** What a change of a conversation says about itself in the language of its account, one line for each thing that changed. */
export async function activityLines(
  ctx: Context,
  conversation: ConversationRecord,
  update: Updated,
): Promise<string[]> {
  const names = await loadNames(ctx, conversation, update)
  const say = (...[key, values]: Line) => translate(conversation.account_locale, key, values)
  const lines = [statusLine(conversation, update, names)]
  // Nobody says who it was when the server did it by itself.
  if (names.actor !== null) {
    const named = (priority: Priority) => say(`priority.${priority}`)
    lines.push(
      priorityLine(update, names.actor, named),
      ...labelLines(update, names.actor),
      assignmentLine(update, names, names.actor),
    )
  }
  return lines.filter((line) => line !== null).map((line) => say(...line))
}

async function loadNames(
  ctx: Context,
  conversation: ConversationRecord,
  { changes, performer }: Updated,
): Promise<Names> {
  const id = (attribute: string, side: 0 | 1) => (changes[attribute]?.[side] ?? null) as number | null
  const rows = await runPrepared(
    ctx.db,
    sql<Names>`
    select ${actorName(performer)} as actor,
      (select name from users where id = ${id('assignee_id', 1)}) as assignee,
      (select name from teams where id = ${id('team_id', 1)}) as team,
      (select name from teams where id = ${id('team_id', 0)}) as team_before,
      (select (settings ->> 'auto_resolve_after')::integer from accounts where id = ${conversation.account_id}) as auto_resolve_after
  `,
  )
  return rows[0]!
}

function actorName(performer: Performer | undefined) {
  if (!performer) return sql`null::text`
  const table = performer.type === 'agent_bot' ? sql`agent_bots` : sql`users`
  return sql`(select name::text from ${table} where id = ${performer.id})`
}

function statusLine(
  conversation: ConversationRecord,
  { changes, by_contact: byContact }: Updated,
  names: Names,
): Line | null {
  if (!changes.status) return null
  const [before, after] = changes.status
  if (byContact && after === RESOLVED) {
    return ['activity.resolved_by_contact', { contact: capitalize(conversation.contact_name ?? '') }]
  }
  if (byContact && before === RESOLVED && after === OPEN) {
    return conversation.channel_type === 'Channel::Api' ? ['activity.reopened_by_message'] : null
  }
  if (names.actor === null) return after === RESOLVED ? inactivityLine(names.auto_resolve_after ?? 0) : null
  if (after === RESOLVED) return ['activity.resolved', { name: names.actor }]
  if (after === OPEN) return ['activity.reopened', { name: names.actor }]
  return [after === PENDING ? 'activity.pending' : 'activity.snoozed', { name: names.actor }]
}

const HOUR = 60
const DAY = 24 * HOUR

function inactivityLine(minutes: number): Line {
  if (minutes >= DAY && minutes % DAY === 0) return ['activity.resolved_after_days', { count: minutes / DAY }]
  if (minutes >= HOUR && minutes % HOUR === 0) return ['activity.resolved_after_hours', { count: minutes / HOUR }]
  return ['activity.resolved_after_minutes', { count: minutes }]
}

function priorityLine({ changes }: Updated, name: string, named: (priority: Priority) => string): Line | null {
  if (!changes.priority) return null
  const [before, after] = changes.priority.map((number) => PRIORITIES[number as number])
  if (!after) return ['activity.priority_removed', { name }]
  const priority = named(after)
  return before
    ? ['activity.priority_changed', { name, before: named(before), priority }]
    : ['activity.priority_set', { name, priority }]
}

function labelLines({ changes }: Updated, name: string): Line[] {
  if (!changes.label_list) return []
  const [before, after] = changes.label_list as [string[], string[]]
  const added = after.filter((label) => !before.includes(label))
  const removed = before.filter((label) => !after.includes(label))
  const line = (key: TextKey, labels: string[]): Line[] =>
    labels.length ? [[key, { name, labels: labels.join(', ') }]] : []
  return [...line('activity.labels_added', added), ...line('activity.labels_removed', removed)]
}

/** Team and assignee at once are one line, that of the team. */
function assignmentLine({ changes, performer }: Updated, names: Names, name: string): Line | null {
  const { assignee, team } = names
  if (changes.team_id) {
    if (changes.team_id[1] === null || team === null)
      return ['activity.team_removed', { name, team: names.team_before ?? '' }]
    return changes.assignee_id && assignee !== null
      ? ['activity.team_and_assignee_assigned', { name, assignee, team }]
      : ['activity.team_assigned', { name, team }]
  }
  if (!changes.assignee_id) return null
  const assigneeId = changes.assignee_id[1]
  if (assigneeId === null) return ['activity.unassigned', { name }]
  if (performer?.type === 'user' && performer.id === assigneeId) return ['activity.self_assigned', { name }]
  return ['activity.assigned', { name, assignee: assignee ?? '' }]
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()
