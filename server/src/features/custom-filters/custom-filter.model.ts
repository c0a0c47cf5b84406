import { sql, type Kysely } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { lockNames, type Lock } from '../../db/lock.ts'
import { byForm, prepared, type Slots } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import { humanize, lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { placeIn } from '../../http/params.ts'
import {
  CUSTOM_FILTER_COLUMNS,
  FILTER_TYPES,
  type CustomFilterRecord,
  type FilterType,
} from './custom-filter.presenter.ts'

export interface CustomFilterFields {
  name?: string | null
  filter_type?: FilterType | null
  query?: Record<string, unknown> | null
}

/** The caller's own, of one type: by its name or its number; one that does not exist has none. */
export function listCustomFilters(ctx: MemberContext, type: string | null | undefined): Promise<CustomFilterRecord[]> {
  return filtersOf(ctx.db, { ...ownerOf(ctx), type: placeIn(FILTER_TYPES, type ?? 'conversation') })
}

export async function accessCustomFilter(
  ctx: MemberContext,
  id: number,
  { lock = false }: Lock = {},
): Promise<CustomFilterRecord> {
  const [filter] = await filterById(lock)(ctx.db, { ...ownerOf(ctx), id })
  if (!filter) throw new NotFoundError()
  return filter
}

const ownerOf = (ctx: MemberContext) => ({ account_id: ctx.account.id, user_id: ctx.user.id })

type Asked = Slots<ReturnType<typeof ownerOf>>

const filtersOf = prepared((asked: Asked & Slots<{ type: number }>, db) =>
  selectFilters(db, asked).where('filter_type', '=', asked.type),
)
const filterById = byForm((lock: boolean) =>
  prepared((asked: Asked & Slots<{ id: number }>, db) =>
    selectFilters(db, asked)
      .where('id', '=', asked.id)
      .$if(lock, (query) => query.forUpdate()),
  ),
)

function selectFilters(db: Kysely<DB>, asked: Asked) {
  return db
    .selectFrom('custom_filters')
    .select(CUSTOM_FILTER_COLUMNS)
    .$narrowType<{ query: CustomFilterRecord['query'] }>()
    .where('account_id', '=', asked.account_id)
    .where('user_id', '=', asked.user_id)
    .orderBy('id')
}

export async function createCustomFilter(ctx: MemberContext, fields: CustomFilterFields): Promise<CustomFilterRecord> {
  const settled = settle({ filter_type: 'conversation', ...fields })
  await checkRoom(ctx, settled.query)
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('custom_filters')
    .values({ ...settled, ...ownerOf(ctx), created_at: now, updated_at: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  return accessCustomFilter(ctx, id)
}

export async function updateCustomFilter(
  ctx: MemberContext,
  filter: CustomFilterRecord,
  fields: CustomFilterFields,
): Promise<CustomFilterRecord> {
  const settled = settle({ name: filter.name, filter_type: FILTER_TYPES[filter.filter_type], ...fields })
  await checkRoom(ctx, settled.query, filter.id)
  await ctx.db
    .updateTable('custom_filters')
    .set({ ...settled, updated_at: ctx.app.now() })
    .where('id', '=', filter.id)
    .execute()
  return accessCustomFilter(ctx, filter.id)
}

export async function destroyCustomFilter(ctx: MemberContext, filter: CustomFilterRecord): Promise<void> {
  await ctx.db.deleteFrom('custom_filters').where('id', '=', filter.id).execute()
}

function settle({ name, filter_type: type, query }: CustomFilterFields) {
  const problems = lengthProblems({ name }, { name: 255 })
  for (const [field, value] of Object.entries({ name, filter_type: type })) {
    if (value === undefined || value === null) problems.push([field, `${humanize(field)} can't be blank`])
  }
  if (problems.length) throw new RecordInvalidError(problems)
  return {
    name: name!,
    filter_type: FILTER_TYPES.indexOf(type!),
    ...(query && { query: JSON.stringify(query) }),
  }
}

const MOST_FILTERS = 1000
/** They come in one answer. */
const MOST_BYTES = 1024 * 1024

/** What a person may keep in an account: counted under a lock, so that of two at the same time one sees the other. */
async function checkRoom(ctx: MemberContext, query = '{}', id = 0): Promise<void> {
  await lockNames(ctx.db, [`custom_filters ${ctx.account.id} ${ctx.user.id}`])
  const { rows } = await sql<{ count: number; bytes: number }>`
    select count(*) as count, coalesce(sum(octet_length(query::text)), 0) as bytes from custom_filters
    where account_id = ${ctx.account.id} and user_id = ${ctx.user.id} and id <> ${id}`.execute(ctx.db)
  const { count, bytes } = rows[0]!
  if (count >= MOST_FILTERS) {
    const most = `Account Limit reached. The maximum number of allowed custom filters for a user per account is ${MOST_FILTERS}.`
    throw new RecordInvalidError([['account_id', most]])
  }
  if (bytes + Buffer.byteLength(query) > MOST_BYTES) {
    throw new RecordInvalidError([['query', 'Query is too large (maximum of all of yours is 1 MB)']])
  }
}
