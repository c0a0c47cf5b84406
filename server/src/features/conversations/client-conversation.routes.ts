import Type from 'typebox'
import { Bag, Empty, operation } from '../../http/operation.ts'
import { accessContactInbox } from '../contacts/client.model.ts'
import { ContactRow, PublicMessage } from '../schemas.ts'
import { accessClientConversation, listClientConversations, openByVisitor, seenByVisitor, showClientConversation } from './client-conversation.model.ts'
import { resolveByContact } from './status.model.ts'
import { toggleTyping } from './typing.model.ts'

const ClientConversation = Type.Object(
  {
    id: Type.Integer({ description: 'The display id' }),
    uuid: Type.String(),
    inbox_id: Type.Integer(),
    contact_last_seen_at: Type.Integer(),
    status: Type.String(),
    agent_last_seen_at: Type.Integer(),
    messages: Type.Array(PublicMessage),
    contact: ContactRow,
  },
  { title: 'ClientConversation', additionalProperties: false },
)

const base = '/public/api/v1/inboxes/:inbox_identifier/contacts/:source_id/conversations' as const

export const clientConversationOperations = [
  operation({
    id: 'public/conversations.index',
    route: `GET ${base}`,
    summary: 'List the conversations of a visitor',
    description: 'With all their messages. A visitor who was proven by `identifier_hash` also sees those of their other devices.',
    access: 'client',
    reply: Type.Array(ClientConversation),
    handle: async (ctx, { params }) =>
      listClientConversations(ctx, await accessContactInbox(ctx, params.inbox_identifier, params.source_id)),
  }),
  operation({
    id: 'public/conversations.show',
    route: `GET ${base}/:id`,
    summary: 'Show a conversation of a visitor',
    description: 'With all its messages, oldest first.',
    access: 'client',
    reply: ClientConversation,
    handle: async (ctx, { params }) => {
      const visitor = await accessContactInbox(ctx, params.inbox_identifier, params.source_id)
      return await showClientConversation(ctx, visitor, await accessClientConversation(ctx, visitor, params.id))
    },
  }),
  operation({
    id: 'public/conversations.create',
    route: `POST ${base}`,
    summary: 'Open a conversation',
    description: 'A conversation without a message is shown to nobody as unread: write one next.',
    example: { custom_attributes: { page: '/tulips' } },
    access: 'client',
    body: Type.Partial(Type.Object({ custom_attributes: Bag })),
    reply: ClientConversation,
    handle: async (ctx, { params, body }) => {
      const visitor = await accessContactInbox(ctx, params.inbox_identifier, params.source_id, { lock: true })
      return await showClientConversation(ctx, visitor, await openByVisitor(ctx, visitor, body.custom_attributes))
    },
  }),
  operation({
    id: 'public/conversations.toggle_status',
    route: `POST ${base}/:id/toggle_status`,
    summary: 'Resolve a conversation',
    description: 'A conversation that is resolved stays so: it opens again when the visitor writes.',
    access: 'client',
    reply: ClientConversation,
    handle: async (ctx, { params }) => {
      const visitor = await accessContactInbox(ctx, params.inbox_identifier, params.source_id, { lock: true })
      const conversation = await accessClientConversation(ctx, visitor, params.id, { lock: true })
      await resolveByContact(ctx, conversation)
      return await showClientConversation(ctx, visitor, conversation)
    },
  }),
  operation({
    id: 'public/conversations.toggle_typing',
    route: `POST ${base}/:id/toggle_typing`,
    summary: 'Say that the visitor is typing, or no longer',
    description: 'Say `on` again every 30 seconds, and `off` at the end.',
    example: { typing_status: 'on' },
    access: 'client',
    body: Type.Partial(Type.Object({ typing_status: Type.String({ description: 'on or off' }) })),
    reply: Empty,
    handle: async (ctx, { params, body }) => {
      const visitor = await accessContactInbox(ctx, params.inbox_identifier, params.source_id)
      const conversation = await accessClientConversation(ctx, visitor, params.id)
      toggleTyping(ctx, conversation, body.typing_status, {
        typist: { type: 'contact', id: visitor.contact.id },
        is_private: false,
      })
    },
  }),
  operation({
    id: 'public/conversations.update_last_seen',
    route: `POST ${base}/:id/update_last_seen`,
    summary: 'Say that the visitor has seen the conversation',
    description: 'Agents see that their messages were read.',
    access: 'client',
    reply: Empty,
    handle: async (ctx, { params }) => {
      const visitor = await accessContactInbox(ctx, params.inbox_identifier, params.source_id, { lock: true })
      await seenByVisitor(ctx, await accessClientConversation(ctx, visitor, params.id, { lock: true }))
    },
  }),
]
