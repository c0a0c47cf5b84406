import Type from 'typebox'
import { Empty, Nullable, operation } from '../../http/operation.ts'
import { Payload } from '../schemas.ts'
import { accessLabel, createLabel, destroyLabel, listLabels, updateLabel } from './label.model.ts'

const Label = Type.Object(
  {
    id: Type.Integer(),
    title: Type.String(),
    description: Nullable(Type.String()),
    color: Type.String(),
    show_on_sidebar: Nullable(Type.Boolean()),
  },
  { title: 'Label', additionalProperties: false },
)

const LabelBody = Type.Partial(
  Type.Object({
    title: Nullable(Type.String({ description: 'Letters, digits, hyphens and underscores; written small' })),
    description: Nullable(Type.String()),
    color: Nullable(Type.String({ description: 'As in CSS: #1f93ff' })),
    show_on_sidebar: Nullable(Type.Boolean()),
  }),
)

const base = '/api/v1/accounts/:account_id/labels' as const

export const labelOperations = [
  operation({
    id: 'labels.index',
    route: `GET ${base}`,
    summary: 'List the labels of the account',
    access: 'agent',
    reply: Payload(Type.Array(Label)),
    handle: async (ctx) => ({ payload: await listLabels(ctx) }),
  }),
  operation({
    id: 'labels.show',
    route: `GET ${base}/:id`,
    summary: 'Show a label',
    access: 'administrator',
    door: (ctx, { id }) => accessLabel(ctx, id),
    reply: Label,
    handle: (ctx, { params }) => accessLabel(ctx, params.id),
  }),
  operation({
    id: 'labels.create',
    route: `POST ${base}`,
    summary: 'Make a label',
    description: 'Conversations can carry words that are no label here; a label has a colour and a description.',
    example: { title: 'billing', description: 'Questions about invoices', color: '#1f93ff', show_on_sidebar: true },
    needs: ['title'],
    access: 'administrator',
    wrapper: 'label',
    body: LabelBody,
    reply: Label,
    handle: (ctx, { body }) => createLabel(ctx, body),
  }),
  operation({
    id: 'labels.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a label',
    description:
      'A new title is also written on the conversations and contacts that carry the old one, a little later.',
    example: { color: '#e0447c' },
    access: 'administrator',
    door: (ctx, { id }) => accessLabel(ctx, id),
    wrapper: 'label',
    body: LabelBody,
    reply: Label,
    handle: async (ctx, { params, body }) => updateLabel(ctx, await accessLabel(ctx, params.id, { lock: true }), body),
  }),
  operation({
    id: 'labels.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a label',
    description: 'Conversations and contacts that carry it keep it.',
    access: 'administrator',
    door: (ctx, { id }) => accessLabel(ctx, id),
    reply: Empty,
    handle: async (ctx, { params }) => destroyLabel(ctx, await accessLabel(ctx, params.id, { lock: true })),
  }),
]
