import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../context/context.ts'
import { columns, listed, type Row } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'

const COLUMNS = columns('categories', 'id', 'name', 'slug', 'locale', 'position', 'account_id', 'portal_id', 'icon')

/** A category as others name it. */
export interface Relative extends Pick<
  Row<typeof COLUMNS>,
  'id' | 'name' | 'slug' | 'locale' | 'position' | 'account_id'
> {
  description: string | null
}

export interface CategoryRecord extends Row<typeof COLUMNS> {
  description: string | null
  related: Relative[] | null
  parent: Relative | null
  root: Relative | null
  articles_count: number
  published_count: number
}

interface CategoryList {
  where?: RawBuilder<unknown>
  page?: number
  /** One by itself shows all of its texts. */
  alone?: boolean
}

export const CATEGORIES_A_PAGE = 1000

/** In bytes: a list shows descriptions whole as long as there is room, and of the others, and of relatives, so many characters. */
const ROOM = 1024 * 1024
const EXCERPT = 100

/** Of a portal, by position, those without one last. */
export function selectCategories(
  ctx: Context,
  portal: { id: number },
  { where = sql``, page = 1, alone = false }: CategoryList = {},
): Promise<CategoryRecord[]> {
  const excerpt = (text: RawBuilder<unknown>) => (alone ? text : sql`left(${text}, ${sql.lit(EXCERPT)})`)
  const taken = sql`sum(octet_length(c.description)) over (order by c.position, c.id)`
  const own = alone
    ? sql`c.description`
    : sql`case when ${taken} > ${sql.lit(ROOM)} then ${excerpt(sql`c.description`)} else c.description end`
  const shown = sql`json_build_object('id', r.id, 'name', r.name, 'slug', r.slug, 'locale', r.locale, 'position', r.position,
    'account_id', r.account_id, 'description', ${excerpt(sql`r.description`)})`
  const relative = (id: RawBuilder<unknown>) =>
    sql`(select ${shown} from categories r where r.id = ${id} and r.portal_id = c.portal_id)`
  return runPrepared(
    ctx.db,
    sql<CategoryRecord>`
      select ${listed(COLUMNS, 'c')}, ${own} as description,
        ${relative(sql`c.parent_category_id`)} as parent, ${relative(sql`c.associated_category_id`)} as root,
        (select json_agg(${shown} order by rc.id)
          from related_categories rc join categories r on r.id = rc.related_category_id and r.portal_id = c.portal_id
          where rc.category_id = c.id) as related,
        coalesce(n.articles, 0) as articles_count, coalesce(n.published, 0) as published_count
      from categories c left join (
        select category_id, count(*) as articles, count(*) filter (where status = 1) as published
        from articles where portal_id = ${portal.id} group by category_id) n on n.category_id = c.id
      where c.portal_id = ${portal.id} ${where} order by c.position, c.id
      limit ${CATEGORIES_A_PAGE} offset ${(page - 1) * CATEGORIES_A_PAGE}`,
  )
}
