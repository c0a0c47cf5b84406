import type { Services } from '../../context/context.ts'
import { iso, milliseconds, unix } from '../../lib/times.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import { presentContact, presentContactSender } from '../contacts/contact.presenter.ts'
import { messagePush } from '../messages/message.presenter.ts'
import { presentBotSender, presentUserSender } from '../users/user.presenter.ts'
import type { ConversationView, TeamPicture } from './conversation.query.ts'
import type { AssigneeBotPicture } from '../pictures/picture.types.ts'

export const CONVERSATION_STATUSES = ['open', 'resolved', 'pending', 'snoozed'] as const
export type ConversationStatus = (typeof CONVERSATION_STATUSES)[number]
export const PRIORITIES = ['low', 'medium', 'high', 'urgent'] as const
export type Priority = (typeof PRIORITIES)[number]

export const OPEN = 0
export const RESOLVED = 1
export const PENDING = 2
export const SNOOZED = 3

/** A conversation in the Application API. */
export function presentConversation(app: Services, conversation: ConversationView, viewer: { id: number } | null) {
  const { account_id: accountId } = conversation
  const { assignee, type } = assigneeOf(app, conversation)
  const { last_message: last, last_non_activity_message: lastSaid } = conversation
  const shownLast = last && messagePush(app, last)
  return {
    meta: {
      ...(conversation.contact && { sender: presentContact(app, conversation.contact) }),
      channel: conversation.channel_type,
      ...(assignee && { assignee, assignee_type: type }),
      ...(conversation.team && { team: presentTeam(conversation.team, viewer) }),
      hmac_verified: conversation.hmac_verified ?? false,
    },
    id: conversation.display_id,
    messages: shownLast ? [shownLast] : [],
    account_id: accountId,
    uuid: conversation.uuid,
    additional_attributes: conversation.additional_attributes ?? {},
    agent_last_seen_at: unix(conversation.agent_last_seen_at),
    assignee_last_seen_at: unix(conversation.assignee_last_seen_at),
    can_reply: canReply(app, conversation),
    contact_last_seen_at: unix(conversation.contact_last_seen_at),
    custom_attributes: conversation.custom_attributes ?? {},
    inbox_id: conversation.inbox_id,
    labels: labelsOf(conversation),
    muted: conversation.contact?.blocked ?? false,
    snoozed_until: iso(conversation.snoozed_until),
    status: CONVERSATION_STATUSES[conversation.status],
    created_at: unix(conversation.created_at),
    updated_at: conversation.updated_epoch,
    timestamp: unix(conversation.last_activity_at),
    first_reply_created_at: unix(conversation.first_reply_created_at),
    unread_count: conversation.unread_count,
    // Nearly always the same message.
    last_non_activity_message: lastSaid && (lastSaid.id === last?.id ? shownLast : messagePush(app, lastSaid)),
    last_activity_at: unix(conversation.last_activity_at),
    priority: priorityName(conversation.priority),
    waiting_since: unix(conversation.waiting_since),
    sla_policy_id: conversation.sla_policy_id,
  }
}

/** A conversation on the cable, in webhooks and in notifications. */
export function conversationPush(
  app: Services,
  conversation: ConversationView,
  /** Null where Chatwoot rebuilds the picture in a background job: people are then seen without a status. */
  accountContext: number | null = null,
) {
  return {
    additional_attributes: conversation.additional_attributes ?? {},
    can_reply: canReply(app, conversation),
    channel: conversation.channel_type,
    contact_inbox: conversation.contact_inbox && {
      ...conversation.contact_inbox,
      created_at: iso(conversation.contact_inbox.created_at),
      updated_at: iso(conversation.contact_inbox.updated_at),
    },
    id: conversation.display_id,
    inbox_id: conversation.inbox_id,
    messages: conversation.last_public_message
      ? [messagePush(app, conversation.last_public_message, accountContext)]
      : [],
    labels: labelsOf(conversation),
    meta: {
      sender: conversation.contact && presentContactSender(app, conversation.contact),
      ...pushedAssignee(app, conversation, accountContext),
      team: conversation.team && { id: conversation.team.id, name: conversation.team.name },
      hmac_verified: conversation.hmac_verified ?? false,
    },
    status: CONVERSATION_STATUSES[conversation.status],
    custom_attributes: conversation.custom_attributes ?? {},
    snoozed_until: iso(conversation.snoozed_until),
    unread_count: conversation.unread_count,
    first_reply_created_at: iso(conversation.first_reply_created_at),
    priority: priorityName(conversation.priority),
    waiting_since: unix(conversation.waiting_since),
    agent_last_seen_at: unix(conversation.agent_last_seen_at),
    contact_last_seen_at: unix(conversation.contact_last_seen_at),
    last_activity_at: unix(conversation.last_activity_at),
    timestamp: unix(conversation.last_activity_at),
    created_at: unix(conversation.created_at),
    updated_at: conversation.updated_epoch,
  }
}

