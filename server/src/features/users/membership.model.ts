import { sql, type Selectable } from 'kysely'
import type { Refine } from '../../db/columns.ts'
import type { AccountUsers } from '../../db/schema.ts'
import type { Context } from '../../context/context.ts'

/** The whole row; its account and its person are always there. */
export type MembershipRow = Refine<Selectable<AccountUsers>, { account_id: number; user_id: number; role: number }>

export interface NewMember {
  account_id: number
  user_id: number
  role?: 'agent' | 'administrator'
  inviter_id?: number | null
  availability?: number
  auto_offline?: boolean
}

/** Of all flags only "a conversation was given to you" is on at first: the second bit. */
const FIRST_FLAGS = 2

export const roleNumber = (role: 'agent' | 'administrator'): number => (role === 'administrator' ? 1 : 0)

/** Makes somebody a member of an account, with their notification settings. Throws a unique violation when they are one. */
export async function addMember(ctx: Context, member: NewMember): Promise<MembershipRow> {
  const now = ctx.app.now()
  const { rows } = await sql<MembershipRow>`
    with settings as (insert into notification_settings (account_id, user_id, email_flags, push_flags, created_at, updated_at)
      values (${member.account_id}, ${member.user_id}, ${FIRST_FLAGS}, ${FIRST_FLAGS}, ${now}, ${now})
      on conflict (account_id, user_id) do nothing)
    insert into account_users (account_id, user_id, role, inviter_id, availability, auto_offline, created_at, updated_at)
    values (${member.account_id}, ${member.user_id}, ${roleNumber(member.role ?? 'agent')}, ${member.inviter_id ?? null},
      ${member.availability ?? 0}, ${member.auto_offline ?? true}, ${now}, ${now})
    returning *`.execute(ctx.db)
  return rows[0]!
}
