import { sql, type RawBuilder } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { readPage } from '../../http/params.ts'
import { filterCondition } from '../filters/filter.query.ts'
import type { Rule } from '../filters/filter.schema.ts'
import { presentContactView } from './contact.presenter.ts'
import { hasTypes, isResolved, selectContacts } from './contact.query.ts'
import { prepared, runOnce } from '../../db/prepared.ts'

export interface ListQuery {
  page?: string | null
  sort?: string | null
  labels?: string | string[] | null
  q?: string | null
  include_contact_inboxes?: string | null
}

const PAGE_SIZE = 15

/** Those that can be known again. */
export async function listContacts(ctx: AccountContext, query: ListQuery) {
  const where = sql`ct.account_id = ${ctx.account.id} and ${isResolved(ctx)}`
  if (query.labels?.length) return countedPage(ctx, sql`${where} and ${hasLabel(query.labels)}`, query)
  const [counts, payload] = await Promise.all([
    countsOf(ctx.db, { account_id: ctx.account.id }),
    query.sort?.includes(',')
      ? filteredPage(ctx, where, query, PAGE_SIZE)
      : selectPage(ctx, where, query, pageOrder(query, PAGE_SIZE)),
  ])
  return { meta: { count: counts[0]?.[hasTypes(ctx) ? 'leads' : 'known'] ?? 0, current_page: pageOf(query) }, payload }
}

/** Kept by triggers (0011_contact_counts.sql). */
const countsOf = prepared<{ account_id: number }, { known: number; leads: number }>((asked, db) =>
  db.selectFrom('parley.contact_counts').select(['known', 'leads']).where('account_id', '=', asked.account_id),
)

/** Of the list those that rules find. */
export async function filterContacts(ctx: AccountContext, rules: Rule[] | null | undefined, query: ListQuery) {
  const asked = await filterCondition(ctx, 'contact', rules)
  return countedPage(ctx, sql`ct.account_id = ${ctx.account.id} and ${isResolved(ctx)} and ${asked}`, query)
}

/** Those with an open socket. */
export function listActiveContacts(ctx: AccountContext, query: ListQuery) {
  const ids = ctx.app.presence.present(ctx.account.id, 'contact')
  return countedPage(ctx, sql`ct.account_id = ${ctx.account.id} and ct.id = any(${ids}::integer[])`, query)
}

/** Everybody, anonymous visitors too. There is no total: one row more than a page says that there is more. */
export async function searchContacts(ctx: AccountContext, query: ListQuery) {
  const text = query.q?.trim()
  if (!text) return { meta: { count: null, current_page: pageOf(query), has_more: null }, payload: [] }
  const pattern = `%${text}%`
  const where = sql`ct.account_id = ${ctx.account.id} and (ct.name ilike ${pattern} or ct.email ilike ${pattern}
    or ct.phone_number ilike ${pattern} or ct.identifier like ${pattern})`
  const found = await filteredPage(ctx, where, query, PAGE_SIZE + 1)
  const payload = found.slice(0, PAGE_SIZE)
  return { meta: { count: payload.length, current_page: pageOf(query), has_more: found.length > PAGE_SIZE }, payload }
}

/** How many there are and the ids of the page, found in one go: what finds them may be dear. */
async function countedPage(ctx: Context, where: RawBuilder<unknown>, query: ListQuery) {
  const before = (readPage(query.page) - 1) * PAGE_SIZE
  const [found] = await runOnce(
    ctx.db,
    sql<{ count: number; ids: number[] }>`
    with found as (select ct.id, row_number() over (${orderOf(query.sort)}) as place from contacts ct where ${where})
    select (select count(*) from found) as count,
      array(select id from found where place > ${before} and place <= ${before + PAGE_SIZE} order by place) as ids`,
  )
  const { count, ids } = found!
  return { meta: { count, current_page: pageOf(query) }, payload: await selectByIds(ctx, ids, query) }
}

/** Where the plan depends on the values, that is for finding them only: what is shown of them is planned once. */
async function filteredPage(ctx: Context, where: RawBuilder<unknown>, query: ListQuery, limit: number) {
  const rows = await runOnce(
    ctx.db,
    sql<{ id: number }>`select ct.id from contacts ct where ${where} ${pageOrder(query, limit)}`,
  )
  return selectByIds(
    ctx,
    rows.map((row) => row.id),
    query,
  )
}

function selectByIds(ctx: Context, found: number[], query: ListQuery) {
  const ids = sql`${found}::integer[]`
  return selectPage(ctx, sql`ct.id = any(${ids})`, query, sql`order by array_position(${ids}, ct.id)`)
}

async function selectPage(
  ctx: Context,
  where: RawBuilder<unknown>,
  query: ListQuery,
  orderAndLimit: RawBuilder<unknown>,
) {
  const inboxes = wantsInboxes(query)
  const contacts = await selectContacts(ctx.db, where, { inboxes, orderAndLimit })
  return contacts.map((contact) => presentContactView(ctx.app, contact, inboxes))
}

function pageOrder({ sort, page }: ListQuery, limit: number): RawBuilder<unknown> {
  return sql`${orderOf(sort)} limit ${limit} offset ${(readPage(page) - 1) * PAGE_SIZE}`
}

/** Only the literal word keeps them where the parameter says anything at all. */
export function wantsInboxes({
  include_contact_inboxes: wanted,
}: {
  include_contact_inboxes?: string | null
}): boolean {
  return !wanted?.trim() || wanted === 'true'
}

/** As it was sent. */
const pageOf = ({ page }: ListQuery): number | string => page ?? 1

/** Any of them. A list that names none finds nobody. */
function hasLabel(labels: ListQuery['labels']): RawBuilder<unknown> {
  if (!labels?.length) return sql`true`
  const names = [labels]
    .flat()
    .flatMap((label) => label?.split(',') ?? [])
    .map((name) => name.trim().toLowerCase())
  return sql`exists (select 1 from taggings tg join tags t on t.id = tg.tag_id where tg.taggable_type = 'Contact'
    and tg.taggable_id = ct.id and tg.context = 'labels' and lower(t.name) = any(${names}::text[]))`
}

/** Several fields always rank in this order, whatever order was sent. */
const SORTS: [field: string, expression: RawBuilder<unknown>, nulls: 'last' | 'plain'][] = [
  ['email', sql`ct.email`, 'plain'],
  ['name', sql`lower(ct.name)`, 'last'],
  ['phone_number', sql`ct.phone_number`, 'plain'],
  ['last_activity_at', sql`ct.last_activity_at`, 'last'],
  ['created_at', sql`ct.created_at`, 'last'],
  ['company', sql`ct.additional_attributes ->> 'company_name'`, 'last'],
  ['city', sql`ct.additional_attributes ->> 'city'`, 'last'],
  ['country', sql`ct.additional_attributes ->> 'country'`, 'last'],
]

function orderOf(sort: string | null | undefined): RawBuilder<unknown> {
  const wanted = new Map<string, boolean>()
  for (const part of (sort ?? '').split(',').slice(0, 20)) {
    const name = part.trim()
    wanted.set(name.replace(/^-/, ''), name.startsWith('-'))
  }
  const parts = SORTS.filter(([field]) => wanted.has(field)).map(([field, expression, nulls]) => {
    const direction = wanted.get(field) ? sql`desc` : sql`asc`
    return sql`${expression} ${direction} ${nulls === 'last' ? sql`nulls last` : sql``}`
  })
  return sql`order by ${sql.join([...parts, sql`ct.id`], sql`, `)}`
}
