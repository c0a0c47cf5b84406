import type { Services } from '../../context/context.ts'
import { presentPublicCategory } from '../categories/category.presenter.ts'
import type { CategoryRecord } from '../categories/category.query.ts'
import { presentLogo } from './portal.presenter.ts'
import { defaultLocaleOf, totalOf } from './portal.query.ts'
import type { PublicPortalRecord } from './public-portal.query.ts'

export function presentPublicPortal(app: Services, portal: PublicPortalRecord, categories: CategoryRecord[]) {
  return {
    custom_domain: portal.custom_domain,
    header_text: portal.header_text,
    homepage_link: portal.homepage_link,
    name: portal.name,
    page_title: portal.page_title,
    slug: portal.slug,
    ...(portal.logo && { logo: presentLogo(app, portal, portal.logo) }),
    ...(categories.length && { categories: categories.map(presentPublicCategory) }),
    meta: {
      articles_count: totalOf(portal.published),
      categories_count: portal.categories_count,
      default_locale: defaultLocaleOf(portal),
    },
  }
}
