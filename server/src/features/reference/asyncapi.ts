import Type, { type TSchema } from 'typebox'
import type { ReactionsByName } from '../../events/reactions.ts'
import type { EventName } from '../../vocabulary/events.ts'
import { Bag, Iso, Nullable, Unix } from '../../http/operation.ts'
import { exampleFrom } from './example.ts'
import { Attachment, BotSender, ContactSender, ConversationPush, MessagePush, UserSender } from '../schemas.ts'

type Json = Record<string, any>

const Performer = Type.Optional(Type.Union([UserSender, BotSender]))
const caused = { performer: Performer, account_id: Type.Integer() }
const open = <T extends Record<string, TSchema>>(fields: T) => Type.Object(fields)
const all = (...schemas: TSchema[]) => Type.Intersect(schemas)

const Messaged = all(MessagePushOpen(), open({ echo_id: Type.Optional(Type.String()), ...caused }))
const Conversed = all(open(ConversationPush.properties), open(caused))
const Contacted = all(open(ContactSender.properties), open(caused))
const Typing = open({
  conversation: open(ConversationPush.properties),
  user: Type.Union([UserSender, ContactSender, BotSender]),
  is_private: Type.Boolean(),
  ...caused,
})
const Counted = { unread_count: Type.Integer(), count: Type.Integer(), ...caused }
const Notified = open({
  notification: open({
    id: Type.Integer(),
    notification_type: Type.String(),
    primary_actor_type: Type.String(),
    primary_actor_id: Type.Integer(),
    primary_actor: Nullable(open(ConversationPush.properties)),
    read_at: Nullable(Iso),
    secondary_actor: Nullable(Bag),
    user: Nullable(UserSender),
    created_at: Unix,
    last_activity_at: Unix,
    snoozed_until: Nullable(Iso),
    meta: Bag,
    account_id: Type.Integer(),
    push_message_title: Type.String(),
    push_message_body: Type.String(),
  }),
  ...Counted,
})

function MessagePushOpen() {
  return open(MessagePush.properties)
}

/** What `data` of each frame on /cable holds. */
export const cableSchemas: Record<string, TSchema> = {
  'message.created': Messaged,
  'message.updated': all(Messaged, open({ previous_changes: Bag })),
  'first.reply.created': Messaged,
  'conversation.created': Conversed,
  'conversation.updated': Conversed,
  'conversation.status_changed': Conversed,
  'conversation.read': Conversed,
  'conversation.contact_changed': Conversed,
  'conversation.mentioned': Conversed,
  'conversation.typing_on': Typing,
  'conversation.typing_off': Typing,
  'assignee.changed': Conversed,
  'team.changed': Conversed,
  'contact.created': Contacted,
  'contact.updated': Contacted,
  'contact.merged': Contacted,
  'contact.deleted': Contacted,
  'notification.created': Notified,
  'notification.updated': Notified,
  'notification.deleted': open({ notification: open({ id: Type.Integer() }), ...Counted }),
  'account.cache_invalidated': open({
    cache_keys: open({ label: Type.String(), inbox: Type.String(), team: Type.String() }),
    ...caused,
  }),
}

const Named = open({ id: Type.Integer(), name: Nullable(Type.String()) })
const ContactHook = open({
  account: Named,
  additional_attributes: Bag,
  avatar: Type.String(),
  custom_attributes: Bag,
  email: Nullable(Type.String()),
  id: Type.Integer(),
  identifier: Nullable(Type.String()),
  name: Nullable(Type.String()),
  phone_number: Nullable(Type.String()),
  thumbnail: Type.String(),
  blocked: Type.Boolean(),
})
const Changed = Nullable(
  Type.Array(Type.Record(Type.String(), open({ previous_value: Type.Any(), current_value: Type.Any() }))),
)
const hook = (fields: Record<string, TSchema>) => open({ ...fields, event: Type.String() })
const SenderHook = Type.Union([
  ContactHook,
  open({
    id: Type.Integer(),
    name: Nullable(Type.String()),
    email: Type.Optional(Nullable(Type.String())),
    type: Type.String(),
  }),
])
const MessageHook = hook({
  account: Named,
  additional_attributes: Bag,
  content_attributes: Bag,
  content_type: Type.String(),
  content: Nullable(Type.String()),
  conversation: open(ConversationPush.properties),
  created_at: Iso,
  id: Type.Integer(),
  inbox: Named,
  message_type: Type.String(),
  private: Type.Boolean(),
  sender: Nullable(SenderHook),
  source_id: Nullable(Type.String()),
  attachments: Type.Optional(Type.Array(Attachment)),
})
const ConversationHook = hook({ ...ConversationPush.properties, changed_attributes: Type.Optional(Changed) })
const TypingHook = hook({
  user: Nullable(SenderHook),
  conversation: open(ConversationPush.properties),
  is_private: Type.Boolean(),
})

