import { sql } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { runOnce } from '../../db/prepared.ts'
import { readPage } from '../../http/params.ts'
import { unix } from '../../lib/times.ts'
import { byRank, hasWords, STATUSES } from '../articles/article.query.ts'
import { isResolved } from '../contacts/contact.query.ts'
import { isListed } from '../conversations/visibility.query.ts'
import { presentMessage } from '../messages/message.presenter.ts'
import { selectLatest, type MessageView } from '../messages/message.query.ts'

export interface SearchQuery {
  q?: string | null
  page?: string | null
}

const PAGE_SIZE = 15
const MONTHS = 3

const textOf = ({ q }: SearchQuery) => q?.trim() ?? ''
const patternOf = (query: SearchQuery) => `%${textOf(query)}%`
const page = (query: SearchQuery) => sql`limit ${PAGE_SIZE} offset ${(readPage(query.page) - 1) * PAGE_SIZE}`

const isLike = (pattern: string) => sql`(ct.name ilike ${pattern} or ct.email ilike ${pattern}
  or ct.phone_number ilike ${pattern} or ct.identifier ilike ${pattern})`

const CONTACT = sql`json_build_object('email', ct.email, 'id', ct.id, 'name', ct.name, 'phone_number', ct.phone_number,
  'identifier', ct.identifier, 'additional_attributes', coalesce(ct.additional_attributes, '{}'),
  'last_activity_at', extract(epoch from ct.last_activity_at)::bigint)`

export interface FoundContact {
  id: number
  name: string | null
  email: string | null
  phone_number: string | null
  identifier: string | null
  additional_attributes: Record<string, unknown>
  last_activity_at: number | null
}

/** Those who can be known again; who spoke last comes first. */
export async function findContacts(ctx: MemberContext, query: SearchQuery): Promise<FoundContact[]> {
  const rows = await runOnce(
    ctx.db,
    sql<{ contact: FoundContact }>`
    select ${CONTACT} as contact from contacts ct
    where ct.account_id = ${ctx.account.id} and ${isResolved(ctx)} and ${isLike(patternOf(query))}
    order by ct.last_activity_at desc nulls last, ct.id desc ${page(query)}`,
  )
  return rows.map((row) => row.contact)
}

interface ConversationRow {
  id: number
  account_id: number
  created_at: Date
  contact: FoundContact | null
  inbox: { id: number; channel_id: number; name: string; channel_type: string | null }
  agent: {
    id: number
    available_name: string
    email: string
    name: string
    role: 'agent' | 'administrator' | null
  } | null
  additional_attributes: Record<string, unknown>
  first_message_id: number | null
}

/** By their number, and by who their contact is; the newest first. Each with its first message. */
export async function findConversations(ctx: MemberContext, query: SearchQuery) {
  const pattern = patternOf(query)
  const ofContacts = sql`c.contact_id in (select ct.id from contacts ct where ct.account_id = ${ctx.account.id} and ${isLike(pattern)})`
  const rows = await runOnce(
    ctx.db,
    sql<ConversationRow>`
    select c.display_id as id, c.account_id, c.created_at,
      (select ${CONTACT} from contacts ct where ct.id = c.contact_id) as contact,
      (select json_build_object('id', i.id, 'channel_id', i.channel_id, 'name', i.name, 'channel_type', i.channel_type)
        from inboxes i where i.id = c.inbox_id) as inbox,
      (select json_build_object('id', u.id, 'available_name', coalesce(nullif(u.display_name, ''), u.name), 'email', u.email,
          'name', u.name, 'role', case au.role when 1 then 'administrator' when 0 then 'agent' end)
        from users u left join account_users au on au.user_id = u.id and au.account_id = c.account_id
        where u.id = c.assignee_id) as agent,
      coalesce(c.additional_attributes, '{}') as additional_attributes,
      (select m.id from messages m where m.conversation_id = c.id order by m.created_at, m.id limit 1) as first_message_id
    from conversations c where c.account_id = ${ctx.account.id} and ${isListed(ctx)}
      and (${ofContacts}${isNumber(pattern) ? sql` or c.display_id::text like ${pattern}` : sql``})
    order by c.created_at desc, c.id desc ${page(query)}`,
  )
  const ids = rows.flatMap((row) => row.first_message_id ?? [])
  const messages = await messagesBy(ctx, ids)
  return rows.map(({ first_message_id: id, contact, agent, ...row }) => {
    const message = id === null ? undefined : messages.get(id)
    return {
      id: row.id,
      account_id: row.account_id,
      created_at: unix(row.created_at),
      ...(message && { message: presentMessage(ctx.app, message) }),
      ...(contact && { contact }),
      inbox: row.inbox,
      ...(agent && { agent }),
      additional_attributes: row.additional_attributes,
    }
  })
}

/** Nothing else is part of a number, as far as `like` knows. */
const isNumber = (pattern: string) => /^[\d%_]+$/.test(pattern)

/** What was written within three months, the newest first. */
export async function findMessages(ctx: MemberContext, query: SearchQuery) {
  const since = ctx.app.now()
  since.setUTCMonth(since.getUTCMonth() - MONTHS)
  const rows = await runOnce(
    ctx.db,
    sql<{ id: number }>`
    select m.id from messages m where m.account_id = ${ctx.account.id} and m.created_at >= ${since}
      and ${isListed(ctx, sql`m.inbox_id`)} and m.content ilike ${patternOf(query)}
    order by m.created_at desc, m.id desc ${page(query)}`,
  )
  const ids = rows.map((row) => row.id)
  const messages = await messagesBy(ctx, ids)
  return ids.flatMap((id) => messages.get(id) ?? []).map((message) => presentMessage(ctx.app, message))
}

/** What is shown of those that were found is planned once. As many as an answer has room for. */
async function messagesBy(ctx: MemberContext, ids: number[]): Promise<Map<number, MessageView>> {
  if (!ids.length) return new Map()
  const messages = await selectLatest(ctx.db, sql`m.id = any(${ids}::integer[])`, null)
  return new Map(messages.map((message) => [message.id, message]))
}

interface ArticleRow {
  id: number
  title: string | null
  locale: string
  content: string | null
  slug: string
  portal_slug: string
  account_id: number
  category_name: string | null
  status: number | null
  updated_at: Date
}

/** By the beginnings of words, in any order; those that fit best come first. */
export async function findArticles(ctx: MemberContext, query: SearchQuery) {
  const text = textOf(query)
  if (!text) return []
  const rows = await runOnce(
    ctx.db,
    sql<ArticleRow>`
    select a.id, a.title, a.locale, a.content, a.slug, p.slug as portal_slug, a.account_id,
      (select g.name from categories g where g.id = a.category_id) as category_name, a.status, a.updated_at
    from articles a join portals p on p.id = a.portal_id
    where a.account_id = ${ctx.account.id} and ${hasWords(text)} order by ${byRank(text)} ${page(query)}`,
  )
  return rows.map((row) => ({
    ...row,
    status: STATUSES[row.status ?? 0] ?? 'draft',
    updated_at: unix(row.updated_at),
  }))
}
