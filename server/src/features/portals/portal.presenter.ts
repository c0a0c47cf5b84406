import type { Context, Services } from '../../context/context.ts'
import { presentInbox } from '../inboxes/inbox.presenter.ts'
import { defaultLocaleOf, localesOf, totalOf, type Logo, type PortalRecord } from './portal.query.ts'

/** What the articles of a help center come to, of one language or of all. */
export interface ArticleCounts {
  all: number
  archived: number
  published: number
  draft: number
  mine: number
}

/** Lists and changes leave the counts of articles out, but for those of each language. */
export function presentPortal(ctx: Context, portal: PortalRecord, counts?: ArticleCounts) {
  return {
    id: portal.id,
    color: portal.color,
    custom_domain: portal.custom_domain,
    header_text: portal.header_text,
    homepage_link: portal.homepage_link,
    name: portal.name,
    page_title: portal.page_title,
    slug: portal.slug,
    archived: portal.archived ?? false,
    account_id: portal.account_id,
    config: {
      allowed_locales: localesOf(portal).map((code) => ({
        code,
        articles_count: portal.articles[code] ?? 0,
        categories_count: portal.categories[code] ?? 0,
      })),
    },
    ...(portal.inbox && { inbox: presentInbox(ctx, portal.inbox) }),
    ...(portal.logo && { logo: presentLogo(ctx.app, portal, portal.logo) }),
    meta: {
      all_articles_count: counts?.all ?? 0,
      archived_articles_count: counts?.archived ?? null,
      published_count: counts?.published ?? null,
      draft_articles_count: counts?.draft ?? null,
      ...(counts?.all && { mine_articles_count: counts.mine }),
      categories_count: totalOf(portal.categories),
      default_locale: defaultLocaleOf(portal),
    },
  }
}

export function presentLogo(app: Services, portal: { id: number; account_id: number }, { id, blob }: Logo) {
  return {
    id,
    portal_id: portal.id,
    file_type: blob.content_type ?? null,
    account_id: portal.account_id,
    file_url: app.files.blobUrl(blob),
    blob_id: app.files.signedId(blob),
    filename: blob.filename,
  }
}
