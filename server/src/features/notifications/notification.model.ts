import { sql } from 'kysely'
import { prepared, runPrepared } from '../../db/prepared.ts'
import type { Context, MemberContext } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { isToldOf } from '../conversations/visibility.query.ts'
import { NOTIFICATION_COLUMNS, type NotificationRow } from './notification.query.ts'
import { notificationTypeNumber, type NotificationType } from './notification.types.ts'

/** Who is to hear of what. */
export interface Receiver {
  user_id: number
  type: NotificationType
}

interface Told {
  account_id: number
  inbox_id: number
  team_id: number | null
  conversation_id: number
  message_id: number | null
  user_ids: number[]
  types: number[]
  watching: number
  at: Date
}

const replaceNotifications = prepared<Told, { id: number; user_id: number; is_new: boolean }>(
  (value) => sql`
    with receiver as (
      select r.* from unnest(${value.user_ids}::integer[], ${value.types}::integer[]) with ordinality as r(user_id, type, place)
      join account_users au on au.account_id = ${value.account_id}::integer and au.user_id = r.user_id
      where r.type <> ${value.watching}::integer or ${isToldOf(value)}
    ), older as (
      delete from notifications n using receiver r
      where n.primary_actor_type = 'Conversation' and n.primary_actor_id = ${value.conversation_id}::bigint
        and n.account_id = ${value.account_id}::integer and n.user_id = r.user_id
      returning n.id, n.user_id
    ), newer as (
      insert into notifications (account_id, user_id, notification_type, primary_actor_type, primary_actor_id,
        secondary_actor_type, secondary_actor_id, created_at, updated_at, last_activity_at)
      select ${value.account_id}, r.user_id, r.type, 'Conversation', ${value.conversation_id},
        case when ${value.message_id}::bigint is not null then 'Message' end, ${value.message_id}, ${value.at}::timestamp, ${value.at}, ${value.at}
      from receiver r order by r.place returning id, user_id
    )
    select id, user_id, true as is_new from newer union all select id, user_id, false from older`,
)

/**
 * Tells people of the account about a conversation, or a message of it. Only the newest notification of each survives. A
 * blocked contact is worth no notification, but being mentioned is. Who still watches what they may no longer see is told nothing.
 */
export async function createNotifications(
  ctx: Context,
  conversation: ConversationRecord,
  wanted: Receiver[],
  messageId: number | null = null,
): Promise<void> {
  const receivers = wanted.filter(({ type }) => !conversation.contact_blocked || type === 'conversation_mention')
  if (!receivers.length) return
  const rows = await replaceNotifications(ctx.db, {
    account_id: conversation.account_id,
    inbox_id: conversation.inbox_id,
    team_id: conversation.team_id,
    conversation_id: conversation.id,
    message_id: messageId,
    user_ids: receivers.map((receiver) => receiver.user_id),
    types: receivers.map(({ type }) => notificationTypeNumber(type)),
    watching: notificationTypeNumber('participating_conversation_new_message'),
    at: ctx.app.now(),
  })
  for (const row of rows) {
    ctx.emit(row.is_new ? 'notification.created' : 'notification.deleted', {
      account_id: conversation.account_id,
      user_id: row.user_id,
      notification_id: row.id,
    })
  }
}

/** A notification of the caller in this account. */
export async function accessNotification(ctx: MemberContext, id: number): Promise<NotificationRow> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('notifications')
      .select(NOTIFICATION_COLUMNS)
      .$narrowType<Pick<NotificationRow, 'meta'>>()
      .where('id', '=', id)
      .where('user_id', '=', ctx.user.id)
      .where('account_id', '=', ctx.account.id)
      .forUpdate(),
  )
  if (!rows[0]) throw new NotFoundError()
  return rows[0]
}

export function readNotification(ctx: Context, notification: NotificationRow): Promise<NotificationRow> {
  return changeNotification(ctx, notification, { read_at: ctx.app.now() })
}

export function unreadNotification(ctx: Context, notification: NotificationRow): Promise<NotificationRow> {
  return changeNotification(ctx, notification, { read_at: null })
}

export async function snoozeNotification(
  ctx: Context,
  notification: NotificationRow,
  until: Date | null,
): Promise<NotificationRow> {
  if (!until) return notification
  return changeNotification(ctx, notification, {
    snoozed_until: until,
    meta: { ...notification.meta, last_snoozed_at: null },
  })
}

/** Brings back those whose time has come. */
export async function wakeNotifications(ctx: Context): Promise<void> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .updateTable('notifications')
      .set({
        snoozed_until: null,
        read_at: null,
        updated_at: sql`clock_timestamp()`,
        last_activity_at: sql`clock_timestamp()`,
        meta: sql`coalesce(meta, '{}') || jsonb_build_object('last_snoozed_at', to_char(snoozed_until, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`,
      })
      .where('snoozed_until', '<=', ctx.app.now())
      .returning(['id', 'user_id', 'account_id']),
  )
  for (const { id, ...row } of rows) ctx.emit('notification.updated', { ...row, notification_id: id })
}

interface NotificationChanges {
  read_at?: Date | null
  snoozed_until?: Date | null
  meta?: Record<string, unknown>
}

async function changeNotification(
  ctx: Context,
  notification: NotificationRow,
  changes: NotificationChanges,
): Promise<NotificationRow> {
  const changed = { ...notification, ...changes, updated_at: ctx.app.now() }
  await ctx.db
    .updateTable('notifications')
    .set({
      read_at: changed.read_at,
      snoozed_until: changed.snoozed_until,
      meta: JSON.stringify(changed.meta ?? {}),
      updated_at: changed.updated_at,
    })
    .where('id', '=', notification.id)
    .execute()
  ctx.emit('notification.updated', idsOf(notification))
  return changed
}

export async function destroyNotification(ctx: Context, notification: NotificationRow): Promise<void> {
  await ctx.db.deleteFrom('notifications').where('id', '=', notification.id).execute()
  ctx.emit('notification.deleted', idsOf(notification))
}

/** All of them, or those of one conversation. Told to nobody, as in Chatwoot. */
export async function readAllNotifications(
  ctx: MemberContext,
  {
    primary_actor_type: type,
    primary_actor_id: id,
  }: { primary_actor_type?: string | null; primary_actor_id?: number | null },
): Promise<void> {
  const unread = ctx.db
    .updateTable('notifications')
    .set({ read_at: ctx.app.now() })
    .where('user_id', '=', ctx.user.id)
    .where('account_id', '=', ctx.account.id)
    .where('read_at', 'is', null)
  const wanted = type && id ? unread.where('primary_actor_type', '=', type).where('primary_actor_id', '=', id) : unread
  await runPrepared(ctx.db, wanted)
}

/** Those of this account, where Chatwoot deletes those of all accounts. `read` leaves the unread ones. */
export async function destroyAllNotifications(ctx: MemberContext, type: string | null | undefined): Promise<void> {
  const all = ctx.db
    .deleteFrom('notifications')
    .where('user_id', '=', ctx.user.id)
    .where('account_id', '=', ctx.account.id)
    .returning('id')
  const rows = await runPrepared(ctx.db, type === 'read' ? all.where('read_at', 'is not', null) : all)
  for (const { id } of rows) {
    ctx.emit('notification.deleted', { account_id: ctx.account.id, user_id: ctx.user.id, notification_id: id })
  }
}

function idsOf(notification: NotificationRow) {
  return { account_id: notification.account_id, user_id: notification.user_id, notification_id: notification.id }
}
