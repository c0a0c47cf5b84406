import Type from 'typebox'
import { BODY_LIMITS, Nullable, operation } from '../../http/operation.ts'
import {
  accessConversationForMessages,
  accessConversationForVisitorMessage,
} from '../conversations/client-conversation.model.ts'
import { PublicMessage } from '../schemas.ts'
import { Attachments } from './message-body.model.ts'
import { listClientMessages, showClientMessage, submitValues, writeByVisitor } from './client-message.model.ts'

const base =
  '/public/api/v1/inboxes/:inbox_identifier/contacts/:source_id/conversations/:conversation_id/messages' as const

export const clientMessageOperations = [
  operation({
    id: 'public/messages.index',
    route: `GET ${base}`,
    summary: 'List the latest 20 messages, oldest first',
    description: '`before` an id: the 20 before it. Private notes and activities are not shown to visitors.',
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    query: Type.Partial(Type.Object({ before: Type.String({ description: 'A message id: the 20 before it' }) })),
    reply: Type.Array(PublicMessage),
    handle: async (ctx, { params, query }) =>
      listClientMessages(ctx, await accessConversationForMessages(ctx, params.conversation_id), query.before),
  }),
  operation({
    id: 'public/messages.create',
    route: `POST ${base}`,
    summary: 'Write a message as the visitor',
    description:
      'Files go as `multipart/form-data` in `attachments[]`. `echo_id` comes back unchanged here and on `/cable`, so that a client knows its own message. Writing opens a resolved conversation again.',
    example: { content: 'Hello, do you have tulips?', echo_id: 'a1b2c3' },
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    lock: true,
    bodyLimit: BODY_LIMITS.message,
    body: Type.Partial(
      Type.Object({
        content: Nullable(Type.String({ maxLength: 150_000 })),
        echo_id: Nullable(Type.String()),
        attachments: Attachments,
      }),
    ),
    repeatedBy: ['echo_id'],
    reply: PublicMessage,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversationForVisitorMessage(ctx, params.conversation_id)
      return writeByVisitor(ctx, conversation, body)
    },
  }),
  operation({
    id: 'public/messages.update',
    route: `PATCH ${base}/:id`,
    summary: 'Submit what a form, a choice or a survey asks',
    description:
      'A choice: `[{"title","value"}]`. A form: `[{"name","value"}]` for each field. A survey: `{"csat_survey_response":{"rating","feedback_message"}}`.',
    example: { submitted_values: [{ title: 'Red', value: 'red' }] },
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    lock: true,
    body: Type.Partial(
      Type.Object({
        submitted_values: Type.Any({
          description: 'An object or a list of objects: name, title, value, csat_survey_response',
        }),
      }),
    ),
    reply: PublicMessage,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversationForMessages(ctx, params.conversation_id, { lock: true })
      return await showClientMessage(ctx, await submitValues(ctx, conversation, params.id, body.submitted_values))
    },
  }),
]
