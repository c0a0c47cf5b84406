/** What models work on: the row, and what they must know of its inbox and contact. */
export interface ConversationRecord {
  id: number
  account_id: number
  inbox_id: number
  display_id: number
  uuid: string
  status: number
  priority: number | null
  assignee_id: number | null
  assignee_agent_bot_id: number | null
  team_id: number | null
  contact_id: number
  contact_inbox_id: number
  campaign_id: number | null
  created_at: Date
  updated_at: Date
  last_activity_at: Date
  contact_last_seen_at: Date | null
  agent_last_seen_at: Date | null
  assignee_last_seen_at: Date | null
  first_reply_created_at: Date | null
  waiting_since: Date | null
  snoozed_until: Date | null
  additional_attributes: Record<string, any>
  custom_attributes: Record<string, any>
  cached_label_list: string | null
  inbox_name: string
  channel_type: string
  enable_auto_assignment: boolean
  enable_email_collect: boolean
  greeting_enabled: boolean
  greeting_message: string | null
  working_hours_enabled: boolean
  out_of_office_message: string | null
  timezone: string | null
  csat_survey_enabled: boolean
  csat_config: Record<string, any>
  contact_name: string | null
  contact_email: string | null
  contact_blocked: boolean
  has_active_bot: boolean
  participant_ids: number[]
  /** The language of what the server writes here, by Chatwoot's number. */
  account_locale: number | null
}
