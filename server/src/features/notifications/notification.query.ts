import { sql, type Kysely, type RawBuilder } from 'kysely'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import { readConversations, type ConversationView } from '../conversations/conversation.query.ts'
import { selectPushedMessages, type PushedMessageView } from '../messages/message.query.ts'
import { userJson } from '../pictures/picture.sql.ts'
import type { UserPicture } from '../pictures/picture.types.ts'

export const NOTIFICATION_COLUMNS = columns(
  'notifications',
  'id',
  'account_id',
  'user_id',
  'notification_type',
  'primary_actor_type',
  'primary_actor_id',
  'secondary_actor_type',
  'secondary_actor_id',
  'read_at',
  'created_at',
  'updated_at',
  'snoozed_until',
  'last_activity_at',
  'meta',
)

export interface NotificationRow extends Refine<
  Row<typeof NOTIFICATION_COLUMNS>,
  { meta: Record<string, unknown> | null }
> {}

/** A notification with all that any picture of it needs. */
export interface NotificationView extends NotificationRow {
  user: UserPicture
  inbox_name: string
  conversation: ConversationView
  /** The message it was made for. */
  message: PushedMessageView | null
  /** The message its text is about; for an assignment that is the last of the contact. */
  told_message: PushedMessageView | null
}

/** A condition over `n`. */
export const UNREAD = sql`n.read_at is null and n.snoozed_until is null`

/** Which message the text of `n` is about. */
export const TOLD_MESSAGE_ID = sql`case
  when n.notification_type in (1, 6) then (select min(m.id) from messages m where m.conversation_id = n.primary_actor_id)
  when n.notification_type in (3, 4, 5) then n.secondary_actor_id
  else coalesce(
    (select m.id from messages m where m.conversation_id = n.primary_actor_id and m.message_type = 0 order by m.id desc limit 1),
    (select m.id from messages m where m.conversation_id = n.primary_actor_id and m.message_type = 1 order by m.id desc limit 1))
  end`

export interface NotificationFilter {
  userId: number
  accountId: number
  read: boolean
  snoozed: boolean
}

/** A condition over `n`: those of one person in one account, with read and snoozed ones where asked for. */
export function notificationsOf({ userId, accountId, read, snoozed }: NotificationFilter): RawBuilder<unknown> {
  return sql`n.user_id = ${userId} and n.account_id = ${accountId}
    ${read ? sql`` : sql`and n.read_at is null`} ${snoozed ? sql`` : sql`and n.snoozed_until is null`}`
}

export interface NotificationCounts {
  count: number
  unread_count: number
}

export async function countNotifications(db: Kysely<DB>, where: RawBuilder<unknown>): Promise<NotificationCounts> {
  const rows = await runPrepared(db, sql<{ counts: NotificationCounts }>`select ${countsJson(where)} as counts`)
  return rows[0]!.counts
}

function countsJson(where: RawBuilder<unknown>): RawBuilder<NotificationCounts> {
  return sql`(select json_build_object('count', count(*), 'unread_count', count(*) filter (where n.read_at is null))
    from notifications n where ${where})`
}

type FoundRow = NotificationRow & {
  user: UserPicture
  inbox_name: string
  told_message_id: number | null
  counts: NotificationCounts
}

/** A page, with how many there are on all of them at that moment. Three statements, however many notifications there are. */
export async function selectPage(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  orderAndLimit: RawBuilder<unknown>,
): Promise<{ notifications: NotificationView[]; counts: NotificationCounts }> {
  const rows = await runPrepared(
    db,
    sql<FoundRow>`
    select ${listed(NOTIFICATION_COLUMNS, 'n')}, ${userJson(sql`n.user_id`, sql`n.account_id`)} as user, i.name as inbox_name,
      ${TOLD_MESSAGE_ID} as told_message_id, ${countsJson(where)} as counts
    from notifications n join conversations c on c.id = n.primary_actor_id join inboxes i on i.id = c.inbox_id
    where n.primary_actor_type = 'Conversation' and ${where} ${orderAndLimit}`,
  )
  return {
    notifications: await completeRows(db, rows),
    counts: rows[0]?.counts ?? (await countNotifications(db, where)),
  }
}

async function completeRows(db: Kysely<DB>, rows: FoundRow[]): Promise<NotificationView[]> {
  if (!rows.length) return []
  const conversationIds = [...new Set(rows.map((row) => row.primary_actor_id))]
  const conversations = new Map((await readConversations(db, conversationIds, 'push')).map((view) => [view.id, view]))
  const messageIds = new Set<number>()
  for (const row of rows) for (const id of [messageIdOf(row), row.told_message_id]) if (id !== null) messageIds.add(id)
  const messages = new Map<number, PushedMessageView>()
  if (messageIds.size) {
    for (const message of await selectPushedMessages(db, sql`m.id = any(${[...messageIds]}::integer[])`))
      messages.set(message.id, message)
  }
  const message = (id: number | null) => (id === null ? null : (messages.get(id) ?? null))
  return rows.flatMap(({ told_message_id: toldId, counts: _, ...row }) => {
    const conversation = conversations.get(row.primary_actor_id)
    return conversation
      ? [{ ...row, conversation, message: message(messageIdOf(row)), told_message: message(toldId) }]
      : []
  })
}

export function messageIdOf(row: Pick<NotificationRow, 'secondary_actor_type' | 'secondary_actor_id'>): number | null {
  return row.secondary_actor_type === 'Message' ? row.secondary_actor_id : null
}
