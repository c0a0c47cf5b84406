import Type from 'typebox'
import { Bag, Choice, Empty, Iso, Nullable, operation, Unix } from '../../http/operation.ts'
import { ConversationPush, MessagePush, UserSender } from '../schemas.ts'
import { listNotifications, unreadNotificationCount } from './list.query.ts'
import { accessNotificationSetting, updateNotificationSetting } from './notification-setting.model.ts'
import {
  accessNotification,
  destroyAllNotifications,
  destroyNotification,
  readAllNotifications,
  readNotification,
  snoozeNotification,
  unreadNotification,
} from './notification.model.ts'
import {
  ALL_EMAIL_FLAGS,
  ALL_PUSH_FLAGS,
  presentNotificationRow,
  presentNotificationSetting,
} from './notification.presenter.ts'
import { NOTIFICATION_TYPES } from './notification.types.ts'

const closed = { additionalProperties: false } as const
const NotificationType = Choice(NOTIFICATION_TYPES)

const Notification = Type.Object(
  {
    id: Type.Integer(),
    notification_type: NotificationType,
    push_message_title: Type.String(),
    push_message_body: Type.String(),
    primary_actor_type: Type.String(),
    primary_actor_id: Type.Integer(),
    primary_actor: ConversationPush,
    read_at: Nullable(Iso),
    secondary_actor: Nullable(MessagePush),
    user: UserSender,
    created_at: Unix,
    last_activity_at: Unix,
    snoozed_until: Nullable(Iso),
    meta: Bag,
  },
  { title: 'Notification', ...closed },
)

const NotificationRow = Type.Object(
  {
    id: Type.Integer(),
    account_id: Type.Integer(),
    user_id: Type.Integer(),
    notification_type: NotificationType,
    primary_actor_type: Type.String(),
    primary_actor_id: Type.Integer(),
    secondary_actor_type: Nullable(Type.String()),
    secondary_actor_id: Nullable(Type.Integer()),
    read_at: Nullable(Iso),
    created_at: Iso,
    updated_at: Iso,
    snoozed_until: Nullable(Iso),
    last_activity_at: Nullable(Iso),
    meta: Bag,
  },
  { title: 'NotificationRow', ...closed },
)

const Flags = Type.Array(Type.String())
const NotificationSetting = Type.Object(
  {
    id: Type.Integer(),
    user_id: Type.Integer(),
    account_id: Type.Integer(),
    all_email_flags: Flags,
    selected_email_flags: Flags,
    all_push_flags: Flags,
    selected_push_flags: Flags,
  },
  { title: 'NotificationSetting', ...closed },
)

/** `read` and `snoozed` ones are left out of a list unless asked for. */
const Includes = Type.Optional(Nullable(Type.Array(Type.String())))

