import { sql } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { unix, type Time } from '../../lib/times.ts'
import { conditions, countConversations, pageOf, type ListFilters } from './list.query.ts'

/** Of a long conversation the latest are shown, as many as have room (in bytes), and of a long text the beginning. */
const MOST_MESSAGES = 100
const ROOM = 80_000
const SHOWN_TEXT = 20_000

interface Found {
  id: number
  uuid: string
  created_at: Date
  contact: { id: number; name: string | null }
  inbox: { id: number; name: string; channel_type: string | null }
  messages: { content: string | null; id: number; sender_name: string | null; message_type: number; created_at: Time }[]
  account_id: number
}

/** The conversations in which somebody said something, with what was said. */
export async function searchConversations(ctx: MemberContext, filters: ListFilters) {
  const where = await conditions(ctx, filters)
  const { assigned_count: _, ...meta } = await countConversations(ctx, where)
  const said = filters.q ? sql`and m.message_type in (0, 1) and m.content ilike ${`%${filters.q}%`}` : sql``
  const { rows } = await sql<Found>`
    select c.display_id as id, c.uuid, c.created_at, json_build_object('id', ct.id, 'name', ct.name) as contact,
      json_build_object('id', i.id, 'name', i.name, 'channel_type', i.channel_type) as inbox,
      (select coalesce(json_agg(s order by s.created_at, s.id), '[]') from (
        select f.content, f.id, f.sender_name, f.message_type, f.created_at from (
        select left(m.content, ${SHOWN_TEXT}) as content, sum(octet_length(m.content)) over (order by m.id desc)
          - octet_length(m.content) as taken, m.id, case m.sender_type when 'User' then (select name from users where id = m.sender_id)
            when 'AgentBot' then (select name from agent_bots where id = m.sender_id) when 'Contact' then
            (select name from contacts where id = m.sender_id) end as sender_name, m.message_type, m.created_at
        from messages m where m.conversation_id = c.id ${said} order by m.id desc limit ${MOST_MESSAGES}) f
        where coalesce(f.taken, 0) < ${ROOM}) s) as messages,
      c.account_id
    from conversations c join inboxes i on i.id = c.inbox_id left join contacts ct on ct.id = c.contact_id
    where ${where} ${pageOf(ctx, filters)}`.execute(ctx.db)
  return {
    meta,
    payload: rows.map((row) => ({
      ...row,
      created_at: unix(row.created_at),
      messages: row.messages.map(({ sender_name: name, ...message }) => ({
        ...message,
        ...(name !== null && { sender_name: name }),
        created_at: unix(message.created_at),
      })),
    })),
  }
}