/** What the body of each webhook holds. */
export const webhookSchemas: Record<string, TSchema> = {
  message_created: MessageHook,
  message_updated: MessageHook,
  conversation_created: ConversationHook,
  conversation_updated: ConversationHook,
  conversation_status_changed: ConversationHook,
  conversation_opened: ConversationHook,
  conversation_resolved: ConversationHook,
  conversation_typing_on: TypingHook,
  conversation_typing_off: TypingHook,
  contact_created: hook(ContactHook.properties),
  contact_updated: hook({ ...ContactHook.properties, changed_attributes: Type.Optional(Changed) }),
}

const DELIVERY_HEADERS = Type.Object({
  'X-Chatwoot-Signature': Type.String({ description: 'sha256= and the HMAC of "<timestamp>.<body>" in hex' }),
  'X-Chatwoot-Timestamp': Type.String(),
  'X-Chatwoot-Delivery': Type.String({ format: 'uuid', description: 'The same at every try' }),
  'webhook-id': Type.String(),
  'webhook-timestamp': Type.String(),
  'webhook-signature': Type.String({ description: 'v1, and the HMAC of "<id>.<timestamp>.<body>" in base64' }),
})

/** When an event is told, for whoever reads about its frame or its webhook. */
const WHEN: Record<EventName, string> = {
  'message.created': 'A message or a private note was written.',
  'message.updated': 'A message changed: it was delivered, read, answered, deleted, or could not be sent.',
  'first.reply.created': 'An agent answered a conversation for the first time.',
  'conversation.created': 'A conversation was opened.',
  'conversation.updated': 'Status, assignee, team, labels, priority, snoozing, waiting or custom attributes changed.',
  'conversation.status_changed': 'A conversation was resolved, opened, snoozed or set pending.',
  'conversation.opened': 'A conversation was opened again, or handed over by the bot.',
  'conversation.resolved': 'A conversation was resolved.',
  'conversation.read': 'The visitor has seen the conversation.',
  'conversation.contact_changed': 'The conversation belongs to another contact since two were merged.',
  'conversation.mentioned': 'Somebody was mentioned in a private note.',
  'conversation.typing_on': 'An agent, a bot or the visitor is typing.',
  'conversation.typing_off': 'They stopped.',
  'assignee.changed': 'Somebody else, or nobody, takes care of the conversation.',
  'team.changed': 'Another team, or none, takes care of the conversation.',
  'contact.created': 'A contact was made.',
  'contact.updated': 'A contact changed.',
  'contact.merged': 'Two contacts became one: this one stays.',
  'contact.deleted': 'A contact was removed; the data is how it last was.',
  'notification.created': 'The user was notified.',
  'notification.updated': 'A notification was read, unread or snoozed.',
  'notification.deleted': 'A notification was removed.',
  'account.cache_invalidated': 'Labels, inboxes or teams changed: read the list again whose key is another one.',
}

const Identifier = Type.String({
  description:
    'JSON text, the same in every frame of a subscription: {"channel":"RoomChannel","pubsub_token":…}, and for a user account_id and user_id',
  examples: ['{"channel":"RoomChannel","pubsub_token":"rK4nZ7cVb1LpD3sHx8mWq2T9"}'],
})
const frame = (type: string, fields: Record<string, TSchema> = {}) => open({ type: Type.Literal(type), ...fields })
const command = (name: string, fields: Record<string, TSchema> = {}) =>
  open({ command: Type.Literal(name), identifier: Identifier, ...fields })

/** What ActionCable itself says. */
const PROTOCOL: Record<string, [summary: string, payload: TSchema]> = {
  welcome: ['The first frame of a connection.', frame('welcome')],
  ping: ['Every three seconds: a connection that says nothing for longer is dead.', frame('ping', { message: Unix })],
  confirm_subscription: ['The subscription holds.', frame('confirm_subscription', { identifier: Identifier })],
  reject_subscription: [
    'The token, the account or the user is not right.',
    frame('reject_subscription', { identifier: Identifier }),
  ],
  disconnect: [
    'The server closes the connection. Come back when `reconnect` is true.',
    frame('disconnect', {
      reason: Type.Union(['unauthorized', 'server_restart', 'remote'].map((reason) => Type.Literal(reason))),
      reconnect: Type.Boolean(),
    }),
  ],
  'presence.update': [
    'After subscribing and after each `update_presence`, to the caller only: who is here. A visitor is not told about contacts.',
    open({
      identifier: Identifier,
      message: open({
        event: Type.Literal('presence.update'),
        data: open({
          account_id: Type.Integer(),
          users: Type.Record(
            Type.String(),
            Type.String({ description: 'online, busy or offline, by the id of the user' }),
          ),
          contacts: Type.Optional(
            Type.Record(Type.String(), Type.String({ description: 'online, by the id of the contact' })),
          ),
        }),
      }),
    }),
  ],
}

