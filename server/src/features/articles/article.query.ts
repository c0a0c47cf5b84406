import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../context/context.ts'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { runOnce } from '../../db/prepared.ts'
import { userJson } from '../pictures/picture.sql.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'

const ARTICLE_COLUMNS = columns(
  'articles',
  'id',
  'account_id',
  'portal_id',
  'category_id',
  'title',
  'slug',
  'description',
  'content',
  'status',
  'position',
  'views',
  'meta',
  'locale',
  'author_id',
  'associated_article_id',
  'updated_at',
)
const ASSOCIATED_COLUMNS = [
  'id',
  'account_id',
  'category_id',
  'title',
  'description',
  'status',
  'views',
  'updated_at',
] as const

export interface ArticleRecord extends Refine<Row<typeof ARTICLE_COLUMNS>, { meta: Record<string, unknown> | null }> {
  category: { id: number; name: string | null; slug: string; locale: string | null } | null
  author: AgentPicture | null
  associated: AssociatedArticle[] | null
}

/** The same article in another language. */
export interface AssociatedArticle {
  id: number
  account_id: number
  category_id: number | null
  title: string | null
  description: string | null
  content: string | null
  status: number | null
  views: number | null
  updated_at: string
  author: AgentPicture | null
}

export const STATUSES = ['draft', 'published', 'archived'] as const
export const PUBLISHED = 1

interface ArticlePage {
  order?: RawBuilder<unknown>
  limit?: number
  offset?: number
  /** Only these are shown with an article. */
  associated?: RawBuilder<unknown>
}

/** As many as there are languages, nearly; and of their texts so much in a list. */
const MOST_ASSOCIATED = 50
const EXCERPT = 1000

/** Planned for their values: what they are found by differs. */
export function selectArticles(
  ctx: Context,
  where: RawBuilder<unknown>,
  { order = sql`a.id`, limit = 1, offset = 0, associated = sql``, lock = false }: ArticlePage & Lock = {},
): Promise<ArticleRecord[]> {
  const content = limit > 1 ? sql`left(r.content, ${EXCERPT})` : sql`r.content`
  return runOnce(
    ctx.db,
    sql<ArticleRecord>`
      select ${listed(ARTICLE_COLUMNS, 'a')}, ${userJson(sql`a.author_id`, sql`a.account_id`)} as author,
        (select json_build_object('id', c.id, 'name', c.name, 'slug', c.slug, 'locale', c.locale)
          from categories c where c.id = a.category_id and c.portal_id = a.portal_id) as category,
        (select json_agg(r order by r.id) from (
          select ${listed(ASSOCIATED_COLUMNS, 'r')}, ${content} as content, ${userJson(sql`r.author_id`, sql`r.account_id`)} as author
          from articles r where r.associated_article_id = a.id and r.portal_id = a.portal_id ${associated}
          order by r.id limit ${MOST_ASSOCIATED}) r) as associated
      from articles a where ${where} order by ${order} limit ${limit} offset ${offset} ${lock ? sql`for update of a` : sql``}`,
  )
}

/** By position, those without one last. */
export const BY_POSITION = sql`a.position, a.id`

const MOST_WORDS = 30

/** Every word, or what begins with it, in the texts of an article; as PostgreSQL's own search has it, for any language. */
export function hasWords(text: string): RawBuilder<unknown> {
  return sql`${TEXTS} @@ ${queryOf(text)}`
}

/** The title counts most, the content least. */
export function byRank(text: string): RawBuilder<unknown> {
  return sql`ts_rank(${TEXTS}, ${queryOf(text)}, 2) desc, a.id`
}

const TEXTS = sql`(setweight(to_tsvector('simple', coalesce(a.title, '')), 'A')
  || setweight(to_tsvector('simple', coalesce(a.description, '')), 'B')
  || setweight(to_tsvector('simple', coalesce(a.content, '')), 'C'))`

function queryOf(text: string): RawBuilder<unknown> {
  const words = text
    .replace(/['?\\:‘’ʻʼ]/g, ' ')
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, MOST_WORDS)
  return sql`to_tsquery('simple', ${words.map((word) => `'${word}':*`).join(' & ')})`
}
