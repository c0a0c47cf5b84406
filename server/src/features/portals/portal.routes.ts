import Type from 'typebox'
import { Empty, Nullable, operation } from '../../http/operation.ts'
import {
  accessPortal,
  certificateOf,
  countArticles,
  createPortal,
  destroyPortal,
  listPortals,
  removeLogo,
  updatePortal,
} from './portal.model.ts'
import { presentPortal } from './portal.presenter.ts'
import { CurrentPage, Portal, PortalBody } from './portal.schema.ts'

const base = '/api/v1/accounts/:account_id/portals' as const
const closed = { additionalProperties: false } as const
const text = ['id'] as const
const example = {
  name: 'Help',
  slug: 'help',
  color: '#1f93ff',
  custom_domain: 'help.example.com',
  header_text: 'How can we help?',
  homepage_link: 'https://example.com',
  page_title: 'Help of the shop',
  config: { default_locale: 'en', allowed_locales: ['en', 'es'] },
}

export const portalOperations = [
  operation({
    id: 'portals.index',
    route: `GET ${base}`,
    summary: 'List the portals of the account: its help centers',
    access: 'agent',
    query: Type.Partial(Type.Object({ page: Type.String() })),
    reply: Type.Object(
      {
        payload: Type.Array(Portal),
        meta: Type.Object({ current_page: CurrentPage, portals_count: Type.Integer() }, closed),
      },
      closed,
    ),
    handle: async (ctx, { query }) => {
      const portals = await listPortals(ctx)
      return {
        payload: portals.map((portal) => presentPortal(ctx, portal)),
        meta: { current_page: query.page ?? 1, portals_count: portals.length },
      }
    },
  }),
  operation({
    id: 'portals.show',
    route: `GET ${base}/:id`,
    summary: 'Show a portal, by its slug',
    description: 'With a `locale` its articles are counted in that language only.',
    access: 'agent',
    text,
    query: Type.Partial(Type.Object({ locale: Type.String() })),
    reply: Portal,
    handle: async (ctx, { params, query }) => {
      const portal = await accessPortal(ctx, params.id)
      return presentPortal(ctx, portal, await countArticles(ctx, portal, query.locale))
    },
  }),
  operation({
    id: 'portals.create',
    route: `POST ${base}`,
    summary: 'Make a portal',
    description: 'Articles and categories are written in the languages that `config` allows.',
    example,
    needs: ['name', 'slug'],
    access: 'administrator',
    wrapper: 'portal',
    beside: ['inbox_id', 'blob_id'],
    body: PortalBody,
    reply: Portal,
    handle: async (ctx, { body }) => presentPortal(ctx, await createPortal(ctx, body)),
  }),
  operation({
    id: 'portals.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a portal',
    description: 'With `archived` it is put away, and fetched back.',
    example: { header_text: 'Ask us' },
    access: 'administrator',
    text,
    wrapper: 'portal',
    beside: ['inbox_id', 'blob_id'],
    mayBeEmpty: true,
    body: PortalBody,
    reply: Portal,
    handle: async (ctx, { params, body }) =>
      presentPortal(ctx, await updatePortal(ctx, await accessPortal(ctx, params.id, { lock: true }), body)),
  }),
  operation({
    id: 'portals.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a portal with its categories and articles',
    access: 'administrator',
    text,
    reply: Empty,
    handle: async (ctx, { params }) => destroyPortal(ctx, await accessPortal(ctx, params.id, { lock: true })),
  }),
  operation({
    id: 'portals.logo',
    route: `DELETE ${base}/:id/logo`,
    summary: 'Take the logo of a portal away',
    access: 'administrator',
    text,
    reply: Empty,
    handle: async (ctx, { params }) => removeLogo(ctx, await accessPortal(ctx, params.id, { lock: true })),
  }),
  operation({
    id: 'portals.ssl_status',
    route: `GET ${base}/:id/ssl_status`,
    summary: 'Show how far the certificate of its own domain is',
    description: 'Certificates are not made here: this is what a database that was taken over says.',
    errors: { 422: { error: 'Custom domain is not configured' } },
    access: 'agent',
    text,
    reply: Type.Object(
      { status: Nullable(Type.String()), verification_errors: Nullable(Type.String()) },
      { title: 'Certificate', ...closed },
    ),
    handle: async (ctx, { params }) => certificateOf(await accessPortal(ctx, params.id)),
  }),
]
