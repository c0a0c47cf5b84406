import Type, { type TSchema } from 'typebox'
import type { MemberContext } from '../../context/context.ts'
import { Bag, Choice, Nullable, operation, Unix } from '../../http/operation.ts'
import { Message, Role } from '../schemas.ts'
import { findArticles, findContacts, findConversations, findMessages, type SearchQuery } from './search.query.ts'

const Text = Type.String()
const MaybeText = Nullable(Text)
const named = (title: string) => ({ title, additionalProperties: false })

const FoundContact = Type.Object(
  {
    email: MaybeText,
    id: Type.Integer(),
    name: MaybeText,
    phone_number: MaybeText,
    identifier: MaybeText,
    additional_attributes: Bag,
    last_activity_at: Nullable(Unix),
  },
  named('FoundContact'),
)

const conversation = {
  id: Type.Integer({ description: 'The display id' }),
  account_id: Type.Integer(),
  created_at: Unix,
  message: Type.Optional(Message),
  contact: Type.Optional(FoundContact),
  inbox: Type.Object(
    { id: Type.Integer(), channel_id: Type.Integer(), name: Text, channel_type: MaybeText },
    { additionalProperties: false },
  ),
  agent: Type.Optional(
    Type.Object(
      { id: Type.Integer(), available_name: Text, email: MaybeText, name: Text, role: Nullable(Role) },
      { additionalProperties: false },
    ),
  ),
}

const FoundArticle = Type.Object(
  {
    id: Type.Integer(),
    title: MaybeText,
    locale: Text,
    content: MaybeText,
    slug: Text,
    portal_slug: Text,
    account_id: Type.Integer(),
    category_name: MaybeText,
    status: Choice(['draft', 'published', 'archived']),
    updated_at: Unix,
  },
  named('FoundArticle'),
)

const query = Type.Partial(
  Type.Object({
    q: Type.String({ description: 'What is looked for. Spaces around it do not count' }),
    page: Type.String({ description: 'From 1; 15 of each kind a page' }),
  }),
)

const payloadOf = <Payload extends Record<string, TSchema>>(payload: Payload) =>
  Type.Object({ payload: Type.Object(payload, { additionalProperties: false }) }, { additionalProperties: false })

const ofEverything = async (ctx: MemberContext, asked: SearchQuery) =>
  (await findConversations(ctx, asked)).map(({ additional_attributes: _, ...found }) => found)

const base = '/api/v1/accounts/:account_id/search' as const

export const searchOperations = [
  operation({
    id: 'search.index',
    route: `GET ${base}`,
    summary: 'Look for conversations, contacts, messages and articles',
    description: 'What each of the other operations finds, with its own order.',
    access: 'agent',
    query,
    reply: payloadOf({
      conversations: Type.Array(Type.Object(conversation, named('ConversationFoundAmongAll'))),
      contacts: Type.Array(FoundContact),
      messages: Type.Array(Message),
      articles: Type.Array(FoundArticle),
    }),
    handle: async (ctx, { query: asked }) => {
      const [conversations, contacts, messages, articles] = await Promise.all([
        ofEverything(ctx, asked),
        findContacts(ctx, asked),
        findMessages(ctx, asked),
        findArticles(ctx, asked),
      ])
      return { payload: { conversations, contacts, messages, articles } }
    },
  }),
  operation({
    id: 'search.conversations',
    route: `GET ${base}/conversations`,
    summary: 'Look for conversations, by their number and by their contact',
    description:
      'The newest first, in inboxes of the caller. A part of the name, the e-mail, the telephone number or the identifier of the contact is enough; without anything to look for all are found. Each comes with its first message.',
    access: 'agent',
    query,
    reply: payloadOf({
      conversations: Type.Array(
        Type.Object({ ...conversation, additional_attributes: Bag }, named('ConversationFound')),
      ),
    }),
    handle: async (ctx, { query: asked }) => ({ payload: { conversations: await findConversations(ctx, asked) } }),
  }),
  operation({
    id: 'search.contacts',
    route: `GET ${base}/contacts`,
    summary: 'Look for contacts',
    description:
      'Those with an e-mail, a telephone number or an identifier, by a part of these or of their name. Who spoke last comes first.',
    access: 'agent',
    query,
    reply: payloadOf({ contacts: Type.Array(FoundContact) }),
    handle: async (ctx, { query: asked }) => ({ payload: { contacts: await findContacts(ctx, asked) } }),
  }),
  operation({
    id: 'search.messages',
    route: `GET ${base}/messages`,
    summary: 'Look for messages by a part of their text',
    description: 'Those of the last three months in inboxes of the caller, notes and activities too; the newest first.',
    access: 'agent',
    query,
    reply: payloadOf({ messages: Type.Array(Message) }),
    handle: async (ctx, { query: asked }) => ({ payload: { messages: await findMessages(ctx, asked) } }),
  }),
  operation({
    id: 'search.articles',
    route: `GET ${base}/articles`,
    summary: 'Look for articles of the help center',
    description:
      'Those that have all the words, or words that begin so, in their title, description or text: drafts too, and in every portal. Those that fit best come first.',
    access: 'agent',
    query,
    reply: payloadOf({ articles: Type.Array(FoundArticle) }),
    handle: async (ctx, { query: asked }) => ({ payload: { articles: await findArticles(ctx, asked) } }),
  }),
]
