import type { Context } from '../../context/context.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import { iso } from '../../lib/times.ts'
import { addMember, roleNumber, type MembershipRow } from '../users/membership.model.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'

type Role = 'agent' | 'administrator'

/** Makes a member, or changes the role of one; without a role it stays. Who does so twice at once waits for their turn. */
export async function upsertMember(
  ctx: Context,
  accountId: number,
  userId: number | null,
  role: Role | null | undefined,
): Promise<MembershipRow> {
  const user = await ctx.db
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (userId === null || !user) throw new RecordInvalidError([['user', 'User must exist']])
  const [existing] = await membershipsOf(ctx, accountId).where('user_id', '=', userId).forUpdate().execute()
  if (!existing) return addMember(ctx, { account_id: accountId, user_id: userId, ...(role && { role }) })
  if (!role || existing.role === roleNumber(role)) return existing
  const changed = { role: roleNumber(role), updated_at: ctx.app.now() }
  await ctx.db.updateTable('account_users').set(changed).where('id', '=', existing.id).execute()
  await ctx.app.sockets.endOf(ctx, userId)
  return { ...existing, ...changed }
}

export function membershipsOf(ctx: Context, accountId: number) {
  return ctx.db
    .selectFrom('account_users')
    .selectAll()
    .$narrowType<{ account_id: number; user_id: number; role: number }>()
    .where('account_id', '=', accountId)
}

/** At once; teams, inboxes and conversations are left in a job. Nobody is no mistake. */
export async function removeMember(ctx: Context, accountId: number, userId: number | null): Promise<void> {
  const gone = await ctx.db
    .deleteFrom('account_users')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst()
  if (!gone || userId === null) return
  ctx.later('account_users.forget', { account_id: accountId, user_id: userId })
  await ctx.app.sockets.endOf(ctx, userId)
}

const ROLES = ['agent', 'administrator'] as const
export function presentMembership(member: MembershipRow) {
  return {
    id: member.id,
    account_id: member.account_id,
    user_id: member.user_id,
    role: ROLES[member.role] ?? 'agent',
    inviter_id: member.inviter_id,
    created_at: iso(member.created_at),
    updated_at: iso(member.updated_at),
    active_at: iso(member.active_at),
    availability: AVAILABILITIES[member.availability] ?? 'online',
    auto_offline: member.auto_offline,
    custom_role_id: member.custom_role_id,
    agent_capacity_policy_id: member.agent_capacity_policy_id,
  }
}
