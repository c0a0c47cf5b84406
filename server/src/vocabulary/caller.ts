import type { Time } from '../lib/times.ts'

/** The file that is somebody's or something's picture. */
export interface AvatarBlob {
  id: number
  filename: string
  content_type: string | null
}

/** A person of the installation, as sign-in loads them. */
export interface SignedInUser {
  id: number
  name: string
  display_name: string | null
  email: string
  type: string | null
  pubsub_token: string | null
  avatar: AvatarBlob | null
}

export interface SignedInBot {
  id: number
  name: string | null
  account_id: number | null
}

/** A person with their accounts and their token. */
export interface ProfileRow {
  id: number
  name: string
  display_name: string | null
  email: string
  uid: string
  provider: string
  confirmed_at: Time
  created_at: Time
  message_signature: string | null
  pubsub_token: string
  custom_attributes: Record<string, unknown> | null
  ui_settings: Record<string, unknown> | null
  type: string | null
  otp_required_for_login: boolean | null
  access_token: string
  avatar: AvatarBlob | null
  accounts: ProfileAccount[]
}

export interface ProfileAccount {
  id: number
  name: string
  status: number
  active_at: string | null
  role: number
  inviter_id: number | null
  availability: number
  auto_offline: boolean
  custom_role_id: number | null
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
