import Type, { type TSchema } from 'typebox'
import { Bag, Choice, Iso, Nullable, Unix } from '../http/operation.ts'

/** Pictures that many answers share. Each stands once in the reference, under its title. */
const closed = { additionalProperties: false } as const
const named = (title: string) => ({ title, ...closed })
const Text = Type.String()
const Id = Type.Integer()
const MaybeText = Nullable(Text)

export const Availability = Type.Union([Type.Literal('online'), Type.Literal('offline'), Type.Literal('busy')])
export const Role = Type.Union([Type.Literal('agent'), Type.Literal('administrator')])

export const Agent = Type.Object(
  {
    id: Id,
    account_id: Id,
    availability_status: Nullable(Availability),
    auto_offline: Nullable(Type.Boolean()),
    confirmed: Type.Boolean(),
    email: MaybeText,
    provider: Text,
    available_name: Text,
    custom_attributes: Type.Optional(Bag),
    name: Text,
    role: Nullable(Role),
    thumbnail: Text,
    custom_role_id: Nullable(Id),
  },
  named('Agent'),
)

export const UserSender = Type.Object(
  {
    id: Id,
    name: Text,
    available_name: Text,
    avatar_url: Text,
    type: Type.Literal('user'),
    availability_status: Nullable(Availability),
    thumbnail: Text,
  },
  named('UserSender'),
)

export const ContactSender = Type.Object(
  {
    additional_attributes: Bag,
    custom_attributes: Bag,
    email: MaybeText,
    id: Id,
    identifier: MaybeText,
    name: MaybeText,
    phone_number: MaybeText,
    thumbnail: Text,
    blocked: Type.Boolean(),
    type: Type.Literal('contact'),
  },
  named('ContactSender'),
)

export const BotSender = Type.Object(
  { id: Id, name: MaybeText, avatar_url: Text, type: Type.Literal('agent_bot') },
  named('BotSender'),
)

export const Sender = Type.Union([UserSender, ContactSender, BotSender])

export const Attachment = Type.Object(
  {
    id: Id,
    message_id: Id,
    file_type: Text,
    account_id: Id,
    extension: Type.Optional(MaybeText),
    data_url: Type.Optional(MaybeText),
    thumb_url: Type.Optional(Text),
    file_size: Type.Optional(Nullable(Type.Integer())),
    width: Type.Optional(Nullable(Type.Number())),
    height: Type.Optional(Nullable(Type.Number())),
    transcribed_text: Type.Optional(Text),
    coordinates_lat: Type.Optional(Nullable(Type.Number())),
    coordinates_long: Type.Optional(Nullable(Type.Number())),
    fallback_title: Type.Optional(MaybeText),
    meta: Type.Optional(Bag),
  },
  named('Attachment'),
)

const MessageType = Type.Integer({ description: '0 incoming, 1 outgoing, 2 activity, 3 template' })
const MessageStatus = Choice(['sent', 'delivered', 'read', 'failed'])

export const Message = Type.Object(
  {
    id: Id,
    content: MaybeText,
    inbox_id: Id,
    echo_id: Type.Optional(Text),
    conversation_id: Type.Integer({ description: 'The display id' }),
    message_type: MessageType,
    content_type: Text,
    status: MessageStatus,
    content_attributes: Bag,
    created_at: Unix,
    private: Type.Boolean(),
    source_id: MaybeText,
    sender: Type.Optional(Sender),
    attachments: Type.Optional(Type.Array(Attachment)),
  },
  named('Message'),
)

export const PublicMessage = Type.Object(
  {
    id: Id,
    content: MaybeText,
    message_type: MessageType,
    content_type: Text,
    content_attributes: Bag,
    created_at: Unix,
    conversation_id: Type.Integer({ description: 'The display id' }),
    attachments: Type.Optional(Type.Array(Attachment)),
    sender: Type.Optional(Sender),
  },
  named('PublicMessage'),
)

/** A message with every column, as in conversations and on the cable. */
export const MessagePush = Type.Object(
  {
    id: Id,
    content: MaybeText,
    account_id: Id,
    inbox_id: Id,
    conversation_id: Type.Integer({ description: 'The display id' }),
    message_type: MessageType,
    created_at: Unix,
    updated_at: Iso,
    private: Type.Boolean(),
    status: MessageStatus,
    source_id: MaybeText,
    content_type: Text,
    content_attributes: Bag,
    sender_type: MaybeText,
    sender_id: Nullable(Id),
    external_source_ids: Bag,
    additional_attributes: Bag,
    processed_message_content: MaybeText,
    sentiment: Bag,
    conversation: Type.Object({
      assignee_id: Nullable(Id),
      unread_count: Type.Integer(),
      last_activity_at: Unix,
      contact_inbox: Type.Object({ source_id: MaybeText }, closed),
    }),
    attachments: Type.Optional(Type.Array(Attachment)),
    sender: Type.Optional(Sender),
  },
  named('MessagePush'),
)

