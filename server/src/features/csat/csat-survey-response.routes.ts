import Type from 'typebox'
import { Bag, Nullable, operation, Unix } from '../../http/operation.ts'
import { Agent, Contact } from '../schemas.ts'
import { exportResponses, listResponses, measureResponses, reviewResponse } from './csat-survey-response.model.ts'
import { presentResponse } from './csat-survey-response.presenter.ts'

const closed = { additionalProperties: false } as const

const CsatSurveyResponse = Type.Object(
  {
    id: Type.Integer(),
    rating: Type.Integer({ minimum: 1, maximum: 5 }),
    feedback_message: Nullable(Type.String()),
    csat_review_notes: Nullable(Type.String()),
    review_notes_updated_at: Nullable(Unix),
    review_notes_updated_by: Type.Optional(Type.Object({ id: Type.Integer(), name: Type.String() }, closed)),
    account_id: Type.Integer(),
    message_id: Type.Integer(),
    contact: Type.Optional(Contact),
    conversation_id: Nullable(Type.Integer({ description: 'The display id' })),
    assigned_agent: Type.Optional(Agent),
    created_at: Unix,
  },
  { title: 'CsatSurveyResponse', ...closed },
)

const filters = {
  since: Type.String({ description: 'Unix time in seconds; counts together with `until`' }),
  until: Type.String({ description: 'Unix time in seconds, the first that does not count' }),
  user_ids: Type.Union([Type.Array(Type.String()), Type.String()], {
    description: 'Of agents who had the conversation when it was rated',
  }),
  inbox_id: Type.String({ description: 'The inbox of the conversation' }),
  team_id: Type.String({ description: 'The team of the conversation' }),
  rating: Type.String({ description: '1 to 5' }),
}
const sort = Type.String({ description: '`created_at`, or `-created_at` for the newest first' })

const base = '/api/v1/accounts/:account_id/csat_survey_responses' as const

export const csatSurveyResponseOperations = [
  operation({
    id: 'csat_survey_responses.index',
    route: `GET ${base}`,
    summary: 'List how conversations were rated',
    description: 'By twenty-five.',
    access: 'administrator',
    query: Type.Partial(Type.Object({ ...filters, sort, page: Type.String() })),
    reply: Type.Array(CsatSurveyResponse),
    handle: async (ctx, { query }) =>
      (await listResponses(ctx, query)).map((response) => presentResponse(ctx.app, response)),
  }),
  operation({
    id: 'csat_survey_responses.metrics',
    route: `GET ${base}/metrics`,
    summary: 'Count how conversations were rated',
    description: '`total_sent_messages_count` follows the time alone, whatever else is asked for.',
    access: 'administrator',
    query: Type.Partial(Type.Object(filters)),
    reply: Type.Object(
      {
        total_count: Type.Integer({ description: 'How many answers there are' }),
        ratings_count: { ...Bag, description: 'How many of each rating; those that nobody gave are left out' },
        total_sent_messages_count: Type.Integer({ description: 'How many surveys were sent' }),
      },
      closed,
    ),
    handle: (ctx, { query }) => measureResponses(ctx, query),
  }),
  operation({
    id: 'csat_survey_responses.download',
    route: `GET ${base}/download`,
    summary: 'A file for spreadsheets of how conversations were rated',
    description:
      'Of the time from `since` to `until`, which are needed: up to 10,000 answers, or 4 MB of what was said.',
    access: 'administrator',
    errors: { 422: { error: 'There are too many answers for one file: ask for a shorter time' } },
    query: Type.Partial(Type.Object({ ...filters, sort })),
    reply: Type.String(),
    produces: 'text/csv',
    handle: (ctx, { query }) => exportResponses(ctx, query),
  }),
  operation({
    id: 'csat_survey_responses.update',
    route: `PATCH ${base}/:id`,
    summary: 'Write what the account says to a rating',
    example: { csat_review_notes: 'Called back' },
    access: 'administrator',
    body: Type.Partial(Type.Object({ csat_review_notes: Nullable(Type.String()) })),
    reply: CsatSurveyResponse,
    handle: async (ctx, { params, body }) =>
      presentResponse(ctx.app, await reviewResponse(ctx, params.id, body.csat_review_notes)),
  }),
]
