import Type from 'typebox'
import { Empty, Iso, Nullable, operation } from '../../http/operation.ts'
import {
  accessDashboardApp,
  createDashboardApp,
  destroyDashboardApp,
  listDashboardApps,
  updateDashboardApp,
} from './dashboard-app.model.ts'
import { presentDashboardApp } from './dashboard-app.presenter.ts'

const closed = { additionalProperties: false } as const

const DashboardApp = Type.Object(
  {
    id: Type.Integer(),
    title: Type.String(),
    content: Type.Array(Type.Object({ url: Type.String(), type: Type.String() }, closed), {
      description: 'The pages that are shown',
    }),
    created_at: Iso,
  },
  { title: 'DashboardApp', ...closed },
)

const DashboardAppBody = Type.Partial(
  Type.Object({
    title: Nullable(Type.String()),
    content: Nullable(
      Type.Array(
        Type.Partial(
          Type.Object({
            type: Nullable(Type.String({ description: '`frame`' })),
            url: Nullable(Type.String({ description: 'Of the page: http or https' })),
          }),
        ),
        { description: 'The pages that are shown, at least one' },
      ),
    ),
  }),
)

const base = '/api/v1/accounts/:account_id/dashboard_apps' as const

export const dashboardAppOperations = [
  operation({
    id: 'dashboard_apps.index',
    route: `GET ${base}`,
    summary: 'List the dashboard apps of the account',
    access: 'agent',
    reply: Type.Array(DashboardApp),
    handle: async (ctx) => (await listDashboardApps(ctx)).map(presentDashboardApp),
  }),
  operation({
    id: 'dashboard_apps.show',
    route: `GET ${base}/:id`,
    summary: 'Show a dashboard app',
    access: 'agent',
    reply: DashboardApp,
    handle: async (ctx, { params }) => presentDashboardApp(await accessDashboardApp(ctx, params.id)),
  }),
  operation({
    id: 'dashboard_apps.create',
    route: `POST ${base}`,
    summary: 'Make a dashboard app',
    description: 'Dashboards show its pages in a frame beside each conversation, and tell them whose it is.',
    example: { title: 'Orders', content: [{ type: 'frame', url: 'https://orders.example.com/customer' }] },
    needs: ['title', 'content'],
    access: 'agent',
    wrapper: 'dashboard_app',
    body: DashboardAppBody,
    reply: DashboardApp,
    handle: async (ctx, { body }) => presentDashboardApp(await createDashboardApp(ctx, body)),
  }),
  operation({
    id: 'dashboard_apps.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a dashboard app',
    description: 'Fields that are left out stay as they are; `content` is replaced as a whole.',
    example: { title: 'All orders' },
    access: 'agent',
    wrapper: 'dashboard_app',
    body: DashboardAppBody,
    reply: DashboardApp,
    handle: async (ctx, { params, body }) => {
      const app = await accessDashboardApp(ctx, params.id, { lock: true })
      return presentDashboardApp(await updateDashboardApp(ctx, app, body))
    },
  }),
  operation({
    id: 'dashboard_apps.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a dashboard app',
    access: 'agent',
    reply: Empty,
    status: 204,
    handle: async (ctx, { params }) => destroyDashboardApp(ctx, await accessDashboardApp(ctx, params.id)),
  }),
]
