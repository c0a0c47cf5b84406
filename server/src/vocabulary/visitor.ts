import type { AvatarBlob } from './caller.ts'

/** The whole row, as the Client API answers a change. */
export interface ContactRow {
  id: number
  name: string | null
  email: string | null
  phone_number: string | null
  account_id: number
  created_at: string | Date
  updated_at: string | Date
  additional_attributes: Record<string, unknown> | null
  identifier: string | null
  custom_attributes: Record<string, unknown> | null
  last_activity_at: string | Date | null
  contact_type: number | null
  middle_name: string | null
  last_name: string | null
  location: string | null
  country_code: string | null
  blocked: boolean
  company_id: number | null
  label_list: string[]
}

/** The API inbox that a client addresses by its identifier. */
export interface ClientInbox {
  id: number
  account_id: number
  account_name: string
  /** A number of Chatwoot's enum of languages. */
  account_locale: number | null
  name: string
  identifier: string
  channel_type: 'Channel::Api'
  channel_id: number
  hmac_token: string | null
  hmac_mandatory: boolean
  timezone: string | null
  lock_to_single_conversation: boolean
  enable_auto_assignment: boolean
  working_hours_enabled: boolean
  csat_survey_enabled: boolean
  greeting_enabled: boolean
  has_active_bot: boolean
}

export interface ContactInboxRecord {
  id: number
  contact_id: number
  inbox_id: number
  source_id: string
  hmac_verified: boolean
  pubsub_token: string
  created_at: string | Date
  updated_at: string | Date
}

/** A visitor: who they are, and where they came in. */
export interface Visitor {
  inbox: ClientInbox
  contact_inbox: ContactInboxRecord
  contact: ContactRow
  avatar: AvatarBlob | null
  /** By HMAC, when they arrived or since. */
  has_proven: boolean
}
