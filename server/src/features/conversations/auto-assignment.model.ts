import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { OPEN } from './conversation.presenter.ts'
import { isInboxMember } from './visibility.query.ts'

const ONLINE = 0

/** The member of the inbox who is online and has waited longest. Who has it already keeps it as a member, or when nobody is there. */
export async function nextAssignee(
  ctx: Context,
  { assignee_id: assigneeId, ...conversation }: Pick<ConversationRecord, 'account_id' | 'inbox_id' | 'assignee_id'>,
): Promise<number | null> {
  if (assigneeId !== null && (await isMember(ctx, conversation.inbox_id, assigneeId))) return assigneeId
  return (await takeTurn(ctx, conversation.inbox_id, await onlineMembers(ctx, conversation))) ?? assigneeId
}

/** How many open conversations of an inbox one person may have before the next goes to somebody else. */
const LIMIT = sql`substring(i.auto_assignment_config ->> 'max_assignment_limit' from '^\\s*\\d{1,9}')::integer`

/**
 * Those of the inbox, and of a team where one is named, that are online right now and can take one more. Busy people are left
 * alone.
 */
export async function onlineMembers(
  ctx: Context,
  conversation: Pick<ConversationRecord, 'account_id' | 'inbox_id'>,
  teamId?: number,
): Promise<number[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ user_id: number; auto_offline: boolean }>`
    select im.user_id, au.auto_offline from inbox_members im
    join account_users au on au.user_id = im.user_id and au.account_id = ${conversation.account_id}
    join inboxes i on i.id = im.inbox_id
    where im.inbox_id = ${conversation.inbox_id} and au.availability = ${ONLINE}
      and (${LIMIT} is null or (select count(*) from conversations c where c.account_id = i.account_id
        and c.inbox_id = i.id and c.assignee_id = im.user_id and c.status = ${OPEN}) < ${LIMIT})
      ${teamId === undefined ? sql`` : sql`and exists (select 1 from team_members tm where tm.team_id = ${teamId} and tm.user_id = im.user_id)`}
    order by im.id`,
  )
  return rows
    .filter((row) => !row.auto_offline || ctx.app.presence.isPresent(conversation.account_id, 'user', row.user_id))
    .map((row) => row.user_id)
}

/** Whose turn it is among these; that turn is then taken. */
export async function takeTurn(ctx: Context, inboxId: number, userIds: number[]): Promise<number | undefined> {
  if (!userIds.length) return undefined
  const rows = await runPrepared(
    ctx.db,
    sql<{ user_id: number }>`
    insert into parley.assignment_turns (inbox_id, user_id, taken_at)
    select ${inboxId}, u.id, clock_timestamp() from unnest(${userIds}::integer[]) with ordinality as u(id, place)
    left join parley.assignment_turns t on t.inbox_id = ${inboxId} and t.user_id = u.id
    order by t.taken_at nulls first, u.place limit 1
    on conflict (inbox_id, user_id) do update set taken_at = excluded.taken_at
    returning user_id`,
  )
  return rows[0]?.user_id
}

async function isMember(ctx: Context, inboxId: number, userId: number): Promise<boolean> {
  const rows = await runPrepared(ctx.db, sql`select 1 where ${isInboxMember(inboxId, userId)}`)
  return rows.length > 0
}
