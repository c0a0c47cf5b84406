import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import { iso } from '../../lib/times.ts'
import { addMember, roleNumber, type MembershipRow } from '../users/membership.model.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'

type Role = 'agent' | 'administrator'

/** Makes a member, or changes the role of one; without a role it stays. Who does so twice at once waits for their turn. */
export async function upsertMember(ctx: Context, accountId: number, userId: number | null, role: Role | null | undefined): Promise<MembershipRow> {
  const { rows: users } = await sql`select 1 from users where id = ${userId} for no key update`.execute(ctx.db)
  if (userId === null || !users.length) throw new RecordInvalidError([['user', 'User must exist']])
  const { rows } = await sql<MembershipRow>`
    select * from account_users where account_id = ${accountId} and user_id = ${userId} for update`.execute(ctx.db)
  const existing = rows[0]
  if (!existing) return addMember(ctx, { account_id: accountId, user_id: userId, ...(role && { role }) })
  if (!role || existing.role === roleNumber(role)) return existing
  const { rows: updated } = await sql<MembershipRow>`
    update account_users set role = ${roleNumber(role)}, updated_at = ${ctx.app.now()} where id = ${existing.id} returning *`.execute(ctx.db)
  await ctx.app.sockets.endOf(ctx, userId)
  return updated[0]!
}

/** At once; teams, inboxes and conversations are left in a job. Nobody is no mistake. */
export async function removeMember(ctx: Context, accountId: number, userId: number | null): Promise<void> {
  const { rows } = await sql`delete from account_users where account_id = ${accountId} and user_id = ${userId} returning id`.execute(ctx.db)
  if (!rows.length || userId === null) return
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
