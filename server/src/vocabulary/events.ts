import type { Performer } from './caller.ts'

/** Old and new value of each attribute that changed, as rows hold them. */
export type Changes = Record<string, [before: unknown, after: unknown]>

interface AboutConversation {
  account_id: number
  inbox_id: number
  /** The database id, not the display id. */
  conversation_id: number
}

interface AboutMessage extends AboutConversation {
  message_id: number
  /** A number of Chatwoot's enum: 0 incoming, 1 outgoing, 2 activity, 3 template. */
  message_type: number
  private: boolean
}

interface AboutContact {
  account_id: number
  contact_id: number
}

interface AboutNotification {
  account_id: number
  user_id: number
  notification_id: number
}

/** What can happen, by Chatwoot's names. Data carries ids, not pictures; what is gone leaves its last picture. */
export interface EventMap {
  'message.created': AboutMessage & {
    echo_id?: string
  }
  'message.updated': AboutMessage & { changes: Changes }
  'first.reply.created': AboutMessage & { echo_id?: string }
  'conversation.created': AboutConversation
  'conversation.updated': AboutConversation & {
    changes: Changes
    /** What the contact did led to it, whoever is signed in. */
    by_contact?: boolean
  }
  'conversation.status_changed': AboutConversation & { changes: Changes }
  'conversation.opened': AboutConversation
  'conversation.resolved': AboutConversation
  'conversation.read': AboutConversation
  'conversation.contact_changed': AboutConversation
  'conversation.mentioned': AboutConversation & { user_id: number }
  'conversation.typing_on': AboutConversation & Typing
  'conversation.typing_off': AboutConversation & Typing
  'assignee.changed': AboutConversation & { changes: Changes }
  'team.changed': AboutConversation & { changes: Changes }
  'contact.created': AboutContact
  'contact.updated': AboutContact & { changes: Changes }
  'contact.merged': AboutContact
  'contact.deleted': AboutContact & { picture: Record<string, unknown> }
  'notification.created': AboutNotification
  'notification.updated': AboutNotification
  'notification.deleted': AboutNotification
  'account.cache_invalidated': { account_id: number; model: CachedModel }
}

export interface Typing {
  typist: { type: 'user' | 'contact' | 'agent_bot'; id: number }
  is_private: boolean
}

export type CachedModel = 'label' | 'inbox' | 'team'
export type EventName = keyof EventMap
export type EventData<Name extends EventName> = EventMap[Name] & { performer?: Performer }

export interface PendingEvent {
  name: EventName
  data: EventData<EventName>
}

/** A row of the log. */
export interface LoggedEvent<Name extends EventName = EventName> {
  id: number
  name: Name
  data: EventData<Name>
}
