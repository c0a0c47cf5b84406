import Type from 'typebox'
import type { AccountContext } from '../../context/context.ts'
import { Empty, operation } from '../../http/operation.ts'
import { accessPortal } from '../portals/portal.model.ts'
import { CurrentPage } from '../portals/portal.schema.ts'
import { Payload } from '../schemas.ts'
import { accessCategory, createCategory, destroyCategory, listCategories, updateCategory } from './category.model.ts'
import { presentCategory } from './category.presenter.ts'
import type { CategoryRecord } from './category.query.ts'
import { Category, CategoryBody } from './category.schema.ts'

const base = '/api/v1/accounts/:account_id/portals/:portal_id/categories' as const
const closed = { additionalProperties: false } as const
const text = ['portal_id'] as const
const enter = async (ctx: AccountContext, { portal_id: slug, id }: { portal_id: string; id: number }) =>
  accessCategory(ctx, await accessPortal(ctx, slug), id)
const payloadOf = (category: CategoryRecord) => ({ payload: presentCategory(category) })

export const categoryOperations = [
  operation({
    id: 'categories.index',
    route: `GET ${base}`,
    summary: 'List the categories of a portal',
    description: 'By position; 1000 to a page.',
    access: 'agent',
    text,
    query: Type.Partial(Type.Object({ locale: Type.String(), page: Type.String() })),
    reply: Type.Object(
      {
        payload: Type.Array(Category),
        meta: Type.Object(
          { current_page: CurrentPage, categories_count: Type.Integer({ description: 'Of this page' }) },
          closed,
        ),
      },
      closed,
    ),
    handle: async (ctx, { params, query }) => {
      const categories = await listCategories(ctx, await accessPortal(ctx, params.portal_id), query)
      return {
        payload: categories.map(presentCategory),
        meta: { current_page: query.page ?? 1, categories_count: categories.length },
      }
    },
  }),
  operation({
    id: 'categories.show',
    route: `GET ${base}/:id`,
    summary: 'Show a category',
    access: 'administrator',
    text,
    reply: Payload(Category),
    handle: async (ctx, { params }) => payloadOf(await enter(ctx, params)),
  }),
  operation({
    id: 'categories.create',
    route: `POST ${base}`,
    summary: 'Make a category',
    example: { name: 'Getting started', slug: 'start', locale: 'en', position: 10, description: 'The first steps' },
    needs: ['name', 'slug'],
    access: 'administrator',
    text,
    wrapper: 'category',
    body: CategoryBody,
    reply: Payload(Category),
    handle: async (ctx, { params, body }) =>
      payloadOf(await createCategory(ctx, await accessPortal(ctx, params.portal_id, { lock: true }), body)),
  }),
  operation({
    id: 'categories.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a category',
    description: 'Its `related_category_ids` are replaced as a whole.',
    example: { description: 'Step by step', position: 5 },
    access: 'administrator',
    text,
    wrapper: 'category',
    body: CategoryBody,
    reply: Payload(Category),
    handle: async (ctx, { params, body }) => {
      const portal = await accessPortal(ctx, params.portal_id, { lock: true })
      return payloadOf(await updateCategory(ctx, portal, await accessCategory(ctx, portal, params.id), body))
    },
  }),
  operation({
    id: 'categories.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a category; its articles belong to none then',
    access: 'administrator',
    text,
    reply: Empty,
    handle: async (ctx, { params }) => {
      const portal = await accessPortal(ctx, params.portal_id, { lock: true })
      await destroyCategory(ctx, await accessCategory(ctx, portal, params.id))
    },
  }),
]
