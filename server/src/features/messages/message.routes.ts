import Type from 'typebox'
import type { Context } from '../../context/context.ts'
import { Bag, BODY_LIMITS, Nullable, operation } from '../../http/operation.ts'
import { accessConversation, accessConversationForMessage } from '../conversations/access.model.ts'
import { ContactSender, Message, UserSender } from '../schemas.ts'
import { listMessages } from './message-list.model.ts'
import { MessageBody, newMessageOf } from './message-body.model.ts'
import { accessMessage, requireIncomingInbox } from './message.model.ts'
import { createMessage } from './create-message.model.ts'
import type { WrittenMessage } from './message.record.ts'
import { presentMessage } from './message.presenter.ts'
import { findMessage, pictureMessage } from './message.query.ts'
import { deleteMessage, retryMessage } from './message-verbs.model.ts'
import { setStatusFromChannel } from './message-status.model.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'

const base = '/api/v1/accounts/:account_id/conversations/:conversation_id/messages' as const

async function show(ctx: Context, id: number) {
  return presentMessage(ctx.app, (await findMessage(ctx.db, id))!)
}

/** Signing in has read what the picture of a person shows. */
function callerAsSender({ caller, membership }: Context, { sender_type: type, sender_id: id }: WrittenMessage) {
  if (caller.kind !== 'user' || type !== 'User' || caller.user.id !== id || !membership) return undefined
  return {
    user: {
      ...caller.user,
      availability: AVAILABILITIES.indexOf(membership.availability),
      auto_offline: membership.auto_offline,
    },
  }
}

export const messageOperations = [
  operation({
    id: 'conversations/messages.index',
    route: `GET ${base}`,
    summary: 'List messages, oldest first: the latest 20, or those before or after one',
    description:
      '`before` an id: the 20 before it. `after` an id: up to 100 that follow. Both: up to 1000 between. Activities and private notes are included.',
    access: 'agent',
    query: Type.Partial(
      Type.Object({
        before: Type.String({ description: 'A message id: the 20 before it' }),
        after: Type.String({ description: 'A message id: up to 100 after it; with before up to 1000 between' }),
        filter_internal_messages: Type.String({ description: 'Anything: without private notes and activities' }),
      }),
    ),
    reply: Type.Object(
      {
        meta: Type.Object(
          {
            labels: Type.Array(Type.String()),
            additional_attributes: Bag,
            contact: Type.Optional(ContactSender),
            assignee: Type.Optional(UserSender),
            agent_last_seen_at: Nullable(Type.String()),
            assignee_last_seen_at: Nullable(Type.String()),
          },
          { additionalProperties: false },
        ),
        payload: Type.Array(Message),
      },
      { additionalProperties: false },
    ),
    handle: (ctx, { params, query }) => listMessages(ctx, params.conversation_id, query),
  }),
  operation({
    id: 'conversations/messages.create',
    route: `POST ${base}`,
    summary: 'Write a message or a private note',
    description:
      'Files go as `multipart/form-data` in `attachments[]`, all other fields beside them. `content_type` with `content_attributes.items` makes choices (`input_select`), forms (`form`), cards (`cards`) and articles (`article`). `echo_id` comes back unchanged, so that a client knows its own message. At most 200 messages per conversation and minute.',
    example: { content: 'Hello, how can I help?', message_type: 'outgoing', private: false },
    access: 'agent',
    bots: true,
    bodyLimit: BODY_LIMITS.message,
    body: MessageBody,
    invalid: 'text',
    repeatedBy: ['echo_id', 'source_id'],
    reply: Message,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversationForMessage(ctx, params.conversation_id)
      const message = await newMessageOf(ctx, conversation, body)
      requireIncomingInbox(conversation, message.message_type)
      const written = await createMessage(ctx, conversation, message)
      const known = { hasFiles: Boolean(message.attachments?.length), sender: callerAsSender(ctx, written) }
      return presentMessage(ctx.app, await pictureMessage(ctx.db, written, known), {
        echoId: body.echo_id ?? undefined,
      })
    },
  }),
  operation({
    id: 'conversations/messages.update',
    route: `PATCH ${base}/:id`,
    summary: 'Say what became of a message (API inboxes)',
    description: 'For inboxes of kind API: your system says whether the message reached the contact.',
    example: { status: 'delivered' },
    errors: { 403: { error: 'Message status update is only allowed for API inboxes' } },
    access: 'agent',
    body: Type.Partial(Type.Object({ status: Nullable(Type.String()), external_error: Nullable(Type.String()) })),
    reply: Message,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversation(ctx, params.conversation_id, { lock: true })
      await setStatusFromChannel(ctx, conversation, params.id, body)
      return show(ctx, params.id)
    },
  }),
  operation({
    id: 'conversations/messages.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a message; a mark stays in its place',
    description:
      'Its text and files are gone, `content_attributes.deleted` is true, and everybody who has it open is told.',
    access: 'agent',
    reply: Message,
    handle: async (ctx, { params }) => {
      const conversation = await accessConversation(ctx, params.conversation_id, { lock: true })
      await deleteMessage(ctx, conversation, await accessMessage(ctx, conversation, params.id, { lock: true }))
      return show(ctx, params.id)
    },
  }),
  operation({
    id: 'conversations/messages.retry',
    route: `POST ${base}/:id/retry`,
    summary: 'Send a message once more',
    description: 'For a message that failed: forgets what went wrong, and tells the webhook of the inbox again.',
    access: 'agent',
    reply: Message,
    handle: async (ctx, { params }) => {
      const conversation = await accessConversation(ctx, params.conversation_id, { lock: true })
      await retryMessage(ctx, conversation, params.id)
      return show(ctx, params.id)
    },
  }),
]
