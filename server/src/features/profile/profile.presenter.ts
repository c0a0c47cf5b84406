import { sql, type Kysely } from 'kysely'
import type { Services } from '../../context/context.ts'
import { listed } from '../../db/columns.ts'
import { prepared } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import { iso } from '../../lib/times.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import { AVAILABILITIES, availabilityStatus } from '../users/user.presenter.ts'
import { PROFILE_COLUMNS, type ProfileAccount, type ProfileRow } from '../../vocabulary/caller.ts'

const COLUMNS = sql`${listed(PROFILE_COLUMNS, 'u')}, ${avatarJson('User', sql`u.id`)} as avatar,
  (select coalesce(json_agg(json_build_object('id', a.id, 'name', a.name, 'status', a.status,
      'active_at', au.active_at, 'role', au.role, 'inviter_id', au.inviter_id, 'availability', au.availability,
      'auto_offline', au.auto_offline, 'custom_role_id', au.custom_role_id) order by au.id), '[]')
    from account_users au join accounts a on a.id = au.account_id where au.user_id = u.id) as accounts`

const profileOf = prepared<{ user_id: number }, ProfileRow>(
  (asked) => sql`
    select ${COLUMNS},
      (select token from access_tokens t where t.owner_type = 'User' and t.owner_id = u.id limit 1) as access_token
    from users u where u.id = ${asked.user_id}`,
)

export async function loadProfile(db: Kysely<DB>, userId: number): Promise<ProfileRow | undefined> {
  return (await profileOf(db, { user_id: userId }))[0]
}

export interface TokenOwner {
  owner_type: 'User' | 'AgentBot' | 'PlatformApp'
  owner_id: number
  profile: ProfileRow | null
}

/** The profile as one column: what does not exist has few columns to describe. */
const ownerOf = prepared<{ token: string }, TokenOwner>(
  (asked) => sql`
    select t.owner_type, t.owner_id, (select row_to_json(p) from (select ${COLUMNS}, t.token as access_token) p
      where u.id is not null) as profile
    from access_tokens t left join users u on t.owner_type = 'User' and u.id = t.owner_id where t.token = ${asked.token}`,
)

/** Whose token it is; of a person the profile, which is nearly all that is asked for outside of an account. */
export async function findTokenOwner(db: Kysely<DB>, token: string): Promise<TokenOwner | undefined> {
  return (await ownerOf(db, { token }))[0]
}

const ROLES = ['agent', 'administrator'] as const
/** The profile, and what signing in answers. */
export function presentProfile(app: Services, user: ProfileRow) {
  const current = currentAccount(user)
  return {
    ...presentBasics(app, user, current),
    inviter_id: current?.inviter_id ?? null,
    type: user.type,
    accounts: user.accounts.map((account) => ({
      id: account.id,
      name: account.name,
      status: account.status === 1 ? 'suspended' : 'active',
      active_at: iso(account.active_at),
      role: ROLES[account.role] ?? 'agent',
      permissions: [ROLES[account.role] ?? 'agent'],
      availability: AVAILABILITIES[account.availability] ?? 'online',
      availability_status: availabilityStatus(app, { ...account, id: user.id }, account.id),
      auto_offline: account.auto_offline,
      custom_role_id: account.custom_role_id,
      custom_role: null,
    })),
  }
}

/** As the Platform API shows a person. */
export function presentPlatformUser(app: Services, user: ProfileRow) {
  return {
    ...presentBasics(app, user, currentAccount(user)),
    accounts: user.accounts.map((account) => ({
      id: account.id,
      name: account.name,
      active_at: iso(account.active_at),
      role: ROLES[account.role] ?? 'agent',
    })),
  }
}

function presentBasics(app: Services, user: ProfileRow, current: ProfileAccount | undefined) {
  const custom = user.custom_attributes
  return {
    access_token: user.access_token,
    account_id: current?.id ?? null,
    available_name: user.display_name || user.name,
    avatar_url: app.files.avatarUrl(user.avatar),
    confirmed: user.confirmed_at !== null,
    display_name: user.display_name,
    message_signature: user.message_signature,
    email: user.email,
    id: user.id,
    name: user.name,
    provider: user.provider,
    pubsub_token: user.pubsub_token,
    ...(custom && Object.keys(custom).length > 0 && { custom_attributes: custom }),
    role: current ? (ROLES[current.role] ?? 'agent') : null,
    ui_settings: user.ui_settings ?? {},
    uid: user.uid,
  }
}

/** The one they were in last. */
export function currentAccount(user: ProfileRow): ProfileAccount | undefined {
  let [current] = user.accounts
  for (const account of user.accounts) if ((account.active_at ?? '') > (current!.active_at ?? '')) current = account
  return current
}
