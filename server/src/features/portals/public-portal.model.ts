import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { ROOM } from '../../db/room.ts'
import { OutsideError } from '../../http/errors.ts'
import { readPage } from '../../http/params.ts'
import { RawAnswer, redirect } from '../../http/raw-answer.ts'
import { presentPublicArticle } from '../articles/article.presenter.ts'
import { BY_POSITION, byRank, hasWords, PUBLISHED, selectArticles } from '../articles/article.query.ts'
import { presentPublicCategory } from '../categories/category.presenter.ts'
import { selectCategories } from '../categories/category.query.ts'
import { defaultLocaleOf } from './portal.query.ts'
import { presentPublicPortal } from './public-portal.presenter.ts'
import { findPublicPortal, type PublicPortalRecord } from './public-portal.query.ts'

/** What visitors ask for in a list of articles. */
export interface PublicFilters {
  query?: string
  sort?: string
  status?: string
  page?: string
  per_page?: string
}

const MOST_A_PAGE = 100

/** Only what is published, also beside another article. */
const PUBLIC = sql`a.status = ${PUBLISHED}`
const PUBLIC_ONES = { where: sql`and r.status = ${PUBLISHED}` }
/** Of those, in a list. */
const MOST_ASSOCIATED = 10

async function accessPublicPortal(ctx: Context, slug: string): Promise<PublicPortalRecord> {
  const portal = await findPublicPortal(ctx, slug)
  if (!portal) throw notFound()
  return portal
}

const notFound = () => new OutsideError(404, 'Not Found')

async function withCategories(ctx: Context, portal: PublicPortalRecord) {
  return presentPublicPortal(ctx.app, portal, await selectCategories(ctx, portal))
}

export async function leadToLocale(ctx: Context, slug: string): Promise<RawAnswer> {
  const locale = defaultLocaleOf(await accessPublicPortal(ctx, slug))
  return redirect(`${ctx.app.config.frontendUrl}/hc/${encodeURIComponent(slug)}/${encodeURIComponent(locale)}`)
}

export async function showPublicPortal(ctx: Context, slug: string) {
  return withCategories(ctx, await accessPublicPortal(ctx, slug))
}

export async function listPublicCategories(ctx: Context, slug: string) {
  const categories = await selectCategories(ctx, await accessPublicPortal(ctx, slug))
  return { payload: categories.map(presentPublicCategory) }
}

export async function showPublicCategory(ctx: Context, slug: string, locale: string, categorySlug: string) {
  const portal = await accessPublicPortal(ctx, slug)
  const where = sql`and c.slug = ${categorySlug} and c.locale = ${locale}`
  const [category] = await selectCategories(ctx, portal, { where, alone: true })
  if (!category) throw notFound()
  return presentPublicCategory(category)
}

/** By position, by what fits the query best, or what was looked at most. */
export async function listPublicArticles(ctx: Context, slug: string, locale: string, filters: PublicFilters) {
  const { query, sort, status, page, per_page: perPage } = filters
  const portal = await accessPublicPortal(ctx, slug)
  const shown = await withCategories(ctx, portal)
  // Each article shows the help center with all of its categories.
  const fitting = Math.max(Math.floor(ROOM / Buffer.byteLength(JSON.stringify(shown))), 1)
  const limit = Math.min(perPage ? readPage(perPage) : MOST_A_PAGE, MOST_A_PAGE, fitting)
  const words = query?.trim() ? query : undefined
  const isPublic = !status || status === 'published' || status === String(PUBLISHED)
  const articles = await selectArticles(
    ctx,
    sql`a.portal_id = ${portal.id} and ${PUBLIC} and ${isPublic} and a.locale = ${locale}
      ${words ? sql`and ${hasWords(words)}` : sql``}`,
    {
      associated: { ...PUBLIC_ONES, most: MOST_ASSOCIATED },
      page: {
        order: sort === 'views' ? sql`a.views desc nulls last, a.id` : words ? byRank(words) : BY_POSITION,
        limit,
        offset: (readPage(page) - 1) * limit,
      },
    },
  )
  return {
    payload: articles.map((article) => presentPublicArticle(ctx.app, shown, article)),
    meta: { articles_count: portal.published[locale] ?? 0 },
  }
}

export async function showPublicArticle(ctx: Context, slug: string, articleSlug: string) {
  const portal = await accessPublicPortal(ctx, slug)
  const where = sql`a.portal_id = ${portal.id} and ${PUBLIC} and a.slug = ${articleSlug}`
  const [article] = await selectArticles(ctx, where, { associated: PUBLIC_ONES })
  if (!article) throw notFound()
  return presentPublicArticle(ctx.app, await withCategories(ctx, portal), article)
}

/** Pages of articles show a picture of one clear pixel, and each time it is shown counts. */
export async function countView(ctx: Context, slug: string, articleSlug: string): Promise<RawAnswer> {
  const { rows } = await sql`
    update articles a set views = least(coalesce(a.views, 0)::bigint + 1, 2147483647) from portals p
    where p.id = a.portal_id and p.slug = ${slug} and p.archived is not true and a.slug = ${articleSlug} and ${PUBLIC}
    returning a.id`.execute(ctx.db)
  if (!rows.length) throw notFound()
  return new RawAnswer(200, { 'content-type': 'image/png', 'cache-control': 'max-age=86400, private' }, PIXEL)
}

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
