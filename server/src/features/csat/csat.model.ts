import { sql, type Selectable } from 'kysely'
import type { Refine } from '../../db/columns.ts'
import type { CsatSurveyResponses } from '../../db/schema.ts'
import type { Context } from '../../context/context.ts'
import { MissingParamError, NotFoundError } from '../../http/errors.ts'
import { iso } from '../../lib/times.ts'
import { localeName } from '../../lib/locales.ts'
import { loadConversation } from '../conversations/access.model.ts'
import { submitValues } from '../messages/client-message.model.ts'
import { contentTypeNumber } from '../messages/message.presenter.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import type { AvatarBlob } from '../../vocabulary/caller.ts'

const INPUT_CSAT = contentTypeNumber('input_csat')

interface SurveyView {
  id: number
  created_at: Date
  conversation_id: number
  inbox_name: string
  inbox_avatar: AvatarBlob | null
  csat_config: Record<string, any> | null
  locale: number | null
  response: ResponseRow | null
}

type ResponseRow = Refine<
  Selectable<CsatSurveyResponses>,
  { created_at: string; updated_at: string; review_notes_updated_at: string | null }
>

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The first survey of a conversation: whoever knows the conversation's uuid may read and answer it. */
export async function accessSurvey(ctx: Context, uuid: string): Promise<SurveyView> {
  if (!UUID.test(uuid)) throw new NotFoundError()
  const { rows } = await sql<SurveyView>`
    select m.id, m.created_at, c.id as conversation_id, i.name as inbox_name, i.csat_config, a.locale,
      ${avatarJson('Inbox', sql`i.id`)} as inbox_avatar,
      (select to_jsonb(r) from csat_survey_responses r where r.message_id = m.id) as response
    from conversations c join messages m on m.conversation_id = c.id and m.content_type = ${INPUT_CSAT}
    join inboxes i on i.id = c.inbox_id join accounts a on a.id = c.account_id
    where c.uuid = ${uuid}::uuid order by m.id limit 1`.execute(ctx.db)
  if (!rows[0]) throw new NotFoundError()
  return rows[0]
}

export async function showSurvey(ctx: Context, uuid: string) {
  return presentSurvey(ctx, await accessSurvey(ctx, uuid))
}

/** The rating itself is recorded a little later, from the message that was changed. */
export async function answerSurvey(ctx: Context, uuid: string, message: Record<string, unknown> | null | undefined) {
  const survey = await accessSurvey(ctx, uuid)
  if (!message) throw new MissingParamError('message')
  const conversation = await loadConversation(ctx, survey.conversation_id, { lock: true })
  if (!conversation) throw new NotFoundError()
  await submitValues(ctx, conversation, survey.id, message.submitted_values)
  return presentSurvey(ctx, survey)
}

export function presentSurvey(ctx: Context, survey: SurveyView) {
  const { response, csat_config: config } = survey
  return {
    id: survey.id,
    csat_survey_response: response && {
      id: response.id,
      account_id: response.account_id,
      conversation_id: response.conversation_id,
      message_id: response.message_id,
      rating: response.rating,
      feedback_message: response.feedback_message,
      contact_id: response.contact_id,
      assigned_agent_id: response.assigned_agent_id,
      created_at: iso(response.created_at),
      updated_at: iso(response.updated_at),
      csat_review_notes: response.csat_review_notes,
      review_notes_updated_at: iso(response.review_notes_updated_at),
      review_notes_updated_by_id: response.review_notes_updated_by_id,
    },
    display_type: (config?.display_type as string | undefined) || 'emoji',
    content: (config?.message as string | undefined) || null,
    inbox_avatar_url: ctx.app.files.avatarUrl(survey.inbox_avatar),
    inbox_name: survey.inbox_name,
    locale: localeName(survey.locale),
    conversation_id: survey.conversation_id,
    created_at: iso(survey.created_at),
  }
}
