import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'

/** What a person leaves behind who is no member of an account any more. `remove_orphan`: a login without any account goes too. */
export async function forgetMembership(
  ctx: Context,
  { account_id: accountId, user_id: userId, remove_orphan: removeOrphan }: { account_id: number; user_id: number; remove_orphan?: boolean },
): Promise<void> {
  // They may have come back before the job ran.
  const { rows } = await sql`select 1 from account_users where account_id = ${accountId} and user_id = ${userId}`.execute(ctx.db)
  if (rows.length) return
  await sql`delete from notification_settings where account_id = ${accountId} and user_id = ${userId}`.execute(ctx.db)
  await sql`delete from notifications where account_id = ${accountId} and user_id = ${userId}`.execute(ctx.db)
  await sql`delete from team_members tm using teams t where t.id = tm.team_id and t.account_id = ${accountId} and tm.user_id = ${userId}`.execute(ctx.db)
  await sql`delete from inbox_members im using inboxes i where i.id = im.inbox_id and i.account_id = ${accountId} and im.user_id = ${userId}`.execute(ctx.db)
  await sql`delete from parley.assignment_turns t using inboxes i where i.id = t.inbox_id and i.account_id = ${accountId} and t.user_id = ${userId}`.execute(ctx.db)
  await sql`delete from conversation_participants where account_id = ${accountId} and user_id = ${userId}`.execute(ctx.db)
  await sql`update conversations set assignee_id = null where account_id = ${accountId} and assignee_id = ${userId}`.execute(ctx.db)
  if (!removeOrphan) return
  const { rows: others } = await sql`select 1 from account_users where user_id = ${userId} limit 1`.execute(ctx.db)
  if (!others.length) await deleteUser(ctx, { user_id: userId })
}

const THEIRS = [
  'account_users',
  'notification_settings',
  'notification_subscriptions',
  'notifications',
  'team_members',
  'inbox_members',
  'portals_members',
  'conversation_participants',
  'mentions',
  'custom_filters',
  'parley.assignment_turns',
  'parley.sso_tokens',
]

/** Where a person is named in what stays. */
const NAMED: [table: string, column: string][] = [
  ['account_users', 'inviter_id'],
  ['articles', 'author_id'],
  ['conversations', 'assignee_id'],
  ['csat_survey_responses', 'assigned_agent_id'],
  ['csat_survey_responses', 'review_notes_updated_by_id'],
  ['dashboard_apps', 'user_id'],
  ['notes', 'user_id'],
]

const PERSONAL_MACRO = 0

/** The login and all that is only theirs. What they wrote stays. */
export async function deleteUser(ctx: Context, { user_id: id }: { user_id: number }): Promise<void> {
  for (const table of THEIRS) await sql`delete from ${sql.table(table)} where user_id = ${id}`.execute(ctx.db)
  for (const [table, column] of NAMED) {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = null where ${sql.ref(column)} = ${id}`.execute(ctx.db)
  }
  await sql`update messages set sender_type = null, sender_id = null where sender_type = 'User' and sender_id = ${id}`.execute(ctx.db)
  await sql`delete from macros where created_by_id = ${id} and visibility = ${PERSONAL_MACRO}`.execute(ctx.db)
  await sql`delete from access_tokens where owner_type = 'User' and owner_id = ${id}`.execute(ctx.db)
  await detachFiles(ctx, { recordType: 'User', recordId: id })
  await sql`delete from users where id = ${id}`.execute(ctx.db)
  await ctx.app.sockets.endOf(ctx, id)
}
