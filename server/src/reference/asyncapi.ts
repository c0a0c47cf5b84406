import Type, { type TSchema } from 'typebox'
import { catalog, type Reactions } from '../events/catalog.ts'
import { Bag, Iso, Nullable, Unix } from '../http/operation.ts'
import { Attachment, BotSender, ContactSender, ConversationPush, MessagePush, UserSender } from '../features/schemas.ts'

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
const Changed = Nullable(Type.Array(Type.Record(Type.String(), open({ previous_value: Type.Any(), current_value: Type.Any() }))))
const hook = (fields: Record<string, TSchema>) => open({ ...fields, event: Type.String() })
const SenderHook = Type.Union([ContactHook, open({ id: Type.Integer(), name: Nullable(Type.String()), email: Type.Optional(Nullable(Type.String())), type: Type.String() })])
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
const TypingHook = hook({ user: Nullable(SenderHook), conversation: open(ConversationPush.properties), is_private: Type.Boolean() })

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

/** AsyncAPI 3 of what the server says by itself: frames on /cable and webhooks. */
export function buildAsyncApi(): Json {
  const messages: Json = {}
  const operations: Json = {}
  for (const [event, reactions] of Object.entries(catalog) as [string, Reactions<any>][]) {
    if (reactions.cable) {
      const key = `cable.${event}`
      messages[key] = {
        name: event,
        title: event,
        payload: plain(open({ identifier: Type.String(), message: open({ event: Type.Literal(event), data: cableSchemas[event]! }) })),
      }
      operations[key] = { action: 'send', channel: { $ref: '#/channels/cable' }, messages: [{ $ref: `#/channels/cable/messages/${key}` }] }
    }
    if (reactions.webhook) {
      const key = `webhook.${reactions.webhook.name}`
      messages[key] = {
        name: reactions.webhook.name,
        title: `${reactions.webhook.name}, to: ${reactions.webhook.to.join(', ')}`,
        headers: plain(DELIVERY_HEADERS),
        payload: plain(webhookSchemas[reactions.webhook.name]!),
      }
      operations[key] = { action: 'send', channel: { $ref: '#/channels/webhook' }, messages: [{ $ref: `#/channels/webhook/messages/${key}` }] }
    }
  }
  const of = (prefix: string) =>
    Object.fromEntries(Object.keys(messages).filter((key) => key.startsWith(prefix)).map((key) => [key, { $ref: `#/components/messages/${key}` }]))
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley: realtime and webhooks',
      version: '4.10.1',
      description:
        'Frames on /cable follow ActionCable. Subscribe with {"channel":"RoomChannel","pubsub_token":…} and, as a user, account_id and user_id. With `after` (the number of an event) in the identifier, what was missed is replayed and frames carry event_id.',
    },
    channels: {
      cable: { address: '/cable', messages: of('cable.') },
      webhook: { address: 'the address of the webhook', messages: of('webhook.') },
    },
    operations,
    components: { messages },
  }
}

const plain = (schema: TSchema): Json => JSON.parse(JSON.stringify(schema)) as Json
