import Type from 'typebox'
import { Bag, Choice, Empty, Iso, Nullable, operation } from '../../http/operation.ts'
import {
  accessCustomFilter,
  createCustomFilter,
  destroyCustomFilter,
  listCustomFilters,
  updateCustomFilter,
} from './custom-filter.model.ts'
import { FILTER_TYPES, presentCustomFilter } from './custom-filter.presenter.ts'

const CustomFilter = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    filter_type: Choice(FILTER_TYPES),
    query: Type.Union([Bag, Type.String()], { description: 'As it was saved; the text `{}` where none was' }),
    created_at: Iso,
    updated_at: Iso,
  },
  { title: 'CustomFilter', additionalProperties: false },
)

const CustomFilterBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    filter_type: Nullable(Choice(FILTER_TYPES)),
    query: Nullable(Type.Unsafe<Record<string, any>>({ ...Bag, description: 'What to send to the filter' })),
  }),
)

const base = '/api/v1/accounts/:account_id/custom_filters' as const
const wrapper = 'custom_filter'
const example = {
  name: 'Open and urgent',
  filter_type: 'conversation' as const,
  query: {
    payload: [
      { attribute_key: 'status', filter_operator: 'equal_to', values: ['open'], query_operator: 'and' },
      { attribute_key: 'priority', filter_operator: 'equal_to', values: ['urgent'], query_operator: null },
    ],
  },
}

export const customFilterOperations = [
  operation({
    id: 'custom_filters.index',
    route: `GET ${base}`,
    summary: "List the caller's saved filters",
    access: 'agent',
    query: Type.Partial(
      Type.Object({
        filter_type: Type.String({ description: 'conversation, contact or report; conversation without it' }),
      }),
    ),
    reply: Type.Array(CustomFilter),
    handle: async (ctx, { query }) => (await listCustomFilters(ctx, query.filter_type)).map(presentCustomFilter),
  }),
  operation({
    id: 'custom_filters.show',
    route: `GET ${base}/:id`,
    summary: 'Show a saved filter',
    access: 'agent',
    reply: CustomFilter,
    handle: async (ctx, { params }) => presentCustomFilter(await accessCustomFilter(ctx, params.id)),
  }),
  operation({
    id: 'custom_filters.create',
    route: `POST ${base}`,
    summary: 'Save a filter',
    description: 'For the caller alone, at most a thousand of them. `query` is kept as it is, and not tried.',
    example,
    needs: ['name'],
    access: 'agent',
    body: CustomFilterBody,
    wrapper,
    reply: CustomFilter,
    handle: async (ctx, { body }) => presentCustomFilter(await createCustomFilter(ctx, body)),
  }),
  operation({
    id: 'custom_filters.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a saved filter',
    example: { name: 'Open, and as urgent as it gets' },
    access: 'agent',
    body: CustomFilterBody,
    wrapper,
    reply: CustomFilter,
    handle: async (ctx, { params, body }) =>
      presentCustomFilter(
        await updateCustomFilter(ctx, await accessCustomFilter(ctx, params.id, { lock: true }), body),
      ),
  }),
  operation({
    id: 'custom_filters.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a saved filter',
    access: 'agent',
    status: 204,
    reply: Empty,
    handle: async (ctx, { params }) =>
      destroyCustomFilter(ctx, await accessCustomFilter(ctx, params.id, { lock: true })),
  }),
]
