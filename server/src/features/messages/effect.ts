import type { Changes } from '../../vocabulary/events.ts'
import { iso, type Time } from '../../lib/times.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import type { ContactBefore, NewMessage } from './message.record.ts'

/** The clocks of a conversation that a message moves. */
export interface Clocks {
  last_activity_at: Date
  updated_at: Date
  waiting_since: Date | null
  first_reply_created_at: Date | null
}

export interface Effect {
  clocks: Clocks
  isFirstReply: boolean
  /** What is told of the conversation; that it was active is not. */
  changes: Changes
}

/** What a message does to its conversation. */
export function effectOf(conversation: ConversationRecord, message: NewMessage, at: Date): Effect {
  const { sender, automated, message_type: type } = message
  const { waiting_since: waitingSince, first_reply_created_at: firstReply } = conversation
  const isPublicReply = type === 'outgoing' && !message.private
  const isHuman = isPublicReply && sender?.type === 'User' && !automated
  const isAnswer = isHuman || (isPublicReply && sender?.type === 'AgentBot')
  const isFirstReply = isHuman && firstReply === null
  const clocks: Clocks = {
    last_activity_at: at,
    updated_at: at,
    waiting_since: type === 'incoming' ? (waitingSince ?? at) : isAnswer ? null : waitingSince,
    first_reply_created_at: isFirstReply ? at : firstReply,
  }
  const changes: Changes = {}
  for (const column of ['first_reply_created_at', 'waiting_since'] as const) {
    if (clocks[column] !== conversation[column]) changes[column] = changeOf(conversation[column], clocks[column])
  }
  if (Object.keys(changes).length) changes.updated_at = changeOf(conversation.updated_at, at)
  return { clocks, isFirstReply, changes }
}

export function contactChanges(before: ContactBefore, at: Date): Changes {
  return {
    updated_at: changeOf(before.updated_at, at),
    last_activity_at: changeOf(before.last_activity_at, at),
  }
}

const changeOf = (before: Time, after: Time): [string | null, string | null] => [iso(before), iso(after)]
