import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { invalidField, lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { readPage } from '../../http/params.ts'
import { isSlug } from '../../lib/slug.ts'
import { defaultLocaleOf, localesOf, totalOf, type PortalRecord } from '../portals/portal.query.ts'
import { selectCategories, type CategoryRecord } from './category.query.ts'

export interface CategoryFields {
  name?: string | null
  slug?: string | null
  locale?: string | null
  position?: number | null
  description?: string | null
  icon?: string | null
  parent_category_id?: number | null
  associated_category_id?: number | null
  related_category_ids?: number[] | null
}

export function listCategories(
  ctx: Context,
  portal: { id: number },
  { locale, page }: { locale?: string; page?: string } = {},
): Promise<CategoryRecord[]> {
  return selectCategories(ctx, portal, {
    where: locale ? sql`and c.locale = ${locale}` : sql``,
    page: readPage(page),
  })
}

/** Whoever writes has locked the portal. */
export async function accessCategory(ctx: Context, portal: { id: number }, id: number): Promise<CategoryRecord> {
  const [category] = await selectCategories(ctx, portal, { where: sql`and c.id = ${id}`, alone: true })
  if (!category) throw new NotFoundError()
  return category
}

export async function createCategory(
  ctx: AccountContext,
  portal: PortalRecord,
  { related_category_ids: related, ...fields }: CategoryFields,
): Promise<CategoryRecord> {
  const columns = { ...fields, locale: fields.locale || defaultLocaleOf(portal) }
  if (totalOf(portal.categories) >= MOST_CATEGORIES)
    throw invalidField('portal', `has too many categories (maximum is ${MOST_CATEGORIES})`)
  await checkCategory(ctx, portal, { name: null, slug: null, ...columns })
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('categories')
    .values({
      ...columns,
      slug: columns.slug!,
      account_id: ctx.account.id,
      portal_id: portal.id,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (related) await relate(ctx, portal, id, related)
  return accessCategory(ctx, portal, id)
}

export async function updateCategory(
  ctx: AccountContext,
  portal: PortalRecord,
  category: CategoryRecord,
  { related_category_ids: related, ...fields }: CategoryFields,
): Promise<CategoryRecord> {
  const { slug, locale } = category
  await checkCategory(ctx, portal, { slug, locale, ...fields }, category)
  await ctx.db
    .updateTable('categories')
    .set({ ...fields, slug: fields.slug ?? slug, updated_at: ctx.app.now() })
    .where('id', '=', category.id)
    .execute()
  if (related) await relate(ctx, portal, category.id, related)
  return accessCategory(ctx, portal, category.id)
}

/** Its articles stay, in no category. */
export async function destroyCategory(ctx: AccountContext, { id, portal_id: portal }: CategoryRecord): Promise<void> {
  const { db } = ctx
  await db
    .updateTable('articles')
    .set({ category_id: null })
    .where('portal_id', '=', portal)
    .where('category_id', '=', id)
    .execute()
  for (const column of ['parent_category_id', 'associated_category_id'] as const)
    await db
      .updateTable('categories')
      .set({ [column]: null })
      .where(column, '=', id)
      .execute()
  await db
    .deleteFrom('related_categories')
    .where((where) => where.or([where('category_id', '=', id), where('related_category_id', '=', id)]))
    .execute()
  await db.deleteFrom('categories').where('id', '=', id).execute()
}

/** Lists show all of these. */
const MOST_CATEGORIES = 2000
const MOST_RELATED = 50
const MOST_RELATED_IN_PORTAL = 1000

async function relate(ctx: AccountContext, portal: PortalRecord, id: number, related: number[]): Promise<void> {
  const ids = [...new Set(related)]
  if (ids.length > MOST_RELATED)
    throw invalidField('related_category_ids', `has too many categories (maximum is ${MOST_RELATED})`)
  if (!(await areCategories(ctx, portal, ids))) throw new NotFoundError()
  await ctx.db.deleteFrom('related_categories').where('category_id', '=', id).execute()
  if (!ids.length) return
  const { rows: counted } = await sql<{ count: number }>`
    select count(*) as count from related_categories rc join categories c on c.id = rc.category_id
    where c.portal_id = ${portal.id}`.execute(ctx.db)
  if (counted[0]!.count + ids.length > MOST_RELATED_IN_PORTAL)
    throw invalidField('related_category_ids', `are too many in this portal (maximum is ${MOST_RELATED_IN_PORTAL})`)
  const now = ctx.app.now()
  const rows = ids.map((other) => ({ category_id: id, related_category_id: other, created_at: now, updated_at: now }))
  await ctx.db.insertInto('related_categories').values(rows).execute()
}

const MAX_LENGTHS = { name: 255, slug: 255, locale: 255, icon: 255 }

async function checkCategory(
  ctx: AccountContext,
  portal: PortalRecord,
  fields: CategoryFields,
  before?: CategoryRecord,
): Promise<void> {
  const { name, slug, locale } = fields
  const id = before?.id ?? 0
  const problems = lengthProblems(fields, MAX_LENGTHS)
  if (slug !== undefined && !slug?.trim()) problems.push(['slug', "Slug can't be blank"])
  if (name !== undefined && !name?.trim()) problems.push(['name', "Name can't be blank"])
  if (slug && slug !== before?.slug && !isSlug(slug)) problems.push(['slug', 'Slug is invalid'])
  if (slug && (await isTaken(ctx, portal, { slug, locale: locale ?? null, id })))
    problems.push(['locale', 'Locale should be unique in the category and portal'])
  if (!localesOf(portal).includes(locale ?? ''))
    problems.push([
      'locale',
      `Locale ${locale ?? ''} of category is not part of portal's ${rubyList(localesOf(portal))}.`,
    ])
  for (const field of ['parent_category_id', 'associated_category_id'] as const) {
    const other = fields[field]
    if (typeof other === 'number' && (other === id || !(await areCategories(ctx, portal, [other]))))
      problems.push([field, `${field === 'parent_category_id' ? 'Parent' : 'Associated'} category must exist`])
  }
  if (problems.length) throw new RecordInvalidError(problems)
}

const rubyList = (items: string[]) => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`

async function isTaken(
  ctx: AccountContext,
  portal: PortalRecord,
  { slug, locale, id }: { slug: string; locale: string | null; id: number },
): Promise<boolean> {
  const other = await ctx.db
    .selectFrom('categories')
    .select('id')
    .where('portal_id', '=', portal.id)
    .where('slug', '=', slug)
    .where('locale', '=', locale)
    .where('id', '<>', id)
    .executeTakeFirst()
  return other !== undefined
}

async function areCategories(ctx: AccountContext, portal: PortalRecord, ids: number[]): Promise<boolean> {
  const found = await ctx.db
    .selectFrom('categories')
    .select('id')
    .where('portal_id', '=', portal.id)
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .execute()
  return found.length === ids.length
}
