import { sql, type RawBuilder } from 'kysely'
import { randomInt } from 'node:crypto'
import type { AccountContext, MemberContext } from '../../context/context.ts'
import type { Lock } from '../../db/lock.ts'
import { invalidField, lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { idOf, placeIn, readPage } from '../../http/params.ts'
import { isSlug } from '../../lib/slug.ts'
import { defaultLocaleOf, localesOf, type PortalRecord } from '../portals/portal.query.ts'
import { BY_POSITION, hasWords, selectArticles, STATUSES, type ArticleRecord } from './article.query.ts'
import { isMember } from '../accounts/own.query.ts'

export interface ArticleFields {
  title?: string | null
  slug?: string | null
  content?: string | null
  description?: string | null
  position?: number | null
  category_id?: number | null
  author_id?: number | null
  associated_article_id?: number | null
  status?: (typeof STATUSES)[number] | null
  locale?: string | null
  meta?: Record<string, unknown> | null
}

export interface ArticleFilters {
  page?: string
  locale?: string
  query?: string
  category_slug?: string
  status?: string
  author_id?: string
}

const ARTICLES_A_PAGE = 25

/** The latest changed first, or by position within a category. `portalSize` is what the portal beside each takes, in bytes. */
export function listArticles(
  ctx: AccountContext,
  portal: PortalRecord,
  filters: ArticleFilters,
  portalSize: number,
): Promise<ArticleRecord[]> {
  const { status, author_id: author, page } = filters
  const byStatus = status ? sql`and a.status = ${placeIn(STATUSES, status)}` : sql``
  const byAuthor = author ? sql`and a.author_id = ${idOf(author)}` : sql``
  return selectArticles(ctx, sql`${found(portal, filters)} ${byStatus} ${byAuthor}`, {
    page: {
      order: filters.category_slug ? BY_POSITION : sql`a.updated_at desc, a.id desc`,
      limit: ARTICLES_A_PAGE,
      offset: (readPage(page) - 1) * ARTICLES_A_PAGE,
    },
    associated: { size: portalSize },
  })
}

export interface FoundCounts {
  all_articles_count: number
  archived_articles_count: number
  articles_count: number
  draft_articles_count: number
  mine_articles_count: number
  published_count: number
}

/** Those that are found, whatever their status and author; and all of the portal. */
export async function countFound(
  ctx: MemberContext,
  portal: PortalRecord,
  filters: ArticleFilters,
): Promise<FoundCounts> {
  const { rows } = await sql<FoundCounts>`
    select (select count(*) from articles where portal_id = ${portal.id}) as all_articles_count,
      count(*) as articles_count, count(*) filter (where a.status = 0) as draft_articles_count,
      count(*) filter (where a.status = 1) as published_count, count(*) filter (where a.status = 2) as archived_articles_count,
      count(*) filter (where a.author_id = ${ctx.user.id}) as mine_articles_count
    from articles a where ${found(portal, filters)}`.execute(ctx.db)
  return rows[0]!
}

function found(portal: PortalRecord, { locale, query, category_slug: category }: ArticleFilters): RawBuilder<unknown> {
  return sql`a.portal_id = ${portal.id} ${locale ? sql`and a.locale = ${locale}` : sql``}
    ${query?.trim() ? sql`and ${hasWords(query)}` : sql``}
    ${category ? sql`and a.category_id in (select id from categories where portal_id = ${portal.id} and slug = ${category})` : sql``}`
}

export async function accessArticle(
  ctx: AccountContext,
  portal: PortalRecord,
  id: number,
  { lock = false }: Lock = {},
): Promise<ArticleRecord> {
  const [article] = await selectArticles(ctx, sql`a.portal_id = ${portal.id} and a.id = ${id}`, { lock })
  if (!article) throw new NotFoundError()
  return article
}

export async function createArticle(
  ctx: AccountContext,
  portal: PortalRecord,
  { status, meta, ...fields }: ArticleFields,
): Promise<ArticleRecord> {
  await checkArticle(ctx, { title: null, content: null, author_id: null, ...fields })
  const sent = fields.slug?.trim() ? fields.slug : undefined
  if (sent !== undefined) checkSlug(sent)
  const now = ctx.app.now()
  const row = {
    ...fields,
    locale: await localeOf(ctx, portal, fields),
    status: STATUSES.indexOf(status ?? 'draft'),
    meta: JSON.stringify(meta ?? {}),
    position: fields.position ?? (await lastPosition(ctx, fields.category_id ?? null)),
    associated_article_id: await rootOf(ctx, portal, fields.associated_article_id ?? null),
    account_id: ctx.account.id,
    portal_id: portal.id,
    created_at: now,
    updated_at: now,
  }
  const insert = (slug: string) =>
    ctx.db
      .insertInto('articles')
      .values({ ...row, slug })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .returning('id')
      .executeTakeFirst()
  const made = sent === undefined ? slugOf(fields.title!, now) : sent
  // Of two with one title in one second the later has a number more.
  const article = (await insert(made)) ?? (sent === undefined && (await insert(`${made}-${randomInt(1_000_000)}`)))
  if (!article) throw new RecordInvalidError([TAKEN])
  return accessArticle(ctx, portal, article.id)
}

export async function updateArticle(
  ctx: AccountContext,
  portal: PortalRecord,
  article: ArticleRecord,
  { status, meta, ...sent }: ArticleFields,
): Promise<ArticleRecord> {
  const { slug, ...fields } = sent
  await checkArticle(ctx, sent)
  if (slug && slug !== article.slug) {
    checkSlug(slug)
    if (await isTaken(ctx, slug)) throw new RecordInvalidError([TAKEN])
  }
  const { category_id, locale, associated_article_id: associated } = fields
  const moves = category_id !== undefined && category_id !== article.category_id
  await ctx.db
    .updateTable('articles')
    .set({
      ...fields,
      ...(slug?.trim() && { slug }),
      locale:
        category_id === undefined && !locale
          ? article.locale
          : await localeOf(ctx, portal, { category_id: article.category_id, locale: article.locale, ...fields }),
      ...(status && { status: STATUSES.indexOf(status) }),
      ...(meta !== undefined && { meta: JSON.stringify(meta ?? {}) }),
      ...(associated !== undefined && { associated_article_id: await rootOf(ctx, portal, associated, article.id) }),
      updated_at: ctx.app.now(),
    })
    .where('id', '=', article.id)
    .execute()
  // @NOTE behind the others of its new category, itself counted at its old place (app/models/article.rb).
  if (moves)
    await ctx.db
      .updateTable('articles')
      .set({ position: await lastPosition(ctx, category_id) })
      .where('id', '=', article.id)
      .execute()
  return accessArticle(ctx, portal, article.id)
}

/** What hung on it stands by itself then. */
export async function destroyArticle(ctx: AccountContext, { id }: ArticleRecord): Promise<void> {
  await ctx.db
    .updateTable('articles')
    .set({ associated_article_id: null })
    .where('associated_article_id', '=', id)
    .execute()
  await sql`delete from article_embeddings where article_id = ${id}`.execute(ctx.db)
  await ctx.db.deleteFrom('articles').where('id', '=', id).execute()
}

/** All of them or none: those of other portals are not found. */
export async function reorderArticles(
  ctx: AccountContext,
  portal: PortalRecord,
  sent: Record<string, unknown> | null | undefined,
): Promise<void> {
  const positions = Object.entries(sent ?? {}).map(([id, position]) => ({
    id: idOf(id),
    position: positionOf(position),
  }))
  if (!positions.length) throw new RecordInvalidError([['positions_hash', "Positions hash can't be blank"]])
  const { rows } = await sql`
    update articles a set position = p.position, updated_at = ${ctx.app.now()}
    from json_to_recordset(${JSON.stringify(positions)}::json) as p(id bigint, position integer)
    where a.id = p.id and a.portal_id = ${portal.id} returning a.id`.execute(ctx.db)
  if (rows.length !== positions.length) throw new NotFoundError()
}

function positionOf(value: unknown): number {
  const position = typeof value === 'string' ? Number(value) : value
  if (typeof position !== 'number' || !Number.isInteger(position) || Math.abs(position) > MOST)
    throw invalidField('positions_hash', 'is not a list of positions')
  return position
}

const MOST = 2_147_483_647
const STEP = 10

/** Behind all others of the category, or of those of the account that are in none. */
async function lastPosition(ctx: AccountContext, categoryId: number | null): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    select least(coalesce(max(position), 0)::bigint + ${STEP}, ${MOST}) as position from articles
    where account_id = ${ctx.account.id} and category_id is not distinct from ${categoryId}`.execute(ctx.db)
  return rows[0]!.position
}

/** The language of its category comes before its own. */
async function localeOf(
  ctx: AccountContext,
  portal: PortalRecord,
  { category_id, locale }: ArticleFields,
): Promise<string> {
  if (typeof category_id === 'number') {
    const category = await ctx.db
      .selectFrom('categories')
      .select('locale')
      .where('portal_id', '=', portal.id)
      .where('id', '=', category_id)
      .executeTakeFirst()
    if (!category) throw new RecordInvalidError([['category', 'Category must exist']])
    if (category.locale) return category.locale
  }
  const own = locale || defaultLocaleOf(portal)
  if (locale && !localesOf(portal).includes(locale)) throw invalidField('locale', 'is not one of the portal')
  return own
}

/** Articles hang on one, whichever of them is named: never deeper. */
async function rootOf(
  ctx: AccountContext,
  portal: PortalRecord,
  associatedId: number | null,
  id = 0,
): Promise<number | null> {
  if (associatedId === null) return null
  const associated = await ctx.db
    .selectFrom('articles')
    .select(['id', 'associated_article_id'])
    .where('portal_id', '=', portal.id)
    .where('id', '=', associatedId)
    .executeTakeFirst()
  if (!associated) throw new NotFoundError()
  const root = associated.associated_article_id ?? associated.id
  if (root === id) throw invalidField('associated_article_id', 'is the article itself')
  // Those that hung on this one go with it.
  await ctx.db
    .updateTable('articles')
    .set({ associated_article_id: root })
    .where('associated_article_id', '=', id)
    .execute()
  return root
}

const MAX_LENGTHS = { title: 255, slug: 255, locale: 255 }

async function checkArticle(ctx: AccountContext, fields: ArticleFields): Promise<void> {
  const { title, content, author_id: author } = fields
  const problems = lengthProblems(fields, MAX_LENGTHS)
  if (author !== undefined && (author === null || !(await isMember(ctx, author))))
    problems.push(['author', 'Author must exist'])
  if (author === null) problems.push(['author_id', "Author can't be blank"])
  if (title !== undefined && !title?.trim()) problems.push(['title', "Title can't be blank"])
  if (content !== undefined && !content?.trim()) problems.push(['content', "Content can't be blank"])
  if (problems.length) throw new RecordInvalidError(problems)
}

async function isTaken(ctx: AccountContext, slug: string): Promise<boolean> {
  return (await ctx.db.selectFrom('articles').select('id').where('slug', '=', slug).executeTakeFirst()) !== undefined
}

const TAKEN: [string, string] = ['slug', 'Slug has already been taken']

function checkSlug(slug: string): void {
  if (!isSlug(slug)) throw invalidField('slug', 'is invalid')
}

/** Made of the time and the title, as Rails has it: snake case, then hyphens between words. */
function slugOf(title: string, now: Date): string {
  const words = title
    .replace(/([A-Z\d])(?=[A-Z][a-z])/g, '$1_')
    .replace(/([a-z\d])(?=[A-Z])/g, '$1_')
    .replaceAll('-', '_')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-|-$/g, '')
  return `${Math.floor(now.getTime() / 1000)}-${words}`.slice(0, 240)
}
