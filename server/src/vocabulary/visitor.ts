import type { Selectable } from 'kysely'
import type { Refine } from '../db/columns.ts'
import type { ContactInboxes, Contacts } from '../db/schema.ts'
import type { AvatarBlob } from './caller.ts'

type Bag = Record<string, unknown>

/** The whole row and the labels on it. Times of rows that came as JSON are text. */
export interface ContactRow extends Refine<
  Selectable<Contacts>,
  {
    created_at: string | Date
    updated_at: string | Date
    last_activity_at: string | Date | null
    additional_attributes: Bag | null
    custom_attributes: Bag | null
  }
> {
  label_list: string[]
  /** A database that was taken over holds more attributes of it than are read: these are left out, and stay. */
  is_oversized?: true
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

/** The whole row; its times are text where it came as JSON. */
export type ContactInboxRecord = Refine<
  Selectable<ContactInboxes>,
  {
    contact_id: number
    inbox_id: number
    hmac_verified: boolean
    pubsub_token: string
    created_at: string | Date
    updated_at: string | Date
  }
>

/** What a visitor said who shares a contact with others; `claimed` is what led them to it, null where they were there before. */
export interface Claim {
  said: ContactRow
  claimed: string | null
}

/** A visitor: who they are, and where they came in. */
export interface Visitor {
  inbox: ClientInbox
  contact_inbox: ContactInboxRecord
  contact: ContactRow
  avatar: AvatarBlob | null
  /** By HMAC, when they arrived or since. */
  has_proven: boolean
  claim: Claim | null
}
