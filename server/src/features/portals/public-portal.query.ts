import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import { logoJson } from '../pictures/picture.sql.ts'
import type { Logo, PortalConfig } from './portal.query.ts'

const COLUMNS = columns(
  'portals',
  'id',
  'account_id',
  'name',
  'slug',
  'custom_domain',
  'header_text',
  'homepage_link',
  'page_title',
  'config',
)

/** A help center as its visitors see it. */
export interface PublicPortalRecord extends Refine<Row<typeof COLUMNS>, { config: PortalConfig | null }> {
  logo: Logo | null
  /** How many articles are published in each language. */
  published: Record<string, number>
  categories_count: number
}

/** One that is put away is none. */
export async function findPublicPortal(ctx: Context, slug: string): Promise<PublicPortalRecord | undefined> {
  const [portal] = await runPrepared(
    ctx.db,
    sql<PublicPortalRecord>`
      select ${listed(COLUMNS, 'p')}, ${logoJson(sql`p.id`)} as logo,
        (select count(*) from categories c where c.portal_id = p.id) as categories_count,
        (select coalesce(json_object_agg(locale, count), '{}') from (
          select a.locale, count(*) as count from articles a
          where a.portal_id = p.id and a.status = 1 group by a.locale) counts) as published
      from portals p where p.slug = ${slug} and p.archived is not true`,
  )
  return portal
}
