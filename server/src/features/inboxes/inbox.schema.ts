import Type from 'typebox'
import { Bag, Choice, File, Nullable } from '../../http/operation.ts'
import { SENDER_NAME_TYPES } from './inbox.presenter.ts'
import { REPLY_TIMES, WIDGET_FLAGS } from './website-channel.query.ts'

const Text = Type.String()
const MaybeText = Nullable(Text)
const MaybeFlag = Nullable(Type.Boolean())
const MaybeNumber = Nullable(Type.Integer())
/** Kept as it was sent. */
const Scalar = Type.Unsafe<string | number | boolean | null>({ type: ['integer', 'string', 'null'] })

export const WorkingHour = Type.Object(
  {
    day_of_week: Type.Integer({ description: '0 is Sunday' }),
    closed_all_day: MaybeFlag,
    open_hour: MaybeNumber,
    open_minutes: MaybeNumber,
    close_hour: MaybeNumber,
    close_minutes: MaybeNumber,
    open_all_day: MaybeFlag,
  },
  { title: 'WorkingHour', additionalProperties: false },
)

export const Inbox = Type.Object(
  {
    id: Type.Integer(),
    avatar_url: Text,
    channel_id: Type.Integer(),
    name: Text,
    channel_type: Text,
    greeting_enabled: MaybeFlag,
    greeting_message: MaybeText,
    working_hours_enabled: MaybeFlag,
    enable_email_collect: MaybeFlag,
    csat_survey_enabled: MaybeFlag,
    csat_config: Bag,
    enable_auto_assignment: MaybeFlag,
    auto_assignment_config: Bag,
    out_of_office_message: MaybeText,
    working_hours: Type.Array(WorkingHour),
    timezone: MaybeText,
    callback_webhook_url: MaybeText,
    allow_messages_after_resolved: MaybeFlag,
    lock_to_single_conversation: Type.Boolean(),
    sender_name_type: Type.Union([Type.Literal('friendly'), Type.Literal('professional')]),
    business_name: MaybeText,
    help_center: Type.Optional(Type.Object({ name: Text, slug: Text }, { additionalProperties: false })),
    allowed_domains: MaybeText,
    widget_color: MaybeText,
    website_url: MaybeText,
    hmac_mandatory: MaybeFlag,
    welcome_title: MaybeText,
    welcome_tagline: MaybeText,
    web_widget_script: MaybeText,
    website_token: MaybeText,
    selected_feature_flags: Nullable(Type.Array(Text)),
    reply_time: MaybeText,
    messaging_service_sid: MaybeText,
    phone_number: MaybeText,
    provider: MaybeText,
    hmac_token: Type.Optional(Type.String({ description: 'For administrators' })),
    webhook_secret: Type.Optional(
      Type.String({ description: 'With which deliveries to webhook_url are signed; for administrators' }),
    ),
    webhook_url: Type.Optional(MaybeText),
    inbox_identifier: Type.Optional(Text),
    additional_attributes: Type.Optional(Bag),
    pre_chat_form_enabled: Type.Optional(MaybeFlag),
    pre_chat_form_options: Type.Optional(Bag),
    continuity_via_email: Type.Optional(Type.Boolean()),
  },
  { title: 'Inbox', additionalProperties: false },
)

const Channel = Type.Partial(
  Type.Object({
    type: Type.String({ description: 'api or web_widget' }),
    webhook_url: MaybeText,
    hmac_mandatory: MaybeFlag,
    additional_attributes: Nullable(Bag),
    website_url: MaybeText,
    widget_color: MaybeText,
    welcome_title: MaybeText,
    welcome_tagline: MaybeText,
    reply_time: Nullable(Choice(REPLY_TIMES)),
    pre_chat_form_enabled: MaybeFlag,
    pre_chat_form_options: Nullable(Bag),
    continuity_via_email: MaybeFlag,
    allowed_domains: MaybeText,
    selected_feature_flags: Type.Array(Choice(WIDGET_FLAGS)),
  }),
)

const CsatConfig = Type.Partial(
  Type.Object({
    display_type: MaybeText,
    message: MaybeText,
    button_text: MaybeText,
    language: MaybeText,
    survey_rules: Type.Partial(Type.Object({ operator: MaybeText, values: Type.Array(Text) })),
    template: Bag,
  }),
)

const settings = {
  name: MaybeText,
  avatar: File,
  greeting_enabled: MaybeFlag,
  greeting_message: MaybeText,
  enable_email_collect: MaybeFlag,
  csat_survey_enabled: MaybeFlag,
  csat_config: CsatConfig,
  enable_auto_assignment: MaybeFlag,
  auto_assignment_config: Type.Partial(Type.Object({ max_assignment_limit: Scalar })),
  working_hours_enabled: MaybeFlag,
  out_of_office_message: MaybeText,
  timezone: Nullable(Type.String({ description: 'A name of the tz database: Asia/Kolkata' })),
  allow_messages_after_resolved: MaybeFlag,
  lock_to_single_conversation: MaybeFlag,
  portal_id: MaybeNumber,
  sender_name_type: Nullable(Choice(SENDER_NAME_TYPES)),
  business_name: MaybeText,
  channel: Nullable(Channel),
}

// @NOTE clients send the text "null" where they mean null (app/controllers/api/v1/accounts/inboxes_controller.rb).
export const InboxBody = Type.Partial(Type.Object(settings), { 'x-null-text': true })
export const InboxChangeBody = Type.Partial(
  Type.Object({ ...settings, working_hours: Type.Array(Type.Partial(WorkingHour)) }),
  { 'x-null-text': true },
)
