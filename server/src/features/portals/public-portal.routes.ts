import Type from 'typebox'
import { operation } from '../../http/operation.ts'
import { PublicArticle, PublicPortal } from '../articles/article.schema.ts'
import { PublicCategory } from '../categories/category.schema.ts'
import { Payload } from '../schemas.ts'
import {
  countView,
  leadToLocale,
  listPublicArticles,
  listPublicCategories,
  showPublicArticle,
  showPublicCategory,
  showPublicPortal,
} from './public-portal.model.ts'

const base = '/hc/:slug' as const
const closed = { additionalProperties: false } as const
const filters = Type.Partial(
  Type.Object({
    query: Type.String({ description: 'The text to look for' }),
    sort: Type.String({ description: '`views`: what was looked at most comes first' }),
    status: Type.String({ description: 'Only what is published is shown' }),
    page: Type.String(),
    per_page: Type.String({ description: 'At most 100' }),
  }),
)
const Articles = Type.Object(
  {
    payload: Type.Array(PublicArticle),
    meta: Type.Object(
      { articles_count: Type.Integer({ description: 'All that are published in this language' }) },
      closed,
    ),
  },
  { title: 'PublicArticles', ...closed },
)
const UNKNOWN = { 404: { status: 404, error: 'Not Found' } }

export const publicPortalOperations = [
  operation({
    id: 'public/portals.redirect',
    route: `GET ${base}`,
    summary: 'Lead to the help center in its own language',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug'],
    status: 302,
    reply: Type.String(),
    produces: 'text/html',
    handle: (ctx, { params }) => leadToLocale(ctx, params.slug),
  }),
  operation({
    id: 'public/portals.show',
    route: `GET ${base}/:locale`,
    summary: 'Show a help center',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'locale'],
    reply: PublicPortal,
    handle: (ctx, { params }) => showPublicPortal(ctx, params.slug),
  }),
  operation({
    id: 'public/portals/articles.index',
    route: `GET ${base}/:locale/articles`,
    summary: 'List the articles of a help center in one language',
    description:
      'By position, or by what fits the `query` best. At most 100 to a page; fewer where the help center has very many categories.',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'locale'],
    query: filters,
    reply: Articles,
    handle: (ctx, { params, query }) => listPublicArticles(ctx, params.slug, params.locale, query),
  }),
  operation({
    id: 'public/portals/categories.index',
    route: `GET ${base}/:locale/categories`,
    summary: 'List the categories of a help center, of all languages',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'locale'],
    reply: Payload(Type.Array(PublicCategory)),
    handle: (ctx, { params }) => listPublicCategories(ctx, params.slug),
  }),
  operation({
    id: 'public/portals/categories.show',
    route: `GET ${base}/:locale/categories/:category_slug`,
    summary: 'Show a category of a help center',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'locale', 'category_slug'],
    reply: PublicCategory,
    handle: (ctx, { params }) => showPublicCategory(ctx, params.slug, params.locale, params.category_slug),
  }),
  operation({
    id: 'public/portals/categories.articles',
    route: `GET ${base}/:locale/categories/:category_slug/articles`,
    summary: 'List the articles of a help center in one language, whatever their category',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'locale', 'category_slug'],
    query: filters,
    reply: Articles,
    // @NOTE the category is not looked at (app/controllers/public/api/v1/portals/articles_controller.rb).
    handle: (ctx, { params, query }) => listPublicArticles(ctx, params.slug, params.locale, query),
  }),
  operation({
    id: 'public/portals/articles.show',
    route: `GET ${base}/articles/:article_slug`,
    summary: 'Show an article of a help center',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'article_slug'],
    reply: PublicArticle,
    handle: (ctx, { params }) => showPublicArticle(ctx, params.slug, params.article_slug),
  }),
  operation({
    id: 'public/portals/articles.tracking_pixel',
    route: `GET ${base}/articles/:article_slug.png`,
    summary: 'Count a look at an article',
    description: 'A picture of one clear pixel, for the page that shows the article.',
    access: 'nobody',
    errors: UNKNOWN,
    text: ['slug', 'article_slug'],
    reply: Type.String({ format: 'binary' }),
    produces: 'image/png',
    handle: (ctx, { params }) => countView(ctx, params.slug, params.article_slug),
  }),
]
