import type { Selectable } from 'kysely'
import { columns, type Refine, type Row } from '../db/columns.ts'
import type { AccountUsers, AgentBots, Users } from '../db/schema.ts'
import type { Time } from '../lib/times.ts'

/** The file that is somebody's or something's picture. */
export interface AvatarBlob {
  id: number
  filename: string
  content_type: string | null
}

/** A person of the installation, as sign-in loads them. */
export interface SignedInUser extends Refine<
  Pick<Selectable<Users>, 'id' | 'name' | 'display_name' | 'email' | 'type' | 'pubsub_token'>,
  { email: string }
> {
  avatar: AvatarBlob | null
}

export type SignedInBot = Pick<Selectable<AgentBots>, 'id' | 'name' | 'account_id'>

type Bag = Record<string, unknown>

export const PROFILE_COLUMNS = columns(
  'users',
  'id',
  'name',
  'display_name',
  'email',
  'uid',
  'provider',
  'confirmed_at',
  'created_at',
  'message_signature',
  'pubsub_token',
  'custom_attributes',
  'ui_settings',
  'type',
  'otp_required_for_login',
)

/** A person with their accounts and their token. Their times are text where they came as JSON. */
export interface ProfileRow extends Refine<
  Row<typeof PROFILE_COLUMNS>,
  {
    email: string
    pubsub_token: string
    confirmed_at: Time
    created_at: Time
    custom_attributes: Bag | null
    ui_settings: Bag | null
  }
> {
  access_token: string
  avatar: AvatarBlob | null
  accounts: ProfileAccount[]
}

type MembershipColumn = 'active_at' | 'role' | 'inviter_id' | 'availability' | 'auto_offline' | 'custom_role_id'

/** An account that they are in, and as what. */
export interface ProfileAccount extends Refine<
  Pick<Selectable<AccountUsers>, MembershipColumn>,
  { active_at: string | null; role: number }
> {
  id: number
  name: string
  status: number
}

/** `profile`: what signing in outside of any account has read. */
export type Caller =
  | { kind: 'nobody' }
  | { kind: 'user'; user: SignedInUser; session?: Session; profile?: ProfileRow }
  | { kind: 'agent_bot'; bot: SignedInBot }
  | { kind: 'platform_app'; app: { id: number; name: string } }

/** A devise session: who it is and the headers every answer repeats. */
export interface Session {
  client: string
  headers: Record<string, string>
}

export interface Membership {
  id: number
  role: 'agent' | 'administrator'
  availability: 'online' | 'offline' | 'busy'
  auto_offline: boolean
}

export interface SignedInAccount {
  id: number
  name: string
  locale: number | null
  status: number | null
  settings: Record<string, unknown> | null
  /** A number of 64 bits, as text. */
  feature_flags: string
  has_endpoints: boolean
}

/** What signing in finds: who calls, in which account, and as what. */
export interface SignedIn {
  caller: Caller
  account?: SignedInAccount
  membership?: Membership
}

/** Who caused an event; shown as `performer` on the cable. */
export type Performer = { type: 'user' | 'agent_bot'; id: number } | null
