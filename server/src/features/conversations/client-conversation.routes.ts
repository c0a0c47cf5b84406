import Type from 'typebox'
import { Bag, Empty, operation } from '../../http/operation.ts'
import { ContactRow, PublicMessage } from '../schemas.ts'
import {
  accessClientConversation,
  listClientConversations,
  openByVisitor,
  seenByVisitor,
  showClientConversation,
} from './client-conversation.model.ts'
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
    description:
      'The latest hundred, each with its latest 20 messages, as many as an answer has room for; `messages` lists the others. A visitor who was proven by `identifier_hash` also sees those of their other devices.',
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    reply: Type.Array(ClientConversation),
    handle: (ctx) => listClientConversations(ctx),
  }),
  operation({
    id: 'public/conversations.show',
    route: `GET ${base}/:id`,
    summary: 'Show a conversation of a visitor',
    description: 'With its latest 20 messages, oldest first; `messages` lists those before.',
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    reply: ClientConversation,
    handle: async (ctx, { params }) => showClientConversation(ctx, await accessClientConversation(ctx, params.id)),
  }),
  operation({
    id: 'public/conversations.create',
    route: `POST ${base}`,
    summary: 'Open a conversation',
    description: 'A conversation without a message is shown to nobody as unread: write one next.',
    example: { custom_attributes: { page: '/tulips' } },
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    lock: true,
    body: Type.Partial(Type.Object({ custom_attributes: Bag })),
    reply: ClientConversation,
    handle: async (ctx, { body }) => showClientConversation(ctx, await openByVisitor(ctx, body.custom_attributes)),
  }),
  operation({
    id: 'public/conversations.toggle_status',
    route: `POST ${base}/:id/toggle_status`,
    summary: 'Resolve a conversation',
    description: 'A conversation that is resolved stays so: it opens again when the visitor writes.',
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    lock: true,
    reply: ClientConversation,
    handle: async (ctx, { params }) => {
      const conversation = await accessClientConversation(ctx, params.id, { lock: true })
      await resolveByContact(ctx, conversation)
      return await showClientConversation(ctx, conversation)
    },
  }),
  operation({
    id: 'public/conversations.toggle_typing',
    route: `POST ${base}/:id/toggle_typing`,
    summary: 'Say that the visitor is typing, or no longer',
    description: 'Say `on` again every 30 seconds, and `off` at the end.',
    example: { typing_status: 'on' },
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    lock: true,
    body: Type.Partial(Type.Object({ typing_status: Type.String({ description: 'on or off' }) })),
    reply: Empty,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessClientConversation(ctx, params.id)
      toggleTyping(ctx, conversation, body.typing_status, {
        typist: { type: 'contact', id: ctx.visitor.contact.id },
        is_private: false,
      })
    },
  }),
  operation({
    id: 'public/conversations.update_last_seen',
    route: `POST ${base}/:id/update_last_seen`,
    summary: 'Say that the visitor has seen the conversation',
    description: 'Agents see that their messages were read.',
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    lock: true,
    reply: Empty,
    handle: async (ctx, { params }) => {
      await seenByVisitor(ctx, await accessClientConversation(ctx, params.id, { lock: true }))
    },
  }),
]