type Sender = NonNullable<ReturnType<typeof conversationPush>['messages'][number]['sender']>

/** The same in a delivery, where everybody has a status: who has left the account is offline. */
export function conversationWebhook(app: Services, conversation: ConversationView) {
  const push = conversationPush(app, conversation, conversation.account_id)
  const { assignee } = push.meta
  return {
    ...push,
    messages: push.messages.map((message) =>
      message.sender ? { ...message, sender: withStatus(message.sender) } : message,
    ),
    meta: { ...push.meta, assignee: assignee && withStatus(assignee) },
  }
}

function withStatus(sender: Sender): Sender {
  return sender.type === 'user' ? { ...sender, availability_status: sender.availability_status ?? 'offline' } : sender
}

export function priorityName(number: number | null): Priority | null {
  return number === null ? null : (PRIORITIES[number] ?? null)
}

export function labelsOf(conversation: { cached_label_list: string | null }): string[] {
  return (
    conversation.cached_label_list
      ?.split(',')
      .map((label) => label.trim())
      .filter(Boolean) ?? []
  )
}

/** Whether the channel still takes an answer: an API inbox may set a window, in hours, after the last incoming message. */
export function canReply(
  app: Services,
  conversation: Pick<ConversationView, 'reply_window' | 'last_incoming_at'>,
): boolean {
  const { reply_window: hours, last_incoming_at: last } = conversation
  if (hours === null) return true
  return app.now().getTime() < milliseconds(last) + hours * 3_600_000
}

/** A bot is shown before a person; a person who left the account is not shown. */
function assigneeOf(app: Services, conversation: ConversationView) {
  if (conversation.assignee_bot) {
    return { assignee: presentAssigneeBot(app, conversation.assignee_bot), type: 'AgentBot' as const }
  }
  const { assignee } = conversation
  if (!assignee || assignee.role === null) return {}
  return { assignee: presentAgent(app, assignee, conversation.account_id), type: 'User' as const }
}

function pushedAssignee(
  app: Services,
  { assignee, assignee_bot: bot }: ConversationView,
  accountContext: number | null,
) {
  if (bot) return { assignee: presentBotSender(app, bot), assignee_type: 'AgentBot' as const }
  if (!assignee) return { assignee: null, assignee_type: null }
  return { assignee: presentUserSender(app, assignee, accountContext), assignee_type: 'User' as const }
}

/** A bot as an assignee: without configuration and token. */
export function presentAssigneeBot(app: Services, bot: AssigneeBotPicture) {
  return {
    id: bot.id,
    name: bot.name,
    description: bot.description,
    thumbnail: app.files.avatarUrl(bot.avatar),
    ...(bot.account_id !== null && { outgoing_url: bot.outgoing_url }),
    bot_type: 'webhook' as const,
  }
}

export function presentTeam(team: TeamPicture, viewer: { id: number } | null) {
  return {
    id: team.id,
    name: team.name,
    description: team.description,
    allow_auto_assign: team.allow_auto_assign,
    account_id: team.account_id,
    is_member: viewer !== null && team.member_ids.includes(viewer.id),
  }
}
