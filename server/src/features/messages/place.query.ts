import { sql, type RawBuilder } from 'kysely'
import { prepared, type Slots } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'

/** Where the next message of a conversation goes. */
export interface MessagePlace {
  /** Known beforehand, so that all that is written with the message leaves at once. */
  next_message_id: number
  /** As many as are allowed were written within the last minute. */
  is_hurried: boolean
}

export interface Pace {
  /** Messages a minute. */
  limit: number
  minute_ago: Date
}

export function paceOf({ app: { config } }: Context, at: Date): Pace {
  return { limit: config.messagesPerMinute, minute_ago: new Date(at.getTime() - 60_000) }
}

/**
 * Columns over `c`, which is locked by then: a conversation's messages are numbered in the order of their commits. One that
 * was quiet for a minute is not looked into.
 */
export function messagePlace({ limit, minute_ago: minuteAgo }: Slots<Pace>): RawBuilder<MessagePlace> {
  return sql`nextval('messages_id_seq')::integer as next_message_id,
    c.last_activity_at > ${minuteAgo} and (select count(*) from (
      select 1 from messages p where p.conversation_id = c.id and p.account_id = c.account_id
        and p.message_type in (0, 1, 2, 3) and p.created_at > ${minuteAgo} limit ${limit}) lately) >= ${limit} as is_hurried`
}

/** For a message that is not what its conversation was entered for. */
export const findMessagePlace = prepared<Pace & { conversation_id: number }, MessagePlace>(
  (asked) => sql`select ${messagePlace(asked)} from conversations c where c.id = ${asked.conversation_id}`,
)
