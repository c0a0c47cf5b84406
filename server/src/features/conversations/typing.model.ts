import type { Typing } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { idsOf } from './conversation.model.ts'
import type { ConversationRecord } from './conversation.record.ts'

/** Anything but on and off says nothing. */
export function toggleTyping(
  ctx: Context,
  conversation: Pick<ConversationRecord, 'id' | 'account_id' | 'inbox_id'>,
  status: string | null | undefined,
  typing: Typing,
): void {
  const base = idsOf(conversation as ConversationRecord)
  if (status === 'on') ctx.emit('conversation.typing_on', { ...base, ...typing })
  if (status === 'off') ctx.emit('conversation.typing_off', { ...base, ...typing })
}
