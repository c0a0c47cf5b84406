import Type from 'typebox'
import type { AccountContext } from '../../context/context.ts'
import { Bag, Empty, Nullable, operation } from '../../http/operation.ts'
import { accessPortal } from '../portals/portal.model.ts'
import { presentPortal } from '../portals/portal.presenter.ts'
import { CurrentPage } from '../portals/portal.schema.ts'
import { Payload } from '../schemas.ts'
import {
  accessArticle,
  countFound,
  createArticle,
  destroyArticle,
  listArticles,
  reorderArticles,
  updateArticle,
} from './article.model.ts'
import { presentArticle } from './article.presenter.ts'
import type { ArticleRecord } from './article.query.ts'
import { Article, ArticleBody } from './article.schema.ts'

const base = '/api/v1/accounts/:account_id/portals/:portal_id/articles' as const
const closed = { additionalProperties: false } as const
const text = ['portal_id'] as const
const example = {
  title: 'How to install',
  content: 'Take the **box** out of the bag.',
  category_id: 1,
  author_id: 1,
  status: 'published',
} as const

/** The portal as it is now: it counts its articles. */
async function payloadOf(ctx: AccountContext, slug: string, article: ArticleRecord) {
  return { payload: presentArticle(ctx.app, presentPortal(ctx, await accessPortal(ctx, slug)), article) }
}

async function show(ctx: AccountContext, { portal_id: slug, id }: { portal_id: string; id: number }) {
  const portal = await accessPortal(ctx, slug)
  return { payload: presentArticle(ctx.app, presentPortal(ctx, portal), await accessArticle(ctx, portal, id)) }
}

export const articleOperations = [
  operation({
    id: 'articles.index',
    route: `GET ${base}`,
    summary: 'List the articles of a portal',
    description:
      '25 to a page, the latest changed first; with a `category_slug` by position. A `query` finds articles with all of its words, or what begins with them. In `meta` those are counted that are found, whatever their status and author.',
    access: 'agent',
    text,
    query: Type.Partial(
      Type.Object({
        page: Type.String(),
        locale: Type.String(),
        query: Type.String({ description: 'The text to look for' }),
        category_slug: Type.String({ description: 'Only those of this category' }),
        status: Type.String({ description: 'draft, published or archived' }),
        author_id: Type.String(),
      }),
    ),
    reply: Type.Object(
      {
        payload: Type.Array(Article),
        meta: Type.Object(
          {
            all_articles_count: Type.Integer({ description: 'Of the portal' }),
            archived_articles_count: Type.Integer(),
            articles_count: Type.Integer(),
            current_page: CurrentPage,
            draft_articles_count: Type.Integer(),
            mine_articles_count: Type.Integer(),
            published_count: Type.Integer(),
          },
          closed,
        ),
      },
      closed,
    ),
    handle: async (ctx, { params, query }) => {
      const portal = await accessPortal(ctx, params.portal_id)
      const shown = presentPortal(ctx, portal)
      const articles = await listArticles(ctx, portal, query, Buffer.byteLength(JSON.stringify(shown)))
      return {
        payload: articles.map((article) => presentArticle(ctx.app, shown, article)),
        meta: { ...(await countFound(ctx, portal, query)), current_page: query.page ?? 1 },
      }
    },
  }),
  operation({
    id: 'articles.show',
    route: `GET ${base}/:id`,
    summary: 'Show an article',
    access: 'administrator',
    text,
    reply: Payload(Article),
    handle: (ctx, { params }) => show(ctx, params),
  }),
  operation({
    id: 'articles.edit',
    route: `GET ${base}/:id/edit`,
    summary: 'Show an article, as `articles.show` does',
    access: 'administrator',
    text,
    reply: Payload(Article),
    handle: (ctx, { params }) => show(ctx, params),
  }),
  operation({
    id: 'articles.create',
    route: `POST ${base}`,
    summary: 'Write an article',
    description: 'A draft, unless `status` says otherwise.',
    example,
    needs: ['title', 'content', 'author_id'],
    access: 'administrator',
    text,
    wrapper: 'article',
    body: ArticleBody,
    reply: Payload(Article),
    handle: async (ctx, { params, body }) => {
      const portal = await accessPortal(ctx, params.portal_id)
      return payloadOf(ctx, params.portal_id, await createArticle(ctx, portal, body))
    },
  }),
  operation({
    id: 'articles.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change an article',
    description: 'In another category it stands behind all others, and is in the language of that category.',
    example: { status: 'archived' },
    access: 'administrator',
    text,
    wrapper: 'article',
    body: ArticleBody,
    reply: Payload(Article),
    handle: async (ctx, { params, body }) => {
      const portal = await accessPortal(ctx, params.portal_id)
      const article = await accessArticle(ctx, portal, params.id, { lock: true })
      return payloadOf(ctx, params.portal_id, await updateArticle(ctx, portal, article, body))
    },
  }),
  operation({
    id: 'articles.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete an article',
    access: 'administrator',
    text,
    reply: Empty,
    handle: async (ctx, { params }) =>
      destroyArticle(
        ctx,
        await accessArticle(ctx, await accessPortal(ctx, params.portal_id), params.id, { lock: true }),
      ),
  }),
  operation({
    id: 'articles.reorder',
    route: `POST ${base}/reorder`,
    summary: 'Give articles their positions',
    example: { positions_hash: { 1: 10, 2: 20 } },
    needs: ['positions_hash'],
    access: 'administrator',
    text,
    body: Type.Partial(Type.Object({ positions_hash: Nullable(Bag) })),
    reply: Empty,
    handle: async (ctx, { params, body }) =>
      reorderArticles(ctx, await accessPortal(ctx, params.portal_id), body.positions_hash),
  }),
]
