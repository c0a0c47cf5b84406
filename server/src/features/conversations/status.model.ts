import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { invalidField } from '../../http/errors.ts'
import { idsOf, updateConversation } from './conversation.model.ts'
import { loadConversation } from './access.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { CONVERSATION_STATUSES, OPEN, PENDING, RESOLVED, type ConversationStatus } from './conversation.presenter.ts'
import { writeActivity } from '../messages/activity.model.ts'
import { translate } from '../../lib/translate.ts'

/** Without a status: open becomes resolved, anything else open. */
export async function toggleStatus(
  ctx: Context,
  conversation: ConversationRecord,
  { status, snoozedUntil }: { status?: ConversationStatus | null; snoozedUntil?: Date | null },
) {
  const before = conversation.status
  const after = status ? CONVERSATION_STATUSES.indexOf(status) : before === OPEN ? RESOLVED : OPEN
  const handsOver = ctx.caller.kind === 'agent_bot' && before === PENDING && after === OPEN
  await setStatus(ctx, conversation, CONVERSATION_STATUSES[after]!, snoozedUntil)
  // The bot is done: those who want to hear of new conversations hear of it now.
  if (handsOver) ctx.later('notifications.conversation_created', idsOf(conversation))
  // An agent who opens a conversation takes it over.
  if (after === OPEN && ctx.user && ctx.membership?.role === 'agent') {
    await updateConversation(ctx, conversation, { assignee_id: ctx.user.id, assignee_agent_bot_id: null })
  }
  return {
    payload: {
      success: handsOver ? null : true,
      conversation_id: conversation.display_id,
      current_status: CONVERSATION_STATUSES[conversation.status]!,
      snoozed_until: conversation.snoozed_until?.toISOString() ?? null,
    },
  }
}

/** Who opens it by this does not take it over. */
export async function setStatus(
  ctx: Context,
  conversation: ConversationRecord,
  status: ConversationStatus,
  snoozedUntil?: Date | null,
): Promise<void> {
  await updateConversation(ctx, conversation, {
    status: CONVERSATION_STATUSES.indexOf(status),
    ...(status === 'snoozed' && snoozedUntil !== undefined && { snoozed_until: snoozedUntil }),
  })
}

const LAST_SECOND = 253_402_300_799 // of the year 9999

/** Seconds since 1970, with or without words behind them. */
export function timeOfSeconds(text: string): Date {
  const seconds = Number(/^\s*-?\d+/.exec(text)?.[0] ?? NaN)
  if (Number.isNaN(seconds)) throw invalidField('snoozed_until', 'is not a number')
  if (Math.abs(seconds) > LAST_SECOND) throw invalidField('snoozed_until', 'is out of range')
  return new Date(seconds * 1000)
}

/** The visitor ends it: whatever it was, it is resolved. */
export async function resolveByContact(ctx: Context, conversation: ConversationRecord): Promise<void> {
  await updateConversation(ctx, conversation, { status: RESOLVED }, { byContact: true })
}

/** A bot that does not answer must not keep the visitor waiting. */
export async function openAfterBotFailure(ctx: Context, conversationId: number): Promise<void> {
  const conversation = await loadConversation(ctx, conversationId, { lock: true })
  if (conversation?.status !== PENDING) return
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('accounts')
      .select('id')
      .where('id', '=', conversation.account_id)
      .where(sql<boolean>`settings ->> 'keep_pending_on_bot_failure' = 'true'`),
  )
  if (rows.length) return
  await updateConversation(ctx, conversation, { status: OPEN })
  await writeActivity(ctx, conversation, translate(conversation.account_locale, 'activity.opened_after_bot_failure'))
}
