import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'

/** What a person leaves behind who is no member of an account any more. `remove_orphan`: a login without any account goes too. */
export async function forgetMembership(
  ctx: Context,
  {
    account_id: accountId,
    user_id: userId,
    remove_orphan: removeOrphan,
  }: { account_id: number; user_id: number; remove_orphan?: boolean },
): Promise<void> {
  // They may have come back before the job ran.
  const memberships = ctx.db.selectFrom('account_users').select('id').where('user_id', '=', userId)
  if (await memberships.where('account_id', '=', accountId).executeTakeFirst()) return
  await ctx.db
    .deleteFrom('notification_settings')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute()
  await ctx.db.deleteFrom('notifications').where('account_id', '=', accountId).where('user_id', '=', userId).execute()
  await sql`delete from team_members tm using teams t where t.id = tm.team_id and t.account_id = ${accountId} and tm.user_id = ${userId}`.execute(
    ctx.db,
  )
  await sql`delete from inbox_members im using inboxes i where i.id = im.inbox_id and i.account_id = ${accountId} and im.user_id = ${userId}`.execute(
    ctx.db,
  )
  await sql`delete from parley.assignment_turns t using inboxes i where i.id = t.inbox_id and i.account_id = ${accountId} and t.user_id = ${userId}`.execute(
    ctx.db,
  )
  await ctx.db
    .deleteFrom('conversation_participants')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute()
  await ctx.db
    .updateTable('conversations')
    .set({ assignee_id: null })
    .where('account_id', '=', accountId)
    .where('assignee_id', '=', userId)
    .execute()
  if (removeOrphan && !(await memberships.limit(1).executeTakeFirst())) await deleteUser(ctx, { user_id: userId })
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
  await ctx.db
    .updateTable('messages')
    .set({ sender_type: null, sender_id: null })
    .where('sender_type', '=', 'User')
    .where('sender_id', '=', id)
    .execute()
  const macros = ctx.db.deleteFrom('macros').where('created_by_id', '=', id).where('visibility', '=', PERSONAL_MACRO)
  for (const { id: macro } of await macros.returning('id').execute())
    await detachFiles(ctx, { recordType: 'Macro', recordId: macro })
  await ctx.db.deleteFrom('access_tokens').where('owner_type', '=', 'User').where('owner_id', '=', id).execute()
  await detachFiles(ctx, { recordType: 'User', recordId: id })
  await ctx.db.deleteFrom('users').where('id', '=', id).execute()
  await ctx.app.sockets.endOf(ctx, id)
}
