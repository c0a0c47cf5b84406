import { sql } from 'kysely'
import type { AccountContext, MemberContext } from '../../context/context.ts'
import type { Lock } from '../../db/lock.ts'
import { attachBlob } from '../../files/blob.ts'
import { invalidField, lengthProblems, NotFoundError, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { idOf } from '../../http/params.ts'
import { isSlug } from '../../lib/slug.ts'
import { hasSafeScheme } from '../../lib/web-address.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'
import { accessInbox } from '../inboxes/inbox.model.ts'
import type { ArticleCounts } from './portal.presenter.ts'
import {
  defaultLocaleOf,
  listPortalsWhere,
  localesOf,
  selectPortals,
  type PortalConfig,
  type PortalRecord,
} from './portal.query.ts'

export interface PortalFields {
  name?: string | null
  slug?: string | null
  color?: string | null
  custom_domain?: string | null
  header_text?: string | null
  homepage_link?: string | null
  page_title?: string | null
  archived?: boolean | null
  config?: PortalConfig | null
  inbox_id?: string | null
  blob_id?: string | null
}

export function listPortals(ctx: AccountContext): Promise<PortalRecord[]> {
  return listPortalsWhere(ctx, sql`p.account_id = ${ctx.account.id}`)
}

/** Help centers go by their slugs. */
export async function accessPortal(
  ctx: AccountContext,
  slug: string,
  { lock = false }: Lock = {},
): Promise<PortalRecord> {
  const [portal] = await selectPortals(ctx, sql`p.account_id = ${ctx.account.id} and p.slug = ${slug}`, { lock })
  if (!portal) throw new NotFoundError()
  return portal
}

/** Of one language, where one is named. */
export async function countArticles(
  ctx: MemberContext,
  portal: PortalRecord,
  locale: string | null | undefined,
): Promise<ArticleCounts> {
  const { rows } = await sql<ArticleCounts>`
    select count(*) as all, count(*) filter (where status = 0) as draft, count(*) filter (where status = 1) as published,
      count(*) filter (where status = 2) as archived, count(*) filter (where author_id = ${ctx.user.id}) as mine
    from articles where portal_id = ${portal.id} ${locale ? sql`and locale = ${locale}` : sql``}`.execute(ctx.db)
  return rows[0]!
}

export async function createPortal(ctx: AccountContext, fields: PortalFields): Promise<PortalRecord> {
  const { config, inbox_id: inboxId, blob_id: blobId, ...columns } = clean(fields)
  // @NOTE reduced where a portal is made, not where it is changed (app/controllers/api/v1/accounts/portals_controller.rb).
  if (columns.custom_domain) columns.custom_domain = hostOf(columns.custom_domain)
  await checkPortal(ctx, { name: null, slug: null, ...columns })
  const now = ctx.app.now()
  const { id, slug } = await ctx.db
    .insertInto('portals')
    .values({
      ...columns,
      ...(await widgetOf(ctx, inboxId)),
      name: columns.name!,
      slug: columns.slug!,
      config: JSON.stringify(settleConfig(null, config)),
      account_id: ctx.account.id,
      created_at: now,
      updated_at: now,
    })
    .returning(['id', 'slug'])
    .executeTakeFirstOrThrow()
  if (blobId) await setLogo(ctx, { id, logo: null }, blobId)
  return accessPortal(ctx, slug)
}

export async function updatePortal(
  ctx: AccountContext,
  portal: PortalRecord,
  fields: PortalFields,
): Promise<PortalRecord> {
  const { config, inbox_id: inboxId, blob_id: blobId, ...columns } = clean(fields)
  // What Rails wrote may be sent again as it is.
  if (columns.slug === portal.slug) delete columns.slug
  await checkPortal(ctx, columns, portal.id)
  const { slug } = await ctx.db
    .updateTable('portals')
    .set({
      ...columns,
      name: columns.name ?? portal.name,
      slug: columns.slug ?? portal.slug,
      ...(await widgetOf(ctx, inboxId)),
      ...(config && { config: JSON.stringify(settleConfig(portal.config, config)) }),
      updated_at: ctx.app.now(),
    })
    .where('id', '=', portal.id)
    .returning('slug')
    .executeTakeFirstOrThrow()
  if (blobId) await setLogo(ctx, portal, blobId)
  return accessPortal(ctx, slug)
}

/** With its categories and articles; inboxes go on without it. */
export async function destroyPortal(ctx: AccountContext, { id }: PortalRecord): Promise<void> {
  const db = ctx.db
  await db.updateTable('inboxes').set({ portal_id: null }).where('portal_id', '=', id).execute()
  await db.deleteFrom('portals_members').where('portal_id', '=', id).execute()
  const categories = db.selectFrom('categories').select('id').where('portal_id', '=', id)
  await db
    .deleteFrom('related_categories')
    .where((where) =>
      where.or([where('category_id', 'in', categories), where('related_category_id', 'in', categories)]),
    )
    .execute()
  await db.deleteFrom('categories').where('portal_id', '=', id).execute()
  await db.deleteFrom('articles').where('portal_id', '=', id).execute()
  await detachFiles(ctx, { recordType: 'Portal', recordId: id })
  await db.deleteFrom('portals').where('id', '=', id).execute()
}

export async function removeLogo(ctx: AccountContext, { id }: PortalRecord): Promise<void> {
  await detachFiles(ctx, { recordType: 'Portal', recordId: id, name: 'logo' })
}

/** How far the certificate of its own domain is, as whoever sees to it has left it. */
export function certificateOf({ custom_domain: domain, ssl_settings: settings }: PortalRecord) {
  if (!domain) throw unprocessable('Custom domain is not configured')
  return {
    status: (settings.cf_status ?? null) as string | null,
    verification_errors: (settings.cf_verification_errors ?? null) as string | null,
  }
}

const LOGOS = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

async function setLogo(
  ctx: AccountContext,
  portal: Pick<PortalRecord, 'id' | 'logo'>,
  signedId: string,
): Promise<void> {
  if (portal.logo && ctx.app.files.signedId(portal.logo.blob) === signedId) return
  const blob = await ctx.app.files.findUpload(ctx.db, signedId, ctx.account.id)
  if (!blob) throw invalidField('blob_id', 'is invalid')
  if (!LOGOS.has(blob.content_type ?? '')) throw invalidField('blob_id', 'is no picture')
  await detachFiles(ctx, { recordType: 'Portal', recordId: portal.id, name: 'logo' })
  await attachBlob(ctx.db, { recordType: 'Portal', recordId: portal.id, name: 'logo', blobId: blob.id })
}

/** The column that an inbox stands for: one that is no website changes nothing, none at all takes the widget away. */
async function widgetOf(ctx: AccountContext, inboxId: string | null | undefined) {
  if (inboxId === undefined) return {}
  if (!inboxId?.trim()) return { channel_web_widget_id: null }
  const { website } = await accessInbox(ctx, idOf(inboxId))
  return website ? { channel_web_widget_id: website.id } : {}
}

/** Blank is none. */
function clean(fields: PortalFields): PortalFields {
  const columns = { ...fields }
  for (const name of ['custom_domain', 'homepage_link'] as const) if (columns[name] === '') columns[name] = null
  return columns
}

function hostOf(address: string): string {
  return /^https?:/i.test(address) && URL.canParse(address) ? new URL(address).hostname : address
}

const MOST_LOCALES = 100

function settleConfig(before: PortalConfig | null, sent: PortalConfig | null | undefined): PortalConfig {
  const config = { ...before, ...sent }
  const locales = localesOf({
    config: { allowed_locales: config.allowed_locales?.filter((code) => code.trim()) ?? null },
  })
  if (locales.length > MOST_LOCALES) throw invalidField('config', `has too many locales (maximum is ${MOST_LOCALES})`)
  return { ...config, allowed_locales: [...new Set(locales)], default_locale: defaultLocaleOf({ config }) }
}

const MAX_LENGTHS = { name: 255, slug: 255, color: 255, custom_domain: 255, homepage_link: 255, page_title: 255 }

async function checkPortal(ctx: AccountContext, columns: PortalFields, id = 0): Promise<void> {
  const { name, slug, custom_domain: domain, homepage_link: homepage } = columns
  const problems = lengthProblems(columns, MAX_LENGTHS)
  if (name !== undefined && !name?.trim()) problems.push(['name', "Name can't be blank"])
  if (slug !== undefined && !slug?.trim()) problems.push(['slug', "Slug can't be blank"])
  if (slug && !isSlug(slug)) problems.push(['slug', 'Slug is invalid'])
  if (domain && !hasSafeScheme(domain)) problems.push(['custom_domain', 'Custom domain is invalid'])
  if (homepage && !hasSafeScheme(homepage)) problems.push(['homepage_link', 'Homepage link is invalid'])
  if (slug && (await isTaken(ctx, 'slug', slug, id))) problems.push(['slug', 'Slug has already been taken'])
  if (domain && (await isTaken(ctx, 'custom_domain', domain, id)))
    problems.push(['custom_domain', 'Custom domain has already been taken'])
  if (problems.length) throw new RecordInvalidError(problems)
}

/** By any portal of the server: both stand in addresses. */
async function isTaken(
  ctx: AccountContext,
  column: 'slug' | 'custom_domain',
  value: string,
  id: number,
): Promise<boolean> {
  const other = await ctx.db
    .selectFrom('portals')
    .select('id')
    .where(column, '=', value)
    .where('id', '<>', id)
    .executeTakeFirst()
  return other !== undefined
}