export const Contact = Type.Object(
  {
    additional_attributes: Bag,
    availability_status: Type.Union([Type.Literal('online'), Type.Literal('offline')]),
    email: MaybeText,
    id: Id,
    name: MaybeText,
    phone_number: MaybeText,
    blocked: Type.Boolean(),
    identifier: MaybeText,
    thumbnail: Text,
    custom_attributes: Bag,
    last_activity_at: Type.Optional(Unix),
    created_at: Unix,
  },
  named('Contact'),
)

export const ContactRow = Type.Object(
  {
    id: Id,
    name: MaybeText,
    email: MaybeText,
    phone_number: MaybeText,
    account_id: Id,
    created_at: Iso,
    updated_at: Iso,
    additional_attributes: Bag,
    identifier: MaybeText,
    custom_attributes: Bag,
    last_activity_at: Nullable(Iso),
    contact_type: Text,
    middle_name: MaybeText,
    last_name: MaybeText,
    location: MaybeText,
    country_code: MaybeText,
    blocked: Type.Boolean(),
    company_id: Nullable(Id),
    label_list: Type.Array(Text),
  },
  named('ContactRow'),
)

export const Team = Type.Object(
  {
    id: Id,
    name: Text,
    description: MaybeText,
    allow_auto_assign: Nullable(Type.Boolean()),
    account_id: Id,
    is_member: Type.Boolean(),
  },
  named('Team'),
)

export const AssigneeBot = Type.Object(
  {
    id: Id,
    name: MaybeText,
    description: MaybeText,
    thumbnail: Text,
    outgoing_url: Type.Optional(MaybeText),
    bot_type: Type.Literal('webhook'),
  },
  named('AssigneeBot'),
)

export const ConversationStatus = Choice(['open', 'resolved', 'pending', 'snoozed'])
export const Priority = Choice(['low', 'medium', 'high', 'urgent'])

export const Conversation = Type.Object(
  {
    meta: Type.Object(
      {
        sender: Type.Optional(Contact),
        channel: MaybeText,
        assignee: Type.Optional(Type.Union([Agent, AssigneeBot])),
        assignee_type: Type.Optional(Type.Union([Type.Literal('User'), Type.Literal('AgentBot')])),
        team: Type.Optional(Team),
        hmac_verified: Type.Boolean(),
      },
      closed,
    ),
    id: Type.Integer({ description: 'The display id' }),
    messages: Type.Array(MessagePush),
    account_id: Id,
    uuid: Text,
    additional_attributes: Bag,
    agent_last_seen_at: Unix,
    assignee_last_seen_at: Unix,
    can_reply: Type.Boolean(),
    contact_last_seen_at: Unix,
    custom_attributes: Bag,
    inbox_id: Id,
    labels: Type.Array(Text),
    muted: Type.Boolean(),
    snoozed_until: Nullable(Iso),
    status: ConversationStatus,
    created_at: Unix,
    updated_at: Type.Number(),
    timestamp: Unix,
    first_reply_created_at: Unix,
    unread_count: Type.Integer({ minimum: 0, maximum: 10 }),
    last_non_activity_message: Nullable(MessagePush),
    last_activity_at: Unix,
    priority: Nullable(Priority),
    waiting_since: Unix,
    sla_policy_id: Nullable(Id),
  },
  named('Conversation'),
)

/** A conversation on the cable, in webhooks and in notifications. */
export const ConversationPush = Type.Object(
  {
    additional_attributes: Bag,
    can_reply: Type.Boolean(),
    channel: MaybeText,
    contact_inbox: Nullable(Bag),
    id: Type.Integer({ description: 'The display id' }),
    inbox_id: Id,
    messages: Type.Array(MessagePush),
    labels: Type.Array(Text),
    meta: Type.Object(
      {
        sender: Nullable(ContactSender),
        assignee: Nullable(Type.Union([UserSender, BotSender])),
        assignee_type: MaybeText,
        team: Nullable(Type.Object({ id: Id, name: Text }, closed)),
        hmac_verified: Type.Boolean(),
      },
      closed,
    ),
    status: ConversationStatus,
    custom_attributes: Bag,
    snoozed_until: Nullable(Iso),
    unread_count: Type.Integer(),
    first_reply_created_at: Nullable(Iso),
    priority: Nullable(Priority),
    waiting_since: Unix,
    agent_last_seen_at: Unix,
    contact_last_seen_at: Unix,
    last_activity_at: Unix,
    timestamp: Unix,
    created_at: Unix,
    updated_at: Type.Number(),
  },
  named('ConversationPush'),
)

export const Payload = <T extends TSchema>(schema: T) => Type.Object({ payload: schema }, closed)