const COMMANDS: Record<string, [summary: string, payload: TSchema]> = {
  subscribe: ['Listen. It may be sent before the welcome.', command('subscribe')],
  unsubscribe: ['Listen no longer. There is no answer.', command('unsubscribe')],
  update_presence: [
    'Say every 20 seconds that one is still here.',
    command('message', { data: Type.String({ description: 'JSON text', examples: ['{"action":"update_presence"}'] }) }),
  ],
}

/** AsyncAPI 3 of what goes over /cable, both ways, and of webhooks. */
export function buildAsyncApi(reactions: ReactionsByName<any>): Json {
  const messages: Json = {}
  const operations: Json = {}
  const add = (channel: 'cable' | 'webhook', action: 'send' | 'receive', key: string, message: Json) => {
    messages[key] = message
    operations[key] = {
      action,
      summary: message.summary,
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/${key}` }],
    }
  }
  for (const [name, [summary, payload]] of Object.entries(COMMANDS))
    add('cable', 'receive', `cable.${name}`, { name, title: name, summary, ...shown(payload) })
  for (const [name, [summary, payload]] of Object.entries(PROTOCOL))
    add('cable', 'send', `cable.${name}`, { name, title: name, summary, ...shown(payload) })
  for (const [event, { cable, webhook }] of Object.entries(reactions) as [
    EventName,
    ReactionsByName<any>[EventName],
  ][]) {
    const summary = WHEN[event]
    if (cable) {
      add('cable', 'send', `cable.${event}`, {
        name: event,
        title: event,
        summary,
        ...shown(
          open({ identifier: Identifier, message: open({ event: Type.Literal(event), data: cableSchemas[event]! }) }),
        ),
      })
    }
    if (webhook) {
      const { name, to } = webhook
      add('webhook', 'send', `webhook.${name}`, {
        name,
        title: name,
        summary: `${summary} Told to: ${to.map((one) => RECEIVERS[one]).join(', ')}.`,
        contentType: 'application/json',
        headers: plain(DELIVERY_HEADERS),
        ...shown(webhookSchemas[name]!, { event: name }),
      })
    }
  }
  const of = (prefix: string) =>
    Object.fromEntries(
      Object.keys(messages)
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key, { $ref: `#/components/messages/${key}` }]),
    )
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley: realtime and webhooks',
      version: '4.10.1',
      description: `**/cable** speaks ActionCable, subprotocol \`actioncable-v1-json\`. Connect, and subscribe with the \`pubsub_token\` of a contact (from the Client API) or of a user (from the profile). What happens then comes as frames. \`echo_id\` of a message is that of the call that wrote it. With \`after\` (the number of an event) in the identifier, what was missed since is replayed, and frames carry \`event_id\`.

**Webhooks** are POST requests of JSON, to the webhooks of an account, to the \`webhook_url\` of an inbox and to the \`outgoing_url\` of a bot. \`X-Chatwoot-Signature\` is \`sha256=\` and the hex HMAC-SHA256 of \`<X-Chatwoot-Timestamp>.<body>\` under the \`secret\` of the webhook or the bot, or the \`webhook_secret\` of the inbox. Answer with any 2xx within five seconds. What fails is tried again for about a day, with the same \`X-Chatwoot-Delivery\`.`,
    },
    defaultContentType: 'application/json',
    channels: {
      cable: {
        address: '/cable',
        title: 'Realtime',
        description: 'A websocket, for visitors, agents and bots of your own.',
        messages: of('cable.'),
      },
      webhook: { address: null, title: 'Webhooks', description: 'An address of yours.', messages: of('webhook.') },
    },
    operations,
    components: { messages },
  }
}

const RECEIVERS = { account: 'webhooks of the account', inbox: 'the webhook of the inbox', bot: 'the bot of the inbox' }

/** A payload's schema, and one as it may come. */
const shown = (payload: TSchema, known: Json = {}) => ({
  payload: plain(payload),
  examples: [{ payload: Object.assign(exampleFrom(payload) as Json, known) }],
})

const plain = (schema: TSchema): Json => JSON.parse(JSON.stringify(schema)) as Json
