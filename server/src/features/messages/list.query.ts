import { sql, type Kysely } from 'kysely'
import type { DB } from '../../db/schema.ts'
import type { Context } from '../../http/context.ts'
import { iso } from '../../lib/times.ts'
import { presentContactSender } from '../contacts/contact.presenter.ts'
import type { ConversationRecord } from '../conversations/conversation.model.ts'
import { labelsOf } from '../conversations/conversation.presenter.ts'
import { contactJson, userJson } from '../pictures.sql.ts'
import { presentUserSender, type UserPicture } from '../users/user.presenter.ts'
import { selectMessages, type ContactPicture, type MessageView } from './message.query.ts'

const PAGE = 20
const AFTER_PAGE = 100
const BETWEEN_PAGE = 1000

interface Range {
  before?: string | null
  after?: string | null
  filter_internal_messages?: string | null
}

/** The ids are found first, on the index alone; then the page is read, oldest first. */
export async function listMessages(db: Kysely<DB>, conversationId: number, range: Range): Promise<MessageView[]> {
  const inner = range.filter_internal_messages ? sql`and not p.private and p.message_type <> 2` : sql``
  const of = sql`select p.id from messages p where p.conversation_id = ${conversationId} ${inner}`
  const before = range.before ? idOf(range.before) : null
  const after = range.after ? idOf(range.after) : null
  const page =
    before !== null && after !== null
      ? sql`${of} and p.id >= ${after} and p.id < ${before} order by p.id limit ${BETWEEN_PAGE}`
      : before !== null
        ? sql`${of} and p.id < ${before} order by p.id desc limit ${PAGE}`
        : after !== null
          ? sql`${of} and p.id > ${after} order by p.id limit ${AFTER_PAGE}`
          : sql`${of} order by p.id desc limit ${PAGE}`
  return selectMessages(db, sql`m.id in (${page})`, sql`order by m.id`)
}

/** Text is read by its leading digits; without any it is 0. */
export function idOf(text: string): number {
  return Math.min(Number(/^\s*\d{1,15}/.exec(text)?.[0] ?? 0), 2_147_483_647)
}

export async function presentMessagesMeta(ctx: Context, conversation: ConversationRecord) {
  const { rows } = await sql<{ contact: ContactPicture | null; assignee: UserPicture | null }>`
    select ${contactJson(sql`${conversation.contact_id}::integer`)} as contact,
      ${userJson(sql`${conversation.assignee_id}::integer`, sql`${conversation.account_id}::integer`)} as assignee`.execute(ctx.db)
  const { contact, assignee } = rows[0]!
  return {
    labels: labelsOf(conversation),
    additional_attributes: conversation.additional_attributes,
    ...(contact && { contact: presentContactSender(ctx.app, contact) }),
    ...(assignee && { assignee: presentUserSender(ctx.app, assignee, conversation.account_id) }),
    agent_last_seen_at: iso(conversation.agent_last_seen_at),
    assignee_last_seen_at: iso(conversation.assignee_last_seen_at),
  }
}
