import { cacheKeysPush } from '../features/accounts/cache-key.model.ts'
import { contactPush, contactWebhookPayload, deletedContactPush } from '../features/contacts/contact.events.ts'
import {
  conversationAgentsPush,
  conversationEveryonePush,
  conversationPayload,
  conversationUpdatedPayload,
  isWorthAnActivity,
  mentionedPush,
  statusChangedPayload,
  typingPayload,
  typingPush,
} from '../features/conversations/conversation.events.ts'
import {
  isWebhookSendable,
  messageAgentsPush,
  messagePayload,
  messagePushes,
} from '../features/messages/message.events.ts'
import { deletedNotificationPush, notificationPush } from '../features/notifications/notification.events.ts'
import type { PushScope } from '../features/realtime/push-scope.query.ts'
import type { ReactionsByName } from '../events/reactions.ts'

const all = ['account', 'inbox', 'bot'] as const

/** Events by name, and who reacts. A name without a row does not compile. */
export const reactions = {
  'message.created': {
    cable: { push: messagePushes },
    webhook: { name: 'message_created', to: [...all], payload: messagePayload, if: isWebhookSendable },
  },
  'message.updated': {
    cable: { push: messagePushes },
    webhook: { name: 'message_updated', to: [...all], payload: messagePayload, if: isWebhookSendable },
    later: [{ job: 'csat.record', if: (data) => 'content_attributes' in data.changes && data.message_type === 3 }],
  },
  'first.reply.created': { cable: { push: messageAgentsPush } },
  'conversation.created': {
    cable: { push: conversationEveryonePush },
    webhook: { name: 'conversation_created', to: ['account', 'inbox'], payload: conversationPayload },
    later: [{ job: 'notifications.conversation_created' }],
  },
  'conversation.updated': {
    cable: { push: conversationEveryonePush, rebuilt: true },
    webhook: { name: 'conversation_updated', to: ['account', 'inbox'], payload: conversationUpdatedPayload },
    later: [{ job: 'conversations.write_activities', if: isWorthAnActivity }],
  },
  'conversation.status_changed': {
    cable: { push: conversationEveryonePush, rebuilt: true },
    webhook: { name: 'conversation_status_changed', to: ['account', 'inbox'], payload: statusChangedPayload },
  },
  'conversation.opened': { webhook: { name: 'conversation_opened', to: ['bot'], payload: conversationPayload } },
  'conversation.resolved': {
    webhook: { name: 'conversation_resolved', to: ['bot'], payload: conversationPayload },
    later: [{ job: 'csat.send_survey' }],
  },
  'conversation.read': { cable: { push: conversationAgentsPush, rebuilt: true } },
  'conversation.contact_changed': { cable: { push: conversationAgentsPush } },
  'conversation.mentioned': { cable: { push: mentionedPush } },
  'conversation.typing_on': {
    cable: { push: typingPush },
    webhook: { name: 'conversation_typing_on', to: ['account', 'inbox'], payload: typingPayload },
  },
  'conversation.typing_off': {
    cable: { push: typingPush },
    webhook: { name: 'conversation_typing_off', to: ['account', 'inbox'], payload: typingPayload },
  },
  'assignee.changed': {
    cable: { push: conversationAgentsPush, rebuilt: true },
    later: [{ job: 'notifications.conversation_assigned' }],
  },
  'team.changed': { cable: { push: conversationAgentsPush, rebuilt: true } },
  'contact.created': {
    cable: { push: contactPush },
    webhook: { name: 'contact_created', to: ['account'], payload: contactWebhookPayload },
  },
  'contact.updated': {
    cable: { push: contactPush },
    webhook: {
      name: 'contact_updated',
      to: ['account'],
      payload: contactWebhookPayload,
      if: (data) => Object.keys(data.changes).length > 0,
    },
  },
  'contact.merged': { cable: { push: contactPush } },
  'contact.deleted': { cable: { push: deletedContactPush } },
  'notification.created': { cable: { push: notificationPush } },
  'notification.updated': { cable: { push: notificationPush } },
  'notification.deleted': { cable: { push: deletedNotificationPush } },
  'account.cache_invalidated': { cable: { push: cacheKeysPush } },
} satisfies ReactionsByName<PushScope>
