import Type from 'typebox'
import { Bag, BODY_LIMITS, Iso, Nullable, operation } from '../../http/operation.ts'
import { answerSurvey, showSurvey } from './csat.model.ts'
import { surveyPage, surveyScript, surveyStyle } from './survey.page.ts'

const closed = { additionalProperties: false } as const

const SurveyResponse = Type.Object(
  {
    id: Type.Integer(),
    account_id: Type.Integer(),
    conversation_id: Type.Integer(),
    message_id: Type.Integer(),
    rating: Type.Integer({ minimum: 1, maximum: 5 }),
    feedback_message: Nullable(Type.String()),
    contact_id: Type.Integer(),
    assigned_agent_id: Nullable(Type.Integer()),
    created_at: Iso,
    updated_at: Iso,
    csat_review_notes: Nullable(Type.String()),
    review_notes_updated_at: Nullable(Iso),
    review_notes_updated_by_id: Nullable(Type.Integer()),
  },
  { title: 'SurveyResponse', ...closed },
)

const Survey = Type.Object(
  {
    id: Type.Integer({ description: 'Of the message that asks' }),
    csat_survey_response: Nullable(SurveyResponse),
    display_type: Type.String(),
    content: Nullable(Type.String()),
    inbox_avatar_url: Type.String(),
    inbox_name: Type.String(),
    locale: Type.String(),
    conversation_id: Type.Integer({ description: 'The database id, not the display id' }),
    created_at: Iso,
  },
  { title: 'Survey', ...closed },
)

const route = '/public/api/v1/csat_survey/:conversation_uuid' as const

export const csatOperations = [
  operation({
    id: 'public/csat_survey.show',
    route: `GET ${route}`,
    summary: 'Show the survey of a conversation',
    description: 'The `conversation_uuid` is the `uuid` of the conversation.',
    access: 'nobody',
    text: ['conversation_uuid'],
    reply: Survey,
    handle: (ctx, { params }) => showSurvey(ctx, params.conversation_uuid),
  }),
  operation({
    id: 'public/csat_survey.update',
    route: `PATCH ${route}`,
    summary: 'Answer the survey of a conversation',
    description: 'Open for 14 days. The answer is recorded a little later; another one takes its place.',
    example: { message: { submitted_values: { csat_survey_response: { rating: 5, feedback_message: 'Very kind' } } } },
    needs: ['message'],
    errors: { 422: { error: 'You cannot update the CSAT survey after 14 days' } },
    access: 'nobody',
    text: ['conversation_uuid'],
    bodyLimit: BODY_LIMITS.known,
    body: Type.Partial(Type.Object({ message: Nullable(Bag) })),
    reply: Survey,
    handle: (ctx, { params, body }) => answerSurvey(ctx, params.conversation_uuid, body.message),
  }),
  operation({
    id: 'survey/responses.show',
    route: 'GET /survey/responses/:conversation_uuid',
    summary: 'The page on which a survey is answered',
    access: 'nobody',
    text: ['conversation_uuid'],
    reply: Type.String(),
    produces: 'text/html',
    handle: (ctx, { params }) => surveyPage(ctx, params.conversation_uuid),
  }),
  operation({
    id: 'survey.script',
    route: 'GET /survey/survey.js',
    summary: 'The script of the survey page',
    access: 'nobody',
    reply: Type.String(),
    produces: 'text/javascript',
    handle: () => surveyScript(),
  }),
  operation({
    id: 'survey.style',
    route: 'GET /survey/survey.css',
    summary: 'The style of the survey page',
    access: 'nobody',
    reply: Type.String(),
    produces: 'text/css',
    handle: () => surveyStyle(),
  }),
]
