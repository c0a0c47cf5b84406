import { sql, type RawBuilder } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import { columns, listed, type Row } from '../../db/columns.ts'
import { runOnce } from '../../db/prepared.ts'
import { invalidField } from '../../http/errors.ts'
import { idOf } from '../../http/params.ts'
import { AMONG_OTHERS, contactJson, userJson } from '../pictures/picture.sql.ts'
import type { AgentPicture, ContactPicture } from '../pictures/picture.types.ts'

const COLUMNS = columns(
  'csat_survey_responses',
  'id',
  'account_id',
  'message_id',
  'rating',
  'feedback_message',
  'csat_review_notes',
  'review_notes_updated_at',
  'created_at',
)

export interface ResponseRecord extends Row<typeof COLUMNS> {
  display_id: number | null
  contact: ContactPicture | null
  assigned_agent: AgentPicture | null
  reviewer: { id: number; name: string } | null
}

/** Answers of the account, `r`; in one statement. */
export function selectResponses(
  ctx: AccountContext,
  where: RawBuilder<unknown>,
  orderAndLimit: RawBuilder<unknown>,
): Promise<ResponseRecord[]> {
  return runOnce(
    ctx.db,
    sql<ResponseRecord>`
    select ${listed(COLUMNS, 'r')}, c.display_id, ${contactJson(sql`r.contact_id`, AMONG_OTHERS)} as contact,
      ${userJson(sql`r.assigned_agent_id`, sql`r.account_id`)} as assigned_agent,
      (select json_build_object('id', u.id, 'name', u.name) from users u where u.id = r.review_notes_updated_by_id) as reviewer
    from csat_survey_responses r left join conversations c on c.id = r.conversation_id
    where r.account_id = ${ctx.account.id} and ${where} ${orderAndLimit}`,
  )
}

export interface ResponseLine {
  rating: number
  feedback_message: string | null
  csat_review_notes: string | null
  created_at: Date
  display_id: number | null
  agent_name: string | null
  agent_email: string | null
  contact_name: string | null
  contact_email: string | null
  contact_phone_number: string | null
}

/** What a line of the file tells of each. */
export function selectLines(
  ctx: AccountContext,
  where: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
): Promise<ResponseLine[]> {
  return runOnce(
    ctx.db,
    sql<ResponseLine>`
    select r.rating, r.feedback_message, r.csat_review_notes, r.created_at, c.display_id, u.name as agent_name,
      u.email as agent_email, ct.name as contact_name, ct.email as contact_email, ct.phone_number as contact_phone_number
    from csat_survey_responses r left join conversations c on c.id = r.conversation_id
    left join contacts ct on ct.id = r.contact_id left join users u on u.id = r.assigned_agent_id
    where r.account_id = ${ctx.account.id} and ${where} order by ${order}`,
  )
}

/** How many lines that would be, and about how many bytes. */
export async function measureLines(
  ctx: AccountContext,
  where: RawBuilder<unknown>,
): Promise<{ lines: number; bytes: number }> {
  const [row] = await runOnce(
    ctx.db,
    sql<{ lines: number; bytes: number }>`
    select count(*)::integer as lines, coalesce(sum(octet_length(coalesce(r.feedback_message, ''))
      + octet_length(coalesce(r.csat_review_notes, ''))), 0)::float8 as bytes
    from csat_survey_responses r left join conversations c on c.id = r.conversation_id
    where r.account_id = ${ctx.account.id} and ${where}`,
  )
  return row!
}

export interface RangeFilters {
  since?: string
  until?: string
}

export interface ResponseFilters extends RangeFilters {
  user_ids?: string | string[]
  inbox_id?: string
  team_id?: string
  rating?: string
}

/** What is asked for, over `r` and its conversation `c`. */
export function conditions(filters: ResponseFilters): RawBuilder<unknown> {
  const parts: RawBuilder<unknown>[] = [sql`true`]
  const range = rangeOf(filters)
  if (range) parts.push(within(sql`r.created_at`, range))
  const users = [filters.user_ids ?? []].flat().filter(Boolean)
  if (users.length) parts.push(sql`r.assigned_agent_id = any(${users.map(idOf)}::bigint[])`)
  if (filters.inbox_id) parts.push(sql`c.inbox_id = ${idOf(filters.inbox_id)}`)
  if (filters.team_id) parts.push(sql`c.team_id = ${idOf(filters.team_id)}`)
  if (filters.rating) parts.push(sql`r.rating = ${idOf(filters.rating)}`)
  return sql.join(parts, sql` and `)
}

/** In seconds since 1970. */
export interface Range {
  since: number
  until: number
}

/** All time where one end is missing. */
export function rangeOf({ since, until }: RangeFilters): Range | undefined {
  if (!since?.trim() || !until?.trim()) return undefined
  return { since: secondsOf(since, 'since'), until: secondsOf(until, 'until') }
}

function secondsOf(text: string, field: string): number {
  if (!/^\s*\d{1,11}\s*$/.test(text)) throw invalidField(field, 'must be seconds since 1970')
  return Number(text)
}

export function within(column: RawBuilder<unknown>, { since, until }: Range): RawBuilder<unknown> {
  const time = (seconds: number) => sql`(to_timestamp(${seconds}::float8) at time zone 'UTC')`
  return sql`${column} >= ${time(since)} and ${column} < ${time(until)}`
}
