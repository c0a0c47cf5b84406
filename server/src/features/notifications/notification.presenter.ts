import type { Services } from '../../context/context.ts'
import { iso, unix } from '../../lib/times.ts'
import { conversationPush } from '../conversations/conversation.presenter.ts'
import type { ConversationView } from '../conversations/conversation.query.ts'
import { messagePush } from '../messages/message.presenter.ts'
import type { PushedMessageView } from '../messages/message.query.ts'
import { presentUserSender } from '../users/user.presenter.ts'
import type { UserPicture } from '../pictures/picture.types.ts'
import type { NotificationRow, NotificationView } from './notification.query.ts'
import { notificationBody, notificationTitle } from './notification.text.ts'
import { NOTIFICATION_TYPES, notificationTypeName } from './notification.types.ts'

/** A notification in the list. */
export function presentNotification(app: Services, notification: NotificationView, locale: number | null) {
  const type = notificationTypeName(notification.notification_type)
  return {
    id: notification.id,
    notification_type: type,
    push_message_title: notificationTitle(locale, type, notification.conversation.display_id, notification.inbox_name),
    push_message_body: notificationBody(locale, notification.told_message),
    primary_actor_type: notification.primary_actor_type,
    primary_actor_id: notification.primary_actor_id,
    primary_actor: conversationPush(app, notification.conversation, notification.account_id),
    read_at: iso(notification.read_at),
    secondary_actor: notification.message && messagePush(app, notification.message),
    user: presentUserSender(app, notification.user, notification.account_id),
    created_at: unix(notification.created_at),
    last_activity_at: unix(notification.last_activity_at),
    snoozed_until: iso(notification.snoozed_until),
    meta: notification.meta ?? {},
  }
}

/** The whole row, as the verbs answer it. */
export function presentNotificationRow(row: NotificationRow) {
  return {
    id: row.id,
    account_id: row.account_id,
    user_id: row.user_id,
    notification_type: notificationTypeName(row.notification_type),
    primary_actor_type: row.primary_actor_type,
    primary_actor_id: row.primary_actor_id,
    secondary_actor_type: row.secondary_actor_type,
    secondary_actor_id: row.secondary_actor_id,
    read_at: iso(row.read_at),
    created_at: iso(row.created_at)!,
    updated_at: iso(row.updated_at)!,
    snoozed_until: iso(row.snoozed_until),
    last_activity_at: iso(row.last_activity_at),
    meta: row.meta ?? {},
  }
}

export interface NotificationPush {
  row: NotificationRow
  user: UserPicture
  conversation: ConversationView
  message: PushedMessageView | null
  told: PushedMessageView | null
  account_locale: number | null
}

/** On the cable. Title and body are the same text there, as in Chatwoot. */
export function notificationPicture(
  app: Services,
  { row, user, conversation, message, told, account_locale: locale }: NotificationPush,
  accountContext: number | null,
) {
  const text = notificationBody(locale, told)
  return {
    id: row.id,
    notification_type: notificationTypeName(row.notification_type),
    primary_actor_type: row.primary_actor_type,
    primary_actor_id: row.primary_actor_id,
    read_at: iso(row.read_at),
    secondary_actor: message && messagePush(app, message, accountContext),
    user: presentUserSender(app, user, accountContext),
    created_at: unix(row.created_at),
    last_activity_at: unix(row.last_activity_at),
    snoozed_until: iso(row.snoozed_until),
    meta: row.meta ?? {},
    account_id: row.account_id,
    primary_actor: conversationPush(app, conversation, accountContext),
    push_message_title: text,
    push_message_body: text,
  }
}

/** Flags are bits, in the order of the types. */
export function flagNames(channel: 'email' | 'push', flags: number): string[] {
  return NOTIFICATION_TYPES.filter((_, bit) => flags & (1 << bit)).map((type) => `${channel}_${type}`)
}

export const ALL_EMAIL_FLAGS = NOTIFICATION_TYPES.map((type) => `email_${type}` as const)
export const ALL_PUSH_FLAGS = NOTIFICATION_TYPES.map((type) => `push_${type}` as const)

export interface NotificationSettingRow {
  id: number
  user_id: number
  account_id: number
  email_flags: number
  push_flags: number
}

export function presentNotificationSetting(setting: NotificationSettingRow) {
  return {
    id: setting.id,
    user_id: setting.user_id,
    account_id: setting.account_id,
    all_email_flags: [...ALL_EMAIL_FLAGS],
    selected_email_flags: flagNames('email', setting.email_flags),
    all_push_flags: [...ALL_PUSH_FLAGS],
    selected_push_flags: flagNames('push', setting.push_flags),
  }
}
