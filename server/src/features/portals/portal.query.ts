import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../context/context.ts'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { runPrepared } from '../../db/prepared.ts'
import { withinRoom } from '../../db/room.ts'
import type { BlobName } from '../../vocabulary/files.ts'
import { inboxJson, type InboxRecord } from '../inboxes/inbox.query.ts'
import { logoJson } from '../pictures/picture.sql.ts'

const PORTAL_COLUMNS = columns(
  'portals',
  'id',
  'account_id',
  'name',
  'slug',
  'color',
  'custom_domain',
  'header_text',
  'homepage_link',
  'page_title',
  'archived',
  'config',
  'ssl_settings',
)

export interface PortalConfig {
  allowed_locales?: string[] | null
  default_locale?: string | null
}

export interface Logo {
  id: number
  blob: BlobName
}

/** A help center with all that its picture shows. */
export interface PortalRecord extends Refine<
  Row<typeof PORTAL_COLUMNS>,
  { config: PortalConfig | null; ssl_settings: Record<string, unknown> }
> {
  /** How many it has in each language. */
  articles: Record<string, number>
  categories: Record<string, number>
  /** The inbox of its widget. */
  inbox: InboxRecord | null
  logo: Logo | null
}

export function selectPortals(
  ctx: Context,
  where: RawBuilder<unknown>,
  { lock = false }: Lock = {},
): Promise<PortalRecord[]> {
  return runPrepared(ctx.db, sql<PortalRecord>`${portalRows(where)} ${lock ? sql`for update of p` : sql``}`)
}

/** As many as an answer has room for. */
export function listPortalsWhere(ctx: Context, where: RawBuilder<unknown>): Promise<PortalRecord[]> {
  return runPrepared(ctx.db, withinRoom(portalRows(where), sql`r.id`))
}

function portalRows(where: RawBuilder<unknown>) {
  const isWidget = sql`i.channel_type = 'Channel::WebWidget' and i.channel_id = p.channel_web_widget_id`
  return sql<PortalRecord>`
    select ${listed(PORTAL_COLUMNS, 'p')}, ${inboxJson(isWidget)} as inbox, ${logoJson(sql`p.id`)} as logo,
      (select coalesce(json_object_agg(locale, count), '{}') from (
        select a.locale, count(*) as count from articles a where a.portal_id = p.id group by a.locale) counts) as articles,
      (select coalesce(json_object_agg(locale, count), '{}') from (
        select coalesce(c.locale, 'en') as locale, count(*) as count
        from categories c where c.portal_id = p.id group by 1) counts) as categories
    from portals p where ${where}`
}

const FIRST_LOCALE = 'en'

export const localesOf = ({ config }: Pick<PortalRecord, 'config'>): string[] =>
  config?.allowed_locales?.length ? config.allowed_locales : [FIRST_LOCALE]

export const defaultLocaleOf = ({ config }: Pick<PortalRecord, 'config'>): string =>
  config?.default_locale || FIRST_LOCALE

export const totalOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)
