import type { Push } from '../../events/reactions.ts'
import type { PushScope } from '../realtime/push-scope.query.ts'
import { sql } from 'kysely'
import { listed } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { EventData } from '../../vocabulary/events.ts'
import { notificationPicture } from './notification.presenter.ts'
import {
  messageIdOf,
  NOTIFICATION_COLUMNS,
  TOLD_MESSAGE_ID,
  UNREAD,
  type NotificationRow,
} from './notification.query.ts'

type About = EventData<'notification.created'>

const counted = new WeakMap<PushScope, Map<number, Promise<number>>>()

/** Counted once for all that one commit has to say to a person, who may just have deleted hundreds. */
function unreadCountOf(scope: PushScope, { user_id: userId }: About): Promise<number> {
  const known = counted.get(scope) ?? new Map<number, Promise<number>>()
  counted.set(scope, known)
  const count = known.get(userId) ?? countUnread(scope, userId)
  known.set(userId, count)
  return count
}

async function countUnread(scope: PushScope, userId: number): Promise<number> {
  const rows = await runPrepared(
    scope.app.database.kysely,
    sql<{ unread_count: number }>`select count(*)::integer as unread_count from notifications n
    where n.user_id = ${userId} and n.account_id = ${scope.accountId} and ${UNREAD}`,
  )
  return rows[0]!.unread_count
}

/** Goes to the person it is for. Nothing is sent of one that is gone again. */
export async function notificationPush(scope: PushScope, data: About): Promise<Push | null> {
  const rows = await runPrepared(
    scope.app.database.kysely,
    sql<NotificationRow & { told_message_id: number | null; account_locale: number | null }>`
    select ${listed(NOTIFICATION_COLUMNS, 'n')}, ${TOLD_MESSAGE_ID} as told_message_id,
      (select locale from accounts a where a.id = n.account_id) as account_locale
    from notifications n where n.id = ${data.notification_id}`,
  )
  const row = rows[0]
  const user = await scope.user(data.user_id)
  const conversation = row && (await scope.conversation(row.primary_actor_id))
  if (!row || !conversation || !user?.pubsub_token) return null
  const messageId = messageIdOf(row)
  const picture = notificationPicture(
    scope.app,
    {
      row,
      user,
      conversation,
      message: messageId === null ? null : ((await scope.message(messageId)) ?? null),
      told: row.told_message_id === null ? null : ((await scope.message(row.told_message_id)) ?? null),
      account_locale: row.account_locale,
    },
    data.performer ? scope.accountId : null,
  )
  return { streams: [user.pubsub_token], data: { notification: picture, ...counts(await unreadCountOf(scope, data)) } }
}

export async function deletedNotificationPush(scope: PushScope, data: About): Promise<Push | null> {
  const token = await scope.userToken(data.user_id)
  if (!token) return null
  return {
    streams: [token],
    data: { notification: { id: data.notification_id }, ...counts(await unreadCountOf(scope, data)) },
  }
}

const counts = (unread: number) => ({ unread_count: unread, count: unread })
