import type { Services } from '../../context/context.ts'
import { iso, unix } from '../../lib/times.ts'
import { presentContactSender, contactWebhook } from '../contacts/contact.presenter.ts'
import { presentBotSender, presentUserSender } from '../users/user.presenter.ts'
import { presentAttachment } from './attachment.presenter.ts'
import type { MessageView, PushedMessageView, ShownMessage } from './message.query.ts'

export const MESSAGE_TYPES = ['incoming', 'outgoing', 'activity', 'template'] as const
export const MESSAGE_STATUSES = ['sent', 'delivered', 'read', 'failed'] as const
export const CONTENT_TYPES = [
  'text',
  'input_text',
  'input_textarea',
  'input_email',
  'input_select',
  'cards',
  'form',
  'article',
  'incoming_email',
  'input_csat',
  'integrations',
  'sticker',
  'voice_call',
] as const

export type MessageType = (typeof MESSAGE_TYPES)[number]
export type ContentType = (typeof CONTENT_TYPES)[number]
export const contentTypeName = (number: number): ContentType => CONTENT_TYPES[number] ?? 'text'
export const contentTypeNumber = (name: ContentType): number => CONTENT_TYPES.indexOf(name)

/** Rails kept these as JSON text inside JSON in older rows. */
export function contentAttributes(message: { content_attributes: unknown }): Record<string, any> {
  const value = message.content_attributes
  if (typeof value !== 'string') return (value as Record<string, any> | null) ?? {}
  try {
    return (JSON.parse(value) as Record<string, any> | null) ?? {}
  } catch {
    return {}
  }
}

/** A message in the Application API. `echo_id` is known to the call that wrote it only. */
export function presentMessage(app: Services, message: ShownMessage, { echoId }: { echoId?: string | undefined } = {}) {
  const sender = presentSender(app, message, message.account_id)
  return {
    id: message.id,
    content: message.content,
    inbox_id: message.inbox_id,
    ...(echoId !== undefined && { echo_id: echoId }),
    conversation_id: message.display_id,
    message_type: message.message_type,
    content_type: contentTypeName(message.content_type),
    status: MESSAGE_STATUSES[message.status] ?? 'sent',
    content_attributes: contentAttributes(message),
    created_at: unix(message.created_at),
    private: message.private,
    source_id: message.source_id,
    ...(sender && { sender }),
    ...(message.attachments && { attachments: message.attachments.map((file) => presentAttachment(app, file)) }),
  }
}

/** A message as a visitor sees it. */
export function presentPublicMessage(app: Services, message: ShownMessage) {
  const sender = presentSender(app, message, null)
  return {
    id: message.id,
    content: message.content,
    message_type: message.message_type,
    content_type: contentTypeName(message.content_type),
    content_attributes: contentAttributes(message),
    created_at: unix(message.created_at),
    conversation_id: message.display_id,
    ...(message.attachments && { attachments: message.attachments.map((file) => presentAttachment(app, file)) }),
    ...(sender && { sender }),
  }
}

/** Every column, as the cable and the conversation lists carry it. */
export function messagePush(
  app: Services,
  message: PushedMessageView,
  accountContext: number | null = message.account_id,
) {
  const sender = presentSender(app, message, accountContext)
  return {
    id: message.id,
    content: message.content,
    account_id: message.account_id,
    inbox_id: message.inbox_id,
    conversation_id: message.display_id,
    message_type: message.message_type,
    created_at: unix(message.created_at),
    updated_at: iso(message.updated_at),
    private: message.private,
    status: MESSAGE_STATUSES[message.status] ?? 'sent',
    source_id: message.source_id,
    content_type: contentTypeName(message.content_type),
    content_attributes: contentAttributes(message),
    sender_type: message.sender_type,
    sender_id: message.sender_id,
    external_source_ids: message.external_source_ids ?? {},
    additional_attributes: message.additional_attributes ?? {},
    processed_message_content: message.processed_message_content,
    sentiment: message.sentiment ?? {},
    conversation: {
      assignee_id: message.assignee_id,
      unread_count: message.unread_count,
      last_activity_at: unix(message.conversation_last_activity_at),
      contact_inbox: { source_id: message.contact_source_id },
    },
    ...(message.attachments && { attachments: message.attachments.map((file) => presentAttachment(app, file)) }),
    ...(sender && { sender }),
  }
}

export function presentSender(app: Services, message: ShownMessage, accountId: number | null) {
  if (message.user) return presentUserSender(app, message.user, accountId)
  if (message.contact) return presentContactSender(app, message.contact)
  return message.bot ? presentBotSender(app, message.bot) : undefined
}

/** The sender as webhooks carry it. */
export function senderWebhook(app: Services, message: MessageView, account: { id: number; name: string }) {
  if (message.user) {
    const { id, name, email } = message.user as typeof message.user & { email: string }
    return { id, name, email, type: 'user' }
  }
  if (message.contact) return contactWebhook(app, message.contact, account)
  return message.bot ? { id: message.bot.id, name: message.bot.name, type: 'agent_bot' } : null
}
