import Type from 'typebox'
import { Bag, BODY_LIMITS, Choice, Empty, Iso, Nullable, operation, Strict, Unix } from '../../http/operation.ts'
import { FilterBody } from '../filters/filter.schema.ts'
import { readConversationLabels, replaceConversationLabels } from '../labels/label.model.ts'
import { listAttachments } from '../messages/attachment-list.model.ts'
import { MessageBody } from '../messages/message-body.model.ts'
import { Agent, AssigneeBot, Conversation, Payload, Sender } from '../schemas.ts'
import { assign } from './assignment.model.ts'
import { accessConversation } from './access.model.ts'
import { CONVERSATION_STATUSES, PRIORITIES, presentConversation } from './conversation.presenter.ts'
import { createConversation, destroyConversation } from './create.model.ts'
import { filterConversations } from './filter.query.ts'
import { countFiltered, listConversations } from './list.query.ts'
import {
  markUnread,
  muteConversation,
  replaceAttributes,
  setPriority,
  unmuteConversation,
  updateLastSeen,
} from './marks.model.ts'
import { searchConversations } from './search.query.ts'
import { showConversation } from './show.query.ts'
import { timeOfSeconds, toggleStatus } from './status.model.ts'
import { toggleTyping } from './typing.model.ts'

const Counts = Type.Object(
  {
    mine_count: Type.Integer(),
    assigned_count: Type.Integer(),
    unassigned_count: Type.Integer(),
    all_count: Type.Integer(),
  },
  { title: 'ConversationCounts', additionalProperties: false },
)

const FoundCounts = Type.Omit(Counts, ['assigned_count'], { title: 'FoundCounts', additionalProperties: false })

const Filters = Type.Partial(
  Type.Object({
    status: Type.String({ description: 'open, resolved, pending, snoozed or all; open by default' }),
    assignee_type: Type.String({ description: 'me, unassigned, assigned or all' }),
    inbox_id: Type.String(),
    team_id: Type.String(),
    labels: Type.Array(Type.String(), { description: 'Any of them, whatever their case', 'x-lone': true }),
    conversation_type: Type.String({ description: 'mention, unattended or participating' }),
    q: Type.String({ description: 'Text of a message' }),
    source_id: Type.String(),
    sort_by: Type.String({ description: 'last_activity_at_desc, created_at_asc, priority_desc, waiting_since_asc, …' }),
    page: Type.String(),
    updated_within: Type.String({ description: 'Seconds; all that changed since, without pages' }),
  }),
)

const FoundConversation = Type.Object(
  {
    id: Type.Integer({ description: 'The display id' }),
    uuid: Type.String(),
    created_at: Unix,
    contact: Type.Object({ id: Type.Integer(), name: Nullable(Type.String()) }, { additionalProperties: false }),
    inbox: Type.Object(
      { id: Type.Integer(), name: Type.String(), channel_type: Nullable(Type.String()) },
      { additionalProperties: false },
    ),
    messages: Type.Array(
      Type.Object(
        {
          content: Nullable(Type.String()),
          id: Type.Integer(),
          sender_name: Type.Optional(Type.String()),
          message_type: Type.Integer(),
          created_at: Unix,
        },
        { additionalProperties: false },
      ),
    ),
    account_id: Type.Integer(),
  },
  { title: 'FoundConversation', additionalProperties: false },
)

const SharedFile = Type.Object(
  {
    message_id: Type.Integer(),
    thumb_url: Nullable(Type.String()),
    data_url: Nullable(Type.String()),
    file_size: Nullable(Type.Integer()),
    file_type: Type.String(),
    extension: Nullable(Type.String()),
    width: Nullable(Type.Number()),
    height: Nullable(Type.Number()),
    created_at: Unix,
    sender: Type.Optional(Sender),
  },
  { title: 'SharedFile', additionalProperties: false },
)

const base = '/api/v1/accounts/:account_id/conversations' as const
const PriorityBody = Type.Partial(Type.Object({ priority: Nullable(Choice(PRIORITIES)) }))

