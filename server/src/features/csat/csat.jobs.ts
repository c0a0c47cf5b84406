import { sql } from 'kysely'
import type { EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { loadConversation } from '../conversations/access.model.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { canReply, labelsOf, RESOLVED } from '../conversations/conversation.presenter.ts'
import { findConversation } from '../conversations/conversation.query.ts'
import { writeActivity } from '../messages/activity.model.ts'
import { createMessage } from '../messages/create-message.model.ts'
import { contentAttributes, contentTypeNumber } from '../messages/message.presenter.ts'
import { translate } from '../../lib/translate.ts'

const INPUT_CSAT = contentTypeNumber('input_csat')

/** Asks, once in a conversation, how it was. */
export async function sendSurvey(ctx: Context, data: EventData<'conversation.resolved'>): Promise<void> {
  const conversation = await loadConversation(ctx, data.conversation_id, { lock: true })
  if (!conversation || conversation.status !== RESOLVED || !conversation.csat_survey_enabled) return
  if (!rulesAllow(conversation) || (await wasAsked(ctx, conversation.id))) return
  const view = await findConversation(ctx.db, conversation.id, 'push')
  const locale = conversation.account_locale
  if (view && !canReply(ctx.app, view))
    return writeActivity(ctx, conversation, translate(locale, 'activity.survey_not_sent'))
  const { message, display_type: displayType } = conversation.csat_config ?? {}
  await createMessage(ctx, conversation, {
    content: typeof message === 'string' && message.trim() ? message : translate(locale, 'message.survey'),
    message_type: 'template',
    content_type: 'input_csat',
    content_attributes: { display_type: displayType ?? 'emoji' },
    sender: null,
  })
}

/** The inbox may ask only those conversations that carry, or do not carry, one of some labels. */
function rulesAllow(conversation: ConversationRecord): boolean {
  const rules = (conversation.csat_config ?? {}).survey_rules as
    | { operator?: unknown; values?: unknown }
    | null
    | undefined
  const values = Array.isArray(rules?.values) ? rules.values : []
  if (!values.length) return true
  const carries = labelsOf(conversation).some((label) => values.includes(label))
  if (rules?.operator === 'contains') return carries
  return rules?.operator === 'does_not_contain' ? !carries : true
}

async function wasAsked(ctx: Context, conversationId: number): Promise<boolean> {
  const survey = await ctx.db
    .selectFrom('messages')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('content_type', '=', INPUT_CSAT)
    .limit(1)
    .executeTakeFirst()
  return survey !== undefined
}

const MAX_FEEDBACK = 20_000

interface Rated {
  id: number
  account_id: number
  conversation_id: number
  content_type: number
  content_attributes: unknown
  contact_id: number | null
  assignee_id: number | null
}

/** Keeps what was answered, over what was answered before. A rating outside 1 to 5 is none. */
export async function recordSurvey(ctx: Context, data: EventData<'message.updated'>): Promise<void> {
  const { rows } = await sql<Rated>`
    select m.id, m.account_id, m.conversation_id, m.content_type, m.content_attributes, c.contact_id, c.assignee_id
    from messages m join conversations c on c.id = m.conversation_id where m.id = ${data.message_id} for update of m`.execute(
    ctx.db,
  )
  const [message] = rows
  if (!message || message.content_type !== INPUT_CSAT || message.contact_id === null) return
  const response = contentAttributes(message).submitted_values?.csat_survey_response as
    | { rating?: unknown; feedback_message?: unknown }
    | undefined
  const rating = Number(response?.rating)
  if (!Number.isInteger(rating) || rating < 1 || rating > 5) return
  const feedback = response?.feedback_message
  const text = feedback === undefined || feedback === null ? null : String(feedback).slice(0, MAX_FEEDBACK)
  const now = ctx.app.now()
  await ctx.db
    .insertInto('csat_survey_responses')
    .values({
      account_id: message.account_id,
      conversation_id: message.conversation_id,
      message_id: message.id,
      rating,
      feedback_message: text,
      contact_id: message.contact_id,
      assigned_agent_id: message.assignee_id,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.column('message_id').doUpdateSet(({ ref }) => ({
        rating: ref('excluded.rating'),
        feedback_message: ref('excluded.feedback_message'),
        updated_at: ref('excluded.updated_at'),
      })),
    )
    .execute()
}
