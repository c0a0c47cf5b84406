import { sql } from 'kysely'
import type { EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { OPEN, PENDING, priorityName, RESOLVED } from './conversation.presenter.ts'
import type { Performer } from '../../vocabulary/caller.ts'

type Updated = EventData<'conversation.updated'>

interface Names {
  actor: string | null
  assignee: string | null
  team: string | null
  team_before: string | null
  auto_resolve_after: number | null
}

/** What a change of a conversation says about itself, one line for each thing that changed. */
export async function activityLines(ctx: Context, conversation: ConversationRecord, update: Updated): Promise<string[]> {
  const names = await loadNames(ctx, conversation, update)
  const lines = [statusLine(conversation, update, names)]
  // Nobody says who it was when the server did it by itself.
  if (names.actor !== null) {
    lines.push(priorityLine(update, names.actor), ...labelLines(update, names.actor), assignmentLine(update, names, names.actor))
  }
  return lines.filter((line) => line !== null)
}

async function loadNames(ctx: Context, conversation: ConversationRecord, { changes, performer }: Updated): Promise<Names> {
  const id = (attribute: string, side: 0 | 1) => (changes[attribute]?.[side] ?? null) as number | null
  const { rows } = await sql<Names>`
    select ${actorName(performer)} as actor,
      (select name from users where id = ${id('assignee_id', 1)}) as assignee,
      (select name from teams where id = ${id('team_id', 1)}) as team,
      (select name from teams where id = ${id('team_id', 0)}) as team_before,
      (select (settings ->> 'auto_resolve_after')::integer from accounts where id = ${conversation.account_id}) as auto_resolve_after
  `.execute(ctx.db)
  return rows[0]!
}

function actorName(performer: Performer | undefined) {
  if (!performer) return sql`null::text`
  const table = performer.type === 'agent_bot' ? sql`agent_bots` : sql`users`
  return sql`(select name::text from ${table} where id = ${performer.id})`
}

function statusLine(conversation: ConversationRecord, { changes, by_contact: byContact }: Updated, names: Names): string | null {
  if (!changes.status) return null
  const [before, after] = changes.status
  if (byContact && after === RESOLVED) return `Conversation was resolved by ${capitalize(conversation.contact_name ?? '')}`
  if (byContact && before === RESOLVED && after === OPEN) {
    const isTold = conversation.channel_type === 'Channel::Api'
    return isTold ? 'System reopened the conversation due to a new incoming message.' : null
  }
  if (names.actor === null) return after === RESOLVED ? inactivityLine(names.auto_resolve_after ?? 0) : null
  if (after === RESOLVED) return `Conversation was marked resolved by ${names.actor}`
  if (after === OPEN) return `Conversation was reopened by ${names.actor}`
  return after === PENDING
    ? `Conversation was marked as pending by ${names.actor}`
    : `Conversation was snoozed by ${names.actor}`
}

const DAY = 24 * 60

function inactivityLine(minutes: number): string {
  const time =
    minutes >= DAY && minutes % DAY === 0
      ? `${minutes / DAY} days`
      : minutes >= 60 && minutes % 60 === 0
        ? `${minutes / 60} hours`
        : `${minutes} minutes`
  return `Conversation was marked resolved by system due to ${time} of inactivity`
}

function priorityLine({ changes }: Updated, actor: string): string | null {
  if (!changes.priority) return null
  const [before, after] = changes.priority.map((number) => priorityName(number as number | null))
  if (!after) return `${actor} removed the priority`
  return before ? `${actor} changed the priority from ${before} to ${after}` : `${actor} set the priority to ${after}`
}

function labelLines({ changes }: Updated, actor: string): string[] {
  if (!changes.label_list) return []
  const [before, after] = changes.label_list as [string[], string[]]
  const added = after.filter((label) => !before.includes(label))
  const removed = before.filter((label) => !after.includes(label))
  return [
    ...(added.length ? [`${actor} added ${added.join(', ')}`] : []),
    ...(removed.length ? [`${actor} removed ${removed.join(', ')}`] : []),
  ]
}

/** Team and assignee at once are one line, that of the team. */
function assignmentLine({ changes, performer }: Updated, names: Names, actor: string): string | null {
  if (changes.team_id) {
    if (changes.team_id[1] === null || names.team === null) return `Unassigned from ${names.team_before ?? ''} by ${actor}`
    return changes.assignee_id && names.assignee !== null
      ? `Assigned to ${names.assignee} via ${names.team} by ${actor}`
      : `Assigned to ${names.team} by ${actor}`
  }
  if (!changes.assignee_id) return null
  const assigneeId = changes.assignee_id[1]
  if (assigneeId === null) return `Conversation unassigned by ${actor}`
  if (performer?.type === 'user' && performer.id === assigneeId) return `${actor} self-assigned this conversation`
  return `Assigned to ${names.assignee ?? ''} by ${actor}`
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()
