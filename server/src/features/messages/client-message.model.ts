import { sql } from 'kysely'
import type { Context, VisitorContext } from '../../context/context.ts'
import { NotFoundError, unprocessable } from '../../http/errors.ts'
import { idOf } from '../../http/params.ts'
import { messageShownTo } from '../contacts/claim.presenter.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { contentAttributes, contentTypeName, presentPublicMessage } from './message.presenter.ts'
import { accessMessage, ACTIVITY, updateMessage } from './message.model.ts'
import { createMessage } from './create-message.model.ts'
import { findMessage, pictureMessage, selectLatest, type ShownMessage } from './message.query.ts'
import type { AttachmentInput } from './message.record.ts'

const PAGE = 20
const SURVEY_DAYS = 14
const DAY = 86_400_000

export async function listClientMessages(
  ctx: VisitorContext,
  conversation: ConversationRecord,
  before: string | null | undefined,
) {
  const page = sql`select p.id from messages p where p.conversation_id = ${conversation.id} and not p.private
    and p.message_type <> 2 ${before?.trim() ? sql`and p.id < ${idOf(before)}` : sql``} order by p.id desc limit ${PAGE}`
  const messages = await selectLatest(ctx.db, sql`m.id in (${page})`, ctx.visitor.claim)
  return messages.map((message) => present(ctx, message))
}

export async function showClientMessage(ctx: VisitorContext, id: number) {
  return present(ctx, (await findMessage(ctx.db, id))!)
}

function present({ app, visitor }: VisitorContext, message: ShownMessage) {
  return presentPublicMessage(app, messageShownTo(app, visitor.claim, message))
}

export async function writeByVisitor(
  ctx: VisitorContext,
  conversation: ConversationRecord,
  body: { content?: string | null; echo_id?: string | null; attachments?: AttachmentInput[] | null },
): Promise<ReturnType<typeof presentPublicMessage>> {
  const { contact, avatar } = ctx.visitor
  const attachments = (body.attachments ?? []).filter((one) => one !== '')
  const message = await createMessage(ctx, conversation, {
    content: body.content ?? null,
    message_type: 'incoming',
    sender: { type: 'Contact', id: contact.id, before: contact },
    ...(body.echo_id && { echo_id: body.echo_id }),
    attachments,
  })
  const known = { hasFiles: attachments.length > 0, sender: { contact: { ...contact, avatar } } }
  return present(ctx, await pictureMessage(ctx.db, message, known))
}

const SUBMITTED_KEYS = ['name', 'title', 'value', 'csat_survey_response']

/**
 * What a visitor submits replaces what was submitted before. Anything but an object or a list changes nothing. Notes and
 * activities, which visitors are not shown, are not found.
 */
export async function submitValues(
  ctx: Context,
  conversation: ConversationRecord,
  messageId: number,
  submitted: unknown,
): Promise<number> {
  const message = await accessMessage(ctx, conversation, messageId, { lock: true })
  if (message.private || message.message_type === ACTIVITY) throw new NotFoundError()
  if (contentTypeName(message.content_type) === 'input_csat') checkSurveyIsOpen(ctx, message.created_at)
  const values = Array.isArray(submitted)
    ? submitted.filter(isObject).map(permitted)
    : isObject(submitted)
      ? permitted(submitted)
      : undefined
  if (values !== undefined) {
    await updateMessage(ctx, conversation, message, {
      content_attributes: { ...contentAttributes(message), submitted_values: values },
    })
  }
  return message.id
}

function checkSurveyIsOpen(ctx: Context, sentAt: Date): void {
  if (!isSurveyOpen(ctx, sentAt)) throw unprocessable('You cannot update the CSAT survey after 14 days')
}

/** Days of the calendar count, not hours. */
export const isSurveyOpen = (ctx: Context, sentAt: Date) => dayOf(ctx.app.now()) - dayOf(sentAt) <= SURVEY_DAYS

const dayOf = (time: Date) => Math.floor(time.getTime() / DAY)

function permitted(values: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const key of SUBMITTED_KEYS) {
    const value = values[key]
    if (value === undefined) continue
    if (key === 'csat_survey_response') {
      if (isObject(value)) kept[key] = pick(value, ['feedback_message', 'rating'])
    } else if (isPlain(value)) kept[key] = value
  }
  return kept
}

const pick = (values: Record<string, unknown>, keys: string[]) =>
  Object.fromEntries(keys.filter((key) => key in values && isPlain(values[key])).map((key) => [key, values[key]]))

const isPlain = (value: unknown) => typeof value !== 'object' || value === null

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
