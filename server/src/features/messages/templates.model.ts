import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { isOpen, type WorkingHour } from '../../lib/working-hours.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { contentTypeNumber } from './message.presenter.ts'
import { writeMessage } from './message.model.ts'
import { translate } from '../../lib/translate.ts'

/** Whether the inbox of a conversation may have something to say by itself. */
export function mayAnswerItself(conversation: ConversationRecord): boolean {
  if (conversation.campaign_id !== null) return false
  return conversation.greeting_enabled || conversation.working_hours_enabled || asksForEmail(conversation)
}

/** Visitors of a website are asked how they can be reached. */
function asksForEmail(conversation: ConversationRecord): boolean {
  return (
    conversation.channel_type === 'Channel::WebWidget' &&
    conversation.enable_email_collect === true &&
    !conversation.contact_email
  )
}

interface Said {
  /** Anything by a person, a bot or the inbox. */
  has_answer: boolean
  agent_wrote_lately: boolean
  template_today: boolean
  asked_for_email: boolean
  working_hours: WorkingHour[] | null
}

/**
 * What the inbox says on an incoming message: that nobody is there, or else a greeting on the first one; then, on a website,
 * the question for an address. At most one note of absence a day, and none while an agent is at it.
 */
export async function answerWithTemplates(ctx: Context, conversation: ConversationRecord): Promise<void> {
  const said = await loadSaid(ctx, conversation)
  const isClosed =
    conversation.working_hours_enabled && !isOpen(said.working_hours ?? [], conversation.timezone, ctx.app.now())
  if (isClosed && conversation.out_of_office_message && !said.agent_wrote_lately && !said.template_today) {
    await say(ctx, conversation, conversation.out_of_office_message)
  } else if (conversation.greeting_enabled && conversation.greeting_message && !said.has_answer) {
    await say(ctx, conversation, conversation.greeting_message)
  }
  if (asksForEmail(conversation) && !said.asked_for_email) {
    await say(ctx, conversation, translate(conversation.account_locale, 'message.email_collect'))
    await writeMessage(ctx, conversation, {
      content: translate(conversation.account_locale, 'message.email_collect_form'),
      message_type: 'template',
      content_type: 'input_email',
      sender: null,
    })
  }
}

async function loadSaid(ctx: Context, conversation: ConversationRecord): Promise<Said> {
  const now = ctx.app.now()
  const found = (what: ReturnType<typeof sql>) => sql`exists (select 1 from messages m
    where m.conversation_id = ${conversation.id} and m.account_id = ${conversation.account_id} and ${what})`
  const rows = await runPrepared(
    ctx.db,
    sql<Said>`
    select ${found(sql`m.message_type in (1, 3)`)} as has_answer,
      ${found(sql`m.message_type = 1 and not m.private and m.created_at > ${new Date(now.getTime() - 5 * 60_000)}`)} as agent_wrote_lately,
      ${found(sql`m.message_type = 3 and m.created_at >= ${startOfDay(now)}`)} as template_today,
      ${found(sql`m.content_type = ${contentTypeNumber('input_email')}`)} as asked_for_email,
      (select json_agg(to_json(w)) from working_hours w where w.inbox_id = ${conversation.inbox_id}) as working_hours`,
  )
  return rows[0]!
}

const startOfDay = (now: Date) => new Date(now.toISOString().slice(0, 10))

function say(ctx: Context, conversation: ConversationRecord, content: string) {
  return writeMessage(ctx, conversation, { content, message_type: 'template', sender: null })
}
