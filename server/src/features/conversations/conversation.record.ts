import { columns, type Refine, type Row } from '../../db/columns.ts'
import type { MessagePlace } from '../messages/place.query.ts'

/** The columns that models work on. */
export const CONVERSATION_COLUMNS = columns(
  'conversations',
  'id',
  'account_id',
  'inbox_id',
  'display_id',
  'uuid',
  'status',
  'priority',
  'assignee_id',
  'assignee_agent_bot_id',
  'team_id',
  'contact_id',
  'contact_inbox_id',
  'campaign_id',
  'created_at',
  'updated_at',
  'last_activity_at',
  'contact_last_seen_at',
  'agent_last_seen_at',
  'assignee_last_seen_at',
  'first_reply_created_at',
  'waiting_since',
  'snoozed_until',
  'cached_label_list',
)

/** What they must know of its inbox. */
export const CONVERSATION_INBOX_COLUMNS = columns(
  'inboxes',
  'channel_type',
  'enable_auto_assignment',
  'enable_email_collect',
  'greeting_enabled',
  'greeting_message',
  'working_hours_enabled',
  'out_of_office_message',
  'timezone',
  'csat_survey_enabled',
  'csat_config',
)

/** What models work on: the row, and what they must know of its inbox and contact. */
export interface ConversationRecord
  extends
    Refine<Row<typeof CONVERSATION_COLUMNS>, { contact_id: number; contact_inbox_id: number }>,
    Refine<Row<typeof CONVERSATION_INBOX_COLUMNS>, { channel_type: string; csat_config: Record<string, any> }> {
  additional_attributes: Record<string, any>
  custom_attributes: Record<string, any>
  inbox_name: string
  contact_name: string | null
  contact_email: string | null
  contact_blocked: boolean
  has_active_bot: boolean
  participant_ids: number[]
  /** The language of what the server writes here, by Chatwoot's number. */
  account_locale: number | null
  /** Where the message goes that it was entered for. */
  next_message?: MessagePlace
}
