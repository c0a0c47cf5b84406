import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'
import { iso } from '../../lib/times.ts'
import { presentContactSender } from '../contacts/contact.presenter.ts'
import type { ConversationRecord } from '../conversations/conversation.model.ts'
import { labelsOf } from '../conversations/conversation.presenter.ts'
import { pictureColumns, picturesOf, type PictureColumns, type Pictures } from '../pictures.query.ts'
import { presentUserSender } from '../users/user.presenter.ts'
import { presentMessage } from './message.presenter.ts'
import { completeMessages, messageRows, OLDEST_FIRST, sourcesOf, type MessageRow } from './message.query.ts'

const PAGE = 20
const AFTER_PAGE = 100
const BETWEEN_PAGE = 1000

interface Range {
  before?: string | null
  after?: string | null
  filter_internal_messages?: string | null
}

/**
 * The ids are found first, on the index alone; then the page is read, oldest first, with all that is shown around it. Of messages
 * written in one moment a later id may have the earlier time.
 */
export async function listMessages(ctx: Context, conversation: ConversationRecord, range: Range) {
  const page = messageRows(sql`m.id in (${pageOf(conversation.id, range)})`, OLDEST_FIRST)
  const sources = sourcesOf('page')
  const { rows } = await sql<PictureColumns & { page: MessageRow[] | null }>`
    with page as materialized (${page})
    select (select json_agg(page) from page) as page, ${pictureColumns(sql`${conversation.account_id}::integer`, {
      ...sources,
      users: sql`${sources.users} union all select ${conversation.assignee_id}::integer`,
      contacts: sql`${sources.contacts} union all select ${conversation.contact_id}::integer`,
    })}`.execute(ctx.db)
  const pictures = picturesOf(rows[0]!)
  return {
    meta: presentMeta(ctx, conversation, pictures),
    payload: completeMessages(rows[0]!.page ?? [], pictures).map((message) => presentMessage(ctx.app, message)),
  }
}

function pageOf(conversationId: number, range: Range) {
  const inner = range.filter_internal_messages ? sql`and not p.private and p.message_type <> 2` : sql``
  const of = sql`select p.id from messages p where p.conversation_id = ${conversationId} ${inner}`
  const before = range.before ? idOf(range.before) : null
  const after = range.after ? idOf(range.after) : null
  if (before !== null && after !== null) {
    return sql`${of} and p.id >= ${after} and p.id < ${before} order by p.id limit ${BETWEEN_PAGE}`
  }
  if (before !== null) return sql`${of} and p.id < ${before} order by p.id desc limit ${PAGE}`
  if (after !== null) return sql`${of} and p.id > ${after} order by p.id limit ${AFTER_PAGE}`
  return sql`${of} order by p.id desc limit ${PAGE}`
}

/** Text is read by its leading digits; without any it is 0. */
export function idOf(text: string): number {
  return Math.min(Number(/^\s*\d{1,15}/.exec(text)?.[0] ?? 0), 2_147_483_647)
}

function presentMeta(ctx: Context, conversation: ConversationRecord, pictures: Pictures) {
  const contact = pictures.contacts.get(conversation.contact_id)
  const assignee = conversation.assignee_id === null ? undefined : pictures.users.get(conversation.assignee_id)
  return {
    labels: labelsOf(conversation),
    additional_attributes: conversation.additional_attributes,
    ...(contact && { contact: presentContactSender(ctx.app, contact) }),
    ...(assignee && { assignee: presentUserSender(ctx.app, assignee, conversation.account_id) }),
    agent_last_seen_at: iso(conversation.agent_last_seen_at),
    assignee_last_seen_at: iso(conversation.assignee_last_seen_at),
  }
}