const TeamRow = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: Nullable(Type.String()),
    allow_auto_assign: Nullable(Type.Boolean()),
    account_id: Type.Integer(),
    created_at: Iso,
    updated_at: Iso,
  },
  { title: 'TeamRow', additionalProperties: false },
)

export const conversationOperations = [
  operation({
    id: 'conversations.index',
    route: `GET ${base}`,
    summary: 'List conversations, newest activity first',
    description:
      'By 25; `page` counts from 1. Agents see the conversations of their inboxes, administrators all. `meta` counts the whole list.',
    access: 'agent',
    query: Filters,
    reply: Type.Object(
      { data: Type.Object({ meta: Counts, payload: Type.Array(Conversation) }, { additionalProperties: false }) },
      { additionalProperties: false },
    ),
    handle: async (ctx, { query }) => {
      const { counts, conversations } = await listConversations(ctx, query)
      return {
        data: { meta: counts, payload: conversations.map((one) => presentConversation(ctx.app, one, ctx.user)) },
      }
    },
  }),
  operation({
    id: 'conversations.meta',
    route: `GET ${base}/meta`,
    summary: 'Count the conversations of a list',
    description: 'Takes the same filters as the list, and reads no conversation.',
    access: 'agent',
    query: Filters,
    reply: Type.Object({ meta: Counts }, { additionalProperties: false }),
    handle: async (ctx, { query }) => ({ meta: await countFiltered(ctx, query) }),
  }),
  operation({
    id: 'conversations.search',
    route: `GET ${base}/search`,
    summary: 'Find conversations by what was said in them',
    access: 'agent',
    query: Filters,
    reply: Type.Object({ meta: FoundCounts, payload: Type.Array(FoundConversation) }, { additionalProperties: false }),
    handle: async (ctx, { query }) => searchConversations(ctx, query),
  }),
  operation({
    id: 'conversations.filter',
    route: `POST ${base}/filter`,
    summary: 'Find conversations by conditions',
    description:
      'Newest activity first, by 25. Agents find those of their inboxes, administrators all; of every status, unless a condition names one. A custom attribute is compared by the type of its definition.',
    example: {
      payload: [
        { attribute_key: 'status', filter_operator: 'equal_to', values: ['open'], query_operator: 'AND' },
        { attribute_key: 'priority', filter_operator: 'equal_to', values: ['high', 'urgent'], query_operator: null },
      ],
    },
    needs: ['payload'],
    errors: { 422: { error: 'Invalid operator. The allowed operators for status are [equal_to,not_equal_to].' } },
    access: 'agent',
    transaction: false,
    query: Type.Partial(Type.Object({ page: Type.String() })),
    body: FilterBody,
    reply: Type.Object({ meta: FoundCounts, payload: Type.Array(Conversation) }, { additionalProperties: false }),
    handle: (ctx, { query, body }) => filterConversations(ctx, body.payload, query.page),
  }),
  operation({
    id: 'conversations.show',
    route: `GET ${base}/:id`,
    summary: 'Show a conversation',
    description: '`id` is the number that people see: it counts within the account.',
    access: 'agent',
    reply: Conversation,
    handle: async (ctx, { params }) => showConversation(ctx, await accessConversation(ctx, params.id)),
  }),
  operation({
    id: 'conversations.attachments',
    route: `GET ${base}/:id/attachments`,
    summary: 'List the files of a conversation, a hundred a page',
    access: 'agent',
    query: Type.Partial(Type.Object({ page: Type.String() })),
    reply: Type.Object(
      {
        meta: Type.Object({ total_count: Type.Integer() }, { additionalProperties: false }),
        payload: Type.Array(SharedFile),
      },
      { additionalProperties: false },
    ),
    handle: async (ctx, { params, query }) =>
      listAttachments(ctx, await accessConversation(ctx, params.id), query.page),
  }),
  operation({
    id: 'conversations.create',
    route: `POST ${base}`,
    summary: 'Open a conversation with a contact',
    description:
      'Name the contact by `source_id`, or by `contact_id` and `inbox_id`. A first `message` may come along.',
    example: {
      source_id: 'customer-42',
      inbox_id: 1,
      contact_id: 1,
      status: 'open',
      message: { content: 'Hello, how can we help?' },
    },
    access: 'agent',
    bots: true,
    bodyLimit: BODY_LIMITS.message,
    body: Type.Partial(
      Type.Object({
        source_id: Type.String(),
        inbox_id: Type.Integer(),
        contact_id: Type.Integer(),
        additional_attributes: Strict(Bag),
        custom_attributes: Strict(Bag),
        status: Choice(CONVERSATION_STATUSES),
        snoozed_until: Type.String({ description: 'ISO-8601' }),
        assignee_id: Nullable(Type.Integer()),
        team_id: Nullable(Type.Integer()),
        hmac_verified: Type.Boolean(),
        message: Strict(MessageBody),
      }),
    ),
    reply: Conversation,
    handle: async (ctx, { body }) => showConversation(ctx, await createConversation(ctx, body)),
  }),
  operation({
    id: 'conversations.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change the priority of a conversation',
    example: { priority: 'high' },
    access: 'agent',
    bots: true,
    body: PriorityBody,
    reply: Conversation,
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversation(ctx, params.id, { lock: true })
      if ('priority' in body) await setPriority(ctx, conversation, body.priority)
      return await showConversation(ctx, conversation)
    },
  }),
  operation({
    id: 'conversations.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a conversation',
    description: 'With its messages. It cannot be brought back.',
    access: 'administrator',
    door: (ctx, { id }) => accessConversation(ctx, id),
    reply: Empty,
    handle: async (ctx, { params }) => destroyConversation(ctx, await accessConversation(ctx, params.id)),
  }),
  operation({
    id: 'conversations.toggle_status',
    route: `POST ${base}/:id/toggle_status`,
    summary: 'Resolve, open, snooze or set pending',
    description: 'Without a status, open becomes resolved and anything else open.',
    example: { status: 'snoozed', snoozed_until: '1798794000' },
    access: 'agent',
    bots: true,
    body: Type.Partial(
      Type.Object({
        status: Choice(CONVERSATION_STATUSES),
        snoozed_until: Nullable(Type.String({ description: 'Unix seconds' })),
      }),
    ),
    reply: Payload(
      Type.Object(
        {
          success: Nullable(Type.Boolean()),
          conversation_id: Type.Integer(),
          current_status: Type.String(),
          snoozed_until: Nullable(Iso),
        },
        { additionalProperties: false },
      ),
    ),
    handle: async (ctx, { params, body }) =>
      toggleStatus(ctx, await accessConversation(ctx, params.id, { lock: true }), {
        ...(body.status && { status: body.status }),
        ...(body.snoozed_until && { snoozedUntil: timeOfSeconds(body.snoozed_until) }),
      }),
  }),
  operation({
    id: 'conversations.toggle_priority',
    route: `POST ${base}/:id/toggle_priority`,
    summary: 'Set or clear the priority',
    description: '`null` clears it.',
    example: { priority: 'urgent' },
    access: 'agent',
    bots: true,
    body: PriorityBody,
    reply: Empty,
    handle: async (ctx, { params, body }) =>
      setPriority(ctx, await accessConversation(ctx, params.id, { lock: true }), body.priority ?? null),
  }),
  operation({
    id: 'conversations.toggle_typing_status',
    route: `POST ${base}/:id/toggle_typing_status`,
    summary: 'Say that one is typing, or no longer',
    description: 'Visitors see it, unless `is_private`. Say `on` again every 30 seconds, and `off` at the end.',
    example: { typing_status: 'on', is_private: false },
    access: 'agent',
    body: Type.Partial(
      Type.Object({ typing_status: Type.String({ description: 'on or off' }), is_private: Nullable(Type.Boolean()) }),
    ),
    reply: Empty,
    handle: async (ctx, { params, body }) =>
      toggleTyping(ctx, await accessConversation(ctx, params.id), body.typing_status, {
        typist: { type: 'user', id: ctx.user.id },
        is_private: body.is_private ?? false,
      }),
  }),
  operation({
    id: 'conversations.mute',
    route: `POST ${base}/:id/mute`,
    summary: 'Resolve a conversation and block its contact',
    description: 'What a blocked contact writes opens no conversation.',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) => muteConversation(ctx, await accessConversation(ctx, params.id, { lock: true })),
  }),
  operation({
    id: 'conversations.unmute',
    route: `POST ${base}/:id/unmute`,
    summary: 'Unblock the contact of a conversation',
    description: 'The conversation stays resolved.',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) =>
      unmuteConversation(ctx, await accessConversation(ctx, params.id, { lock: true })),
  }),
  operation({
    id: 'conversations.update_last_seen',
    route: `POST ${base}/:id/update_last_seen`,
    summary: 'Say that one has seen the conversation',
    description: 'Sets `agent_last_seen_at`, and the unread count to 0.',
    access: 'agent',
    reply: Conversation,
    handle: async (ctx, { params }) => {
      const conversation = await accessConversation(ctx, params.id, { lock: true })
      await updateLastSeen(ctx, conversation)
      return await showConversation(ctx, conversation)
    },
  }),
  operation({
    id: 'conversations.unread',
    route: `POST ${base}/:id/unread`,
    summary: 'Mark a conversation as unread',
    description: 'Sets `agent_last_seen_at` back to just before the last message of the visitor.',
    access: 'agent',
    reply: Conversation,
    handle: async (ctx, { params }) => {
      const conversation = await accessConversation(ctx, params.id, { lock: true })
      await markUnread(ctx, conversation)
      return await showConversation(ctx, conversation)
    },
  }),
  operation({
    id: 'conversations.custom_attributes',
    route: `POST ${base}/:id/custom_attributes`,
    summary: 'Replace the custom attributes of a conversation',
    description: 'What is not sent is gone.',
    example: { custom_attributes: { order_id: '12345' } },
    needs: ['custom_attributes'],
    access: 'agent',
    bots: true,
    body: Type.Partial(Type.Object({ custom_attributes: Bag })),
    reply: Type.Object({ custom_attributes: Bag }, { additionalProperties: false }),
    handle: async (ctx, { params, body }) =>
      replaceAttributes(ctx, await accessConversation(ctx, params.id, { lock: true }), body.custom_attributes),
  }),
  operation({
    id: 'conversations/assignments.create',
    route: `POST ${base}/:conversation_id/assignments`,
    summary: 'Assign a conversation to a person, a bot or a team',
    description:
      '`assignee_id` or `team_id`, one at a time; 0 or `null` takes the assignment away. For a bot send `assignee_type: "AgentBot"`.',
    example: { assignee_id: 1 },
    access: 'agent',
    bots: true,
    body: Type.Partial(
      Type.Object({
        assignee_id: Nullable(Type.Integer()),
        assignee_type: Nullable(Type.String()),
        team_id: Nullable(Type.Integer()),
      }),
    ),
    reply: Nullable(Type.Union([Agent, AssigneeBot, TeamRow])),
    handle: async (ctx, { params, body }) =>
      assign(ctx, await accessConversation(ctx, params.conversation_id, { lock: true }), body),
  }),
  operation({
    id: 'conversations/labels.index',
    route: `GET ${base}/:conversation_id/labels`,
    summary: 'List the labels of a conversation',
    access: 'agent',
    reply: Payload(Type.Array(Type.String())),
    handle: async (ctx, { params }) => {
      const conversation = await accessConversation(ctx, params.conversation_id)
      return { payload: await readConversationLabels(ctx, conversation) }
    },
  }),
  operation({
    id: 'conversations/labels.create',
    route: `POST ${base}/:conversation_id/labels`,
    summary: 'Replace the labels of a conversation',
    description: 'Send the whole list; an empty one takes all labels away.',
    example: { labels: ['billing'] },
    access: 'agent',
    body: Type.Partial(Type.Object({ labels: Type.Array(Type.String()) })),
    reply: Payload(Type.Array(Type.String())),
    handle: async (ctx, { params, body }) => ({
      payload: await replaceConversationLabels(
        ctx,
        await accessConversation(ctx, params.conversation_id, { lock: true }),
        body.labels ?? [],
      ),
    }),
  }),
]
