import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../context/context.ts'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { runOnce } from '../../db/prepared.ts'
import { ROOM } from '../../db/room.ts'
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
const ASSOCIATED_COLUMNS = ['id', 'account_id', 'category_id', 'title', 'status', 'views', 'updated_at'] as const

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

interface ArticleChoice {
  /** Without one it is about a single article. */
  page?: { order: RawBuilder<unknown>; limit: number; offset: number }
  /** Of those beside an article only these, so many, and each in a list takes that much more than its texts. */
  associated?: { where?: RawBuilder<unknown>; most?: number; size?: number }
}

/** In bytes: what an answer shows of the articles beside others. */
const ROOM_BESIDE = 1024 * 1024
/** As many as there are languages, nearly. */
const MOST_ASSOCIATED = 50
/** Of their texts in a list, in characters; and what one takes by itself. */
const EXCERPT = 255
const BARE = 1000

/** One by itself, or a page: of it those that an answer has room for. Planned for their values: what they are found by differs. */
export function selectArticles(
  ctx: Context,
  where: RawBuilder<unknown>,
  { page, associated = {}, lock = false }: ArticleChoice & Lock = {},
): Promise<ArticleRecord[]> {
  const { most = MOST_ASSOCIATED, size = 0 } = associated
  const fitting = page ? Math.max(Math.floor(ROOM_BESIDE / page.limit / (BARE + size)), 1) : most
  const text = (column: RawBuilder<unknown>) => (page ? sql`left(${column}, ${EXCERPT})` : column)
  const from = page
    ? sql`(select t.*, sum(t.size) over (order by t.place) - t.size as taken from (
        select a.*, row_number() over (order by ${page.order}) as place, coalesce(octet_length(a.content), 0)
          + coalesce(octet_length(a.description), 0) + coalesce(octet_length(a.meta::text), 0) as size
        from articles a where ${where} order by ${page.order} limit ${page.limit} offset ${page.offset}) t) a
      where a.taken < ${ROOM} order by a.place`
    : sql`articles a where ${where} order by a.id limit 1`
  return runOnce(
    ctx.db,
    sql<ArticleRecord>`
      select ${listed(ARTICLE_COLUMNS, 'a')}, ${userJson(sql`a.author_id`, sql`a.account_id`)} as author,
        (select json_build_object('id', c.id, 'name', c.name, 'slug', c.slug, 'locale', c.locale)
          from categories c where c.id = a.category_id and c.portal_id = a.portal_id) as category,
        (select json_agg(r order by r.id) from (
          select ${listed(ASSOCIATED_COLUMNS, 'r')}, ${text(sql`r.description`)} as description, ${text(sql`r.content`)} as content,
            ${userJson(sql`r.author_id`, sql`r.account_id`)} as author
          from articles r where r.associated_article_id = a.id and r.portal_id = a.portal_id ${associated.where ?? sql``}
          order by r.id limit ${Math.min(most, fitting)}) r) as associated
      from ${from} ${lock ? sql`for update of a` : sql``}`,
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