export const notificationOperations = [
  operation({
    id: 'notifications.index',
    route: 'GET /api/v1/accounts/:account_id/notifications',
    summary: 'List the notifications of the caller',
    description: 'By fifteen, newest first, without those that were read or snoozed unless `includes[]` asks for them.',
    access: 'agent',
    query: Type.Object({
      page: Type.Optional(Type.String()),
      includes: Includes,
      sort_order: Type.Optional(Type.String({ description: '`asc` for the oldest first' })),
    }),
    reply: Type.Object({
      data: Type.Object({
        meta: Type.Object(
          {
            unread_count: Type.Integer(),
            count: Type.Integer(),
            current_page: Type.Union([Type.Integer(), Type.String()]),
          },
          closed,
        ),
        payload: Type.Array(Notification),
      }),
    }),
    handle: (ctx, { query }) => listNotifications(ctx, query),
  }),
  operation({
    id: 'notifications.unread_count',
    route: 'GET /api/v1/accounts/:account_id/notifications/unread_count',
    summary: 'Count the unread notifications of the caller',
    access: 'agent',
    query: Type.Object({ includes: Includes }),
    reply: Type.Integer(),
    handle: (ctx, { query }) => unreadNotificationCount(ctx, query),
  }),
  operation({
    id: 'notifications.update',
    route: 'PATCH /api/v1/accounts/:account_id/notifications/:id',
    summary: 'Mark a notification as read',
    access: 'agent',
    reply: NotificationRow,
    handle: async (ctx, { params }) =>
      presentNotificationRow(await readNotification(ctx, await accessNotification(ctx, params.id))),
  }),
  operation({
    id: 'notifications.unread',
    route: 'POST /api/v1/accounts/:account_id/notifications/:id/unread',
    summary: 'Mark a notification as unread',
    access: 'agent',
    reply: NotificationRow,
    handle: async (ctx, { params }) =>
      presentNotificationRow(await unreadNotification(ctx, await accessNotification(ctx, params.id))),
  }),
  operation({
    id: 'notifications.snooze',
    route: 'POST /api/v1/accounts/:account_id/notifications/:id/snooze',
    summary: 'Put a notification off',
    description: 'It counts as unread again at that time.',
    example: { snoozed_until: 1798102800 },
    access: 'agent',
    body: Type.Object({ snoozed_until: Type.Optional(Nullable(Unix)) }),
    reply: NotificationRow,
    handle: async (ctx, { params, body }) => {
      const notification = await accessNotification(ctx, params.id)
      const until = typeof body.snoozed_until === 'number' ? new Date(body.snoozed_until * 1000) : null
      return presentNotificationRow(await snoozeNotification(ctx, notification, until))
    },
  }),
  operation({
    id: 'notifications.destroy',
    route: 'DELETE /api/v1/accounts/:account_id/notifications/:id',
    summary: 'Delete a notification',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) => destroyNotification(ctx, await accessNotification(ctx, params.id)),
  }),
  operation({
    id: 'notifications.read_all',
    route: 'POST /api/v1/accounts/:account_id/notifications/read_all',
    summary: 'Mark all notifications as read, or those of one conversation',
    description: 'For one conversation send `primary_actor_type: "Conversation"` and its database id.',
    example: { primary_actor_type: 'Conversation', primary_actor_id: 1 },
    access: 'agent',
    body: Type.Object({
      primary_actor_type: Type.Optional(Nullable(Type.String())),
      primary_actor_id: Type.Optional(Nullable(Type.Integer())),
    }),
    reply: Empty,
    handle: (ctx, { body }) => readAllNotifications(ctx, body),
  }),
  operation({
    id: 'notifications.destroy_all',
    route: 'POST /api/v1/accounts/:account_id/notifications/destroy_all',
    summary: 'Delete all notifications, or those that were read',
    description: '`type: "read"` deletes those that were read; anything else deletes all.',
    example: { type: 'read' },
    access: 'agent',
    body: Type.Object({ type: Type.Optional(Nullable(Type.String({ description: '`read` leaves the unread ones' }))) }),
    reply: Empty,
    handle: (ctx, { body }) => destroyAllNotifications(ctx, body.type),
  }),
  operation({
    id: 'notification_settings.show',
    route: 'GET /api/v1/accounts/:account_id/notification_settings',
    summary: 'Show what the caller wants to be told of',
    access: 'agent',
    reply: NotificationSetting,
    handle: async (ctx) => presentNotificationSetting(await accessNotificationSetting(ctx)),
  }),
  operation({
    id: 'notification_settings.update',
    route: 'PATCH /api/v1/accounts/:account_id/notification_settings',
    summary: 'Choose what to be told of',
    description: 'Replaces both lists; one that is left out is emptied.',
    example: {
      selected_email_flags: ['email_conversation_assignment'],
      selected_push_flags: ['push_assigned_conversation_new_message'],
    },
    access: 'agent',
    wrapper: 'notification_settings',
    flat: [],
    body: Type.Object({
      selected_email_flags: Type.Optional(Nullable(Type.Array(Choice(ALL_EMAIL_FLAGS)))),
      selected_push_flags: Type.Optional(Nullable(Type.Array(Choice(ALL_PUSH_FLAGS)))),
    }),
    reply: NotificationSetting,
    handle: async (ctx, { body }) =>
      presentNotificationSetting(await updateNotificationSetting(ctx, await accessNotificationSetting(ctx), body)),
  }),
]
