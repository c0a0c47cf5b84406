import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'

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
  await sql`delete from conversation_participants where account_id = ${accountId} and user_id = ${userId}`.execute(ctx.db)
  await sql`update conversations set assignee_id = null where account_id = ${accountId} and assignee_id = ${userId}`.execute(ctx.db)
  if (!removeOrphan) return
  const { rows: others } = await sql`select 1 from account_users where user_id = ${userId} limit 1`.execute(ctx.db)
  if (!others.length) await deleteUser(ctx, { user_id: userId })
}

/** The login and all that is only theirs. What they wrote stays. */
export async function deleteUser(ctx: Context, { user_id: id }: { user_id: number }): Promise<void> {
  for (const table of [
    'account_users',
    'notification_settings',
    'notification_subscriptions',
    'notifications',
    'team_members',
    'inbox_members',
    'conversation_participants',
    'mentions',
    'custom_filters',
    'parley.sso_tokens',
  ]) {
    await sql`delete from ${sql.table(table)} where user_id = ${id}`.execute(ctx.db)
  }
  await sql`update conversations set assignee_id = null where assignee_id = ${id}`.execute(ctx.db)
  await sql`delete from access_tokens where owner_type = 'User' and owner_id = ${id}`.execute(ctx.db)
  await ctx.app.files.detach(ctx, { recordType: 'User', recordId: id })
  await sql`delete from users where id = ${id}`.execute(ctx.db)
}
