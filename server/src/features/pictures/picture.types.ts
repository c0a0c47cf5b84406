import type { AvatarBlob } from '../../vocabulary/caller.ts'

/** The columns of a person that every picture of them needs, as `userJson` selects them. */
export interface UserPicture {
  id: number
  name: string
  display_name: string | null
  pubsub_token?: string | null
  /** Of the membership in the account at hand; absent when they are no member of it. */
  availability?: number | null
  auto_offline?: boolean | null
  avatar?: AvatarBlob | null
}

export interface BotPicture {
  id: number
  name: string | null
  avatar?: AvatarBlob | null
}

export interface AgentPicture extends UserPicture {
  email: string
  provider: string
  confirmed_at: string | null
  custom_attributes: Record<string, unknown> | null
  role: number | null
  custom_role_id: number | null
}

export interface AssigneeBotPicture extends BotPicture {
  description: string | null
  outgoing_url: string | null
  bot_type: number | null
  account_id: number | null
}

export interface ContactPicture {
  id: number
  name: string | null
  email: string | null
  phone_number: string | null
  identifier: string | null
  blocked: boolean
  additional_attributes: Record<string, unknown> | null
  custom_attributes: Record<string, unknown> | null
  last_activity_at: string | Date | null
  created_at: string | Date
  account_id: number
  avatar?: AvatarBlob | null
}

export interface AttachmentView {
  id: number
  message_id: number
  file_type: number
  account_id: number
  external_url: string | null
  coordinates_lat: number | null
  coordinates_long: number | null
  fallback_title: string | null
  extension: string | null
  meta: Record<string, unknown> | null
  blob: { id: number; filename: string; content_type: string | null; byte_size: number; metadata: string | null } | null
}
