import Type from 'typebox'
import { Empty, Iso, Nullable, operation } from '../../http/operation.ts'
import {
  accessCannedResponse,
  createCannedResponse,
  destroyCannedResponse,
  listCannedResponses,
  updateCannedResponse,
} from './canned-response.model.ts'
import { presentCannedResponse } from './canned-response.presenter.ts'

const CannedResponse = Type.Object(
  {
    id: Type.Integer(),
    account_id: Type.Integer(),
    short_code: Nullable(Type.String()),
    content: Nullable(Type.String()),
    created_at: Iso,
    updated_at: Iso,
  },
  { title: 'CannedResponse', additionalProperties: false },
)

const CannedResponseBody = Type.Partial(
  Type.Object({
    short_code: Nullable(Type.String({ description: 'By which agents find it; each once in an account' })),
    content: Nullable(Type.String({ description: 'The text that is put into the answer' })),
  }),
)

const base = '/api/v1/accounts/:account_id/canned_responses' as const

export const cannedResponseOperations = [
  operation({
    id: 'canned_responses.index',
    route: `GET ${base}`,
    summary: 'List the canned responses of the account, or find some',
    description:
      'Those whose short code begins with what is looked for come first, then those whose short code holds it.',
    access: 'agent',
    query: Type.Partial(Type.Object({ search: Type.String({ description: 'Looked for in short code and text' }) })),
    reply: Type.Array(CannedResponse),
    handle: async (ctx, { query }) => (await listCannedResponses(ctx, query.search)).map(presentCannedResponse),
  }),
  operation({
    id: 'canned_responses.create',
    route: `POST ${base}`,
    summary: 'Make a canned response',
    example: { short_code: 'hours', content: 'We are there from nine to five.' },
    needs: ['short_code', 'content'],
    access: 'agent',
    wrapper: 'canned_response',
    body: CannedResponseBody,
    reply: CannedResponse,
    handle: async (ctx, { body }) => presentCannedResponse(await createCannedResponse(ctx, body)),
  }),
  operation({
    id: 'canned_responses.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a canned response',
    example: { content: 'We are there from eight to six.' },
    access: 'agent',
    wrapper: 'canned_response',
    body: CannedResponseBody,
    reply: CannedResponse,
    handle: async (ctx, { params, body }) => {
      const response = await accessCannedResponse(ctx, params.id, { lock: true })
      return presentCannedResponse(await updateCannedResponse(ctx, response, body))
    },
  }),
  operation({
    id: 'canned_responses.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a canned response',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) => destroyCannedResponse(ctx, await accessCannedResponse(ctx, params.id)),
  }),
]
