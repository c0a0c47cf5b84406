import Type from 'typebox'
import { BODY_LIMITS, Empty, Nullable, operation, Strict } from '../../http/operation.ts'
import { accessConversation } from './access.model.ts'
import { destroyDraft, readDraft, writeDraft } from './draft.model.ts'

const route = '/api/v1/accounts/:account_id/conversations/:conversation_id/draft_messages' as const
const Draft = Type.Partial(Type.Object({ message: Nullable(Type.String({ maxLength: 150_000 })) }))

export const draftOperations = [
  operation({
    id: 'conversations/draft_messages.show',
    route: `GET ${route}`,
    summary: 'Show the draft of a conversation, which all agents share',
    access: 'agent',
    reply: Type.Object(
      { has_draft: Type.Boolean(), message: Type.Optional(Type.String()) },
      { additionalProperties: false },
    ),
    handle: async (ctx, { params }) => {
      const message = await readDraft(ctx, await accessConversation(ctx, params.conversation_id))
      return message === undefined ? { has_draft: false } : { has_draft: true, message }
    },
  }),
  operation({
    id: 'conversations/draft_messages.update',
    route: `PATCH ${route}`,
    summary: 'Keep a draft',
    example: { draft_message: { message: 'Dear Ada,' } },
    access: 'agent',
    bodyLimit: BODY_LIMITS.message,
    // Not a wrapper: an empty one is an empty draft.
    body: Type.Object({ ...Draft.properties, draft_message: Type.Optional(Strict(Draft)) }),
    reply: Empty,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversation(ctx, params.conversation_id, { lock: true })
      await writeDraft(ctx, conversation, (body.draft_message ?? body).message ?? '')
    },
  }),
  operation({
    id: 'conversations/draft_messages.destroy',
    route: `DELETE ${route}`,
    summary: 'Throw the draft away',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) =>
      destroyDraft(ctx, await accessConversation(ctx, params.conversation_id, { lock: true })),
  }),
]
