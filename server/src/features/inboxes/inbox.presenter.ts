import type { Context } from '../../context/context.ts'
import { webhookSecret } from '../webhooks/webhook.secret.ts'
import type { InboxRecord } from './inbox.query.ts'
import { presentWebsiteChannel } from './website-channel.query.ts'

export const SENDER_NAME_TYPES = ['friendly', 'professional'] as const

/** An inbox as its members see it; administrators see the channel's secrets too. */
export function presentInbox(ctx: Context, inbox: InboxRecord) {
  const { channel, website } = inbox
  return {
    id: inbox.id,
    avatar_url: ctx.app.files.avatarUrl(inbox.avatar),
    channel_id: inbox.channel_id,
    name: inbox.name,
    channel_type: inbox.channel_type,
    greeting_enabled: inbox.greeting_enabled,
    greeting_message: inbox.greeting_message,
    working_hours_enabled: inbox.working_hours_enabled,
    enable_email_collect: inbox.enable_email_collect,
    csat_survey_enabled: inbox.csat_survey_enabled,
    csat_config: inbox.csat_config ?? {},
    enable_auto_assignment: inbox.enable_auto_assignment,
    auto_assignment_config: inbox.auto_assignment_config ?? {},
    out_of_office_message: inbox.out_of_office_message,
    working_hours: inbox.working_hours ?? [],
    timezone: inbox.timezone,
    callback_webhook_url: null,
    allow_messages_after_resolved: inbox.allow_messages_after_resolved,
    lock_to_single_conversation: inbox.lock_to_single_conversation,
    sender_name_type: SENDER_NAME_TYPES[inbox.sender_name_type] ?? 'friendly',
    business_name: inbox.business_name,
    ...(inbox.help_center && { help_center: inbox.help_center }),
    ...NO_CHANNEL,
    ...(channel && {
      hmac_mandatory: channel.hmac_mandatory,
      ...(ctx.isAdministrator && {
        hmac_token: channel.hmac_token,
        webhook_secret: webhookSecret(ctx.app.config, 'inbox', inbox.id),
      }),
      webhook_url: channel.webhook_url,
      inbox_identifier: channel.identifier,
      additional_attributes: channel.additional_attributes ?? {},
    }),
    ...(website && presentWebsiteChannel(ctx, website)),
  }
}

/** Every inbox has these keys; what its channel lacks is null. */
const NO_CHANNEL = {
  allowed_domains: null,
  widget_color: null,
  website_url: null,
  hmac_mandatory: null,
  welcome_title: null,
  welcome_tagline: null,
  web_widget_script: null,
  website_token: null,
  selected_feature_flags: null,
  reply_time: null,
  messaging_service_sid: null,
  phone_number: null,
  provider: null,
}
