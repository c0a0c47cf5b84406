import Type from 'typebox'
import { Empty, Nullable, operation } from '../../http/operation.ts'
import { Payload } from '../schemas.ts'
import {
  accessWebhook,
  createWebhook,
  destroyWebhook,
  listWebhooks,
  SUBSCRIPTIONS,
  updateWebhook,
} from './webhook.model.ts'
import { presentWebhook } from './webhook.presenter.ts'

const Webhook = Type.Object(
  {
    id: Type.Integer(),
    name: Nullable(Type.String()),
    url: Type.String(),
    account_id: Type.Integer(),
    subscriptions: Type.Array(Type.String()),
    inbox: Type.Optional(Type.Object({ id: Type.Integer(), name: Type.String() }, { additionalProperties: false })),
    secret: Type.String({ description: 'With which deliveries to this address are signed' }),
  },
  { title: 'Webhook', additionalProperties: false },
)

const WebhookBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    url: Nullable(Type.String({ description: 'Where events go; an http or https address' })),
    inbox_id: Nullable(Type.Integer({ description: 'An inbox of the account; kept and shown, it does not filter' })),
    subscriptions: Nullable(
      Type.Array(Type.String(), { description: `Any of ${SUBSCRIPTIONS.join(', ')}; by default the first eight` }),
    ),
  }),
)

const base = '/api/v1/accounts/:account_id/webhooks' as const
const One = Payload(Type.Object({ webhook: Webhook }, { additionalProperties: false }))

export const webhookOperations = [
  operation({
    id: 'webhooks.index',
    route: `GET ${base}`,
    summary: 'List the webhooks of an account',
    description: 'Administrators see the `secret` with which deliveries are signed.',
    access: 'administrator',
    reply: Payload(Type.Object({ webhooks: Type.Array(Webhook) }, { additionalProperties: false })),
    handle: async (ctx) => ({
      payload: { webhooks: (await listWebhooks(ctx)).map((webhook) => presentWebhook(ctx.app, webhook)) },
    }),
  }),
  operation({
    id: 'webhooks.create',
    route: `POST ${base}`,
    summary: 'Create a webhook',
    description:
      'A delivery is a POST of JSON, signed with the `secret` of the answer, and tried again for about a day where it fails. What each event holds stands in `/swagger/asyncapi.json`.',
    example: {
      name: 'Orders',
      url: 'https://example.com/parley',
      subscriptions: ['conversation_created', 'message_created'],
    },
    needs: ['url'],
    access: 'administrator',
    body: WebhookBody,
    wrapper: 'webhook',
    reply: One,
    handle: async (ctx, { body }) => ({
      payload: { webhook: presentWebhook(ctx.app, await createWebhook(ctx, body)) },
    }),
  }),
  operation({
    id: 'webhooks.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a webhook',
    description: 'Fields that are left out stay as they are; `subscriptions` is replaced as a whole.',
    example: { url: 'https://example.com/parley', subscriptions: ['message_created'] },
    access: 'administrator',
    body: WebhookBody,
    wrapper: 'webhook',
    reply: One,
    handle: async (ctx, { params, body }) => {
      const webhook = await updateWebhook(ctx, await accessWebhook(ctx, params.id), body)
      return { payload: { webhook: presentWebhook(ctx.app, webhook) } }
    },
  }),
  operation({
    id: 'webhooks.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a webhook',
    description: 'Deliveries that wait are dropped.',
    access: 'administrator',
    reply: Empty,
    handle: async (ctx, { params }) => destroyWebhook(ctx, await accessWebhook(ctx, params.id)),
  }),
]
