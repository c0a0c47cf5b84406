import { sql } from 'kysely'
import type { AccountContext, MemberContext } from '../../context/context.ts'
import { runOnce } from '../../db/prepared.ts'
import { invalidField, NotFoundError, unprocessable } from '../../http/errors.ts'
import { readPage } from '../../http/params.ts'
import { RawAnswer } from '../../http/raw-answer.ts'
import { csvLine } from '../../lib/csv.ts'
import { translate } from '../../lib/translate.ts'
import { contentTypeNumber } from '../messages/message.presenter.ts'
import {
  conditions,
  measureLines,
  rangeOf,
  selectLines,
  selectResponses,
  within,
  type ResponseFilters,
  type ResponseRecord,
} from './csat-survey-response.query.ts'

const PAGE = 25
const INPUT_CSAT = contentTypeNumber('input_csat')

const orderOf = (sort?: string) =>
  sort === '-created_at'
    ? sql`r.created_at desc, r.id desc`
    : sort === 'created_at'
      ? sql`r.created_at, r.id`
      : sql`r.id`

export function listResponses(
  ctx: AccountContext,
  { page, sort, ...filters }: ResponseFilters & { page?: string; sort?: string },
): Promise<ResponseRecord[]> {
  const offset = (readPage(page) - 1) * PAGE
  return selectResponses(ctx, conditions(filters), sql`order by ${orderOf(sort)} limit ${PAGE} offset ${offset}`)
}

/** Surveys that were sent are counted for the time alone, whatever else is asked for. */
export async function measureResponses(ctx: AccountContext, filters: ResponseFilters) {
  const range = rangeOf(filters)
  const [row] = await runOnce(
    ctx.db,
    sql<{ ratings: Record<string, number> | null; sent: number }>`
    select (select json_object_agg(rating, n order by rating) from (
        select r.rating, count(*)::integer as n from csat_survey_responses r left join conversations c on c.id = r.conversation_id
        where r.account_id = ${ctx.account.id} and ${conditions(filters)} group by r.rating) rated) as ratings,
      (select count(*)::integer from messages m where m.account_id = ${ctx.account.id} and m.content_type = ${INPUT_CSAT}
        and ${range ? within(sql`m.created_at`, range) : sql`true`}) as sent`,
  )
  const ratings = row!.ratings ?? {}
  return {
    total_count: Object.values(ratings).reduce((sum, count) => sum + count, 0),
    ratings_count: ratings,
    total_sent_messages_count: row!.sent,
  }
}

/** A file is made in memory, whole. */
const MOST_LINES = 10_000
const MOST_BYTES = 4 * 1024 * 1024

export async function exportResponses(
  ctx: AccountContext,
  { sort, ...filters }: ResponseFilters & { sort?: string },
): Promise<RawAnswer> {
  const range = rangeOf(filters)
  if (!range) throw invalidField(filters.since?.trim() ? 'until' : 'since', "can't be blank")
  const where = conditions(filters)
  const { lines, bytes } = await measureLines(ctx, where)
  if (lines > MOST_LINES || bytes > MOST_BYTES)
    throw unprocessable('There are too many answers for one file: ask for a shorter time')
  const { locale, id: accountId } = ctx.account
  const link = (displayId: number) =>
    `${ctx.app.config.frontendUrl}/app/accounts/${accountId}/conversations/${displayId}`
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10)
  const responses = await selectLines(ctx, where, orderOf(sort))
  const file = [
    csvLine(HEADERS.map((key) => translate(locale, `report.csat.${key}`))),
    ...responses.map((response) =>
      csvLine([
        response.agent_name !== null && `${response.agent_name} (${response.agent_email})`,
        response.rating,
        response.feedback_message,
        response.contact_name,
        response.contact_email,
        response.contact_phone_number,
        response.display_id !== null && link(response.display_id),
        `${response.created_at.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
        response.csat_review_notes,
      ]),
    ),
    csvLine([translate(locale, 'report.period', { since: day(range.since), until: day(range.until) })]),
  ]
  return new RawAnswer(
    200,
    { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename=csat_report.csv' },
    file.join(''),
  )
}

const HEADERS = [
  'agent',
  'rating',
  'feedback',
  'contact_name',
  'contact_email',
  'contact_phone_number',
  'conversation',
  'recorded_at',
  'review_notes',
] as const

/** What the account says to an answer, and who says it. */
export async function reviewResponse(
  ctx: MemberContext,
  id: number,
  notes: string | null = null,
): Promise<ResponseRecord> {
  const now = ctx.app.now()
  await ctx.db
    .updateTable('csat_survey_responses')
    .set({
      csat_review_notes: notes,
      review_notes_updated_at: now,
      review_notes_updated_by_id: ctx.user.id,
      updated_at: now,
    })
    .where('id', '=', id)
    .where('account_id', '=', ctx.account.id)
    .execute()
  const [response] = await selectResponses(ctx, sql`r.id = ${id}`, sql``)
  if (!response) throw new NotFoundError()
  return response
}
