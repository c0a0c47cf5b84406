import { runPrepared } from '../../db/prepared.ts'
import Type, { type Static } from 'typebox'
import type { AccountContext, Context } from '../../context/context.ts'
import { invalidField, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { BagOrText, File, Nullable, Strict } from '../../http/operation.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { CONTENT_TYPES, MESSAGE_TYPES, type ContentType, type MessageType } from './message.presenter.ts'
import type { NewMessage } from './message.record.ts'
import { hasOwn } from '../accounts/own.query.ts'

const NO_ATTACHMENTS = 'must be files, sent as attachments[] in a multipart form, or signed ids of uploads'

/** Files, or signed ids of uploads. */
export const Attachments = Strict(
  Type.Array(
    Strict(Type.Union([File, Type.String({ description: 'The signed id of an uploaded file' })]), NO_ATTACHMENTS),
  ),
  NO_ATTACHMENTS,
)

/** What the Application API takes for a new message. */
export const MessageBody = Type.Partial(
  Type.Object({
    content: Nullable(Type.String({ maxLength: 150_000 })),
    private: Nullable(Type.Boolean()),
    message_type: Type.Any({ description: 'outgoing (default), incoming (API inboxes only), activity or template' }),
    content_type: Type.Any({ description: 'text (default), input_select, cards, form, article, …' }),
    content_attributes: BagOrText,
    echo_id: Nullable(Type.String()),
    source_id: Nullable(Type.String()),
    attachments: Attachments,
    template_params: Type.Any({
      description: 'A template of another service: name, category, language, namespace, processed_params',
    }),
    campaign_id: Nullable(Type.Integer()),
    external_created_at: Type.Any(),
    sender_type: Nullable(Type.String({ description: 'AgentBot, to let a bot speak' })),
    sender_id: Nullable(Type.Integer()),
  }),
)

export type MessageFields = Partial<Static<typeof MessageBody>>

/** The caller, or a bot of theirs, sends what goes out; everything else counts as the contact's. */
export async function newMessageOf(
  ctx: AccountContext,
  conversation: ConversationRecord,
  fields: MessageFields,
): Promise<NewMessage> {
  const type = nameOf<MessageType>(fields.message_type, MESSAGE_TYPES, 'outgoing', 'message_type')
  const attributes = { ...fields.content_attributes }
  if (fields.external_created_at) attributes.external_created_at = fields.external_created_at
  return {
    content: fields.content ?? null,
    message_type: type,
    sender:
      type === 'outgoing'
        ? ((await botOf(ctx, fields)) ?? callerOf(ctx))
        : { type: 'Contact', id: conversation.contact_id },
    private: fields.private ?? false,
    content_type: nameOf<ContentType>(fields.content_type, CONTENT_TYPES, 'text', 'content_type'),
    content_attributes: attributes,
    additional_attributes: await additionalOf(ctx, fields),
    source_id: fields.source_id ?? null,
    ...(fields.echo_id !== undefined && { echo_id: fields.echo_id }),
    attachments: fields.attachments ?? [],
    automated: Boolean(fields.campaign_id ?? attributes.automation_rule_id),
  }
}

function callerOf({ caller, user }: Context): NewMessage['sender'] {
  if (caller.kind === 'agent_bot') return { type: 'AgentBot', id: caller.bot.id }
  return user ? { type: 'User', id: user.id } : null
}

/** One of the account's bots, or one that serves all; another is nobody. */
async function botOf(
  ctx: AccountContext,
  { sender_type: type, sender_id: id }: MessageFields,
): Promise<NewMessage['sender']> {
  if (type !== 'AgentBot' || !id) return null
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('agent_bots')
      .select('id')
      .where('id', '=', id)
      .where((bot) => bot.or([bot('account_id', 'is', null), bot('account_id', '=', ctx.account.id)])),
  )
  return rows[0] ? { type: 'AgentBot', id: rows[0].id } : null
}

async function additionalOf(
  ctx: AccountContext,
  { template_params: template, campaign_id: campaign }: MessageFields,
): Promise<Record<string, unknown>> {
  if (campaign && !(await hasOwn(ctx, 'campaigns', campaign))) throw invalidField('campaign_id', 'must exist')
  return {
    ...(campaign && { campaign_id: campaign }),
    ...(isBlank(template) ? {} : { template_params: checkTemplate(template) }),
  }
}

const isBlank = (value: unknown) => !value || (typeof value === 'object' && !Object.keys(value).length)

const TEMPLATE_TEXTS = ['name', 'category', 'language', 'namespace']

function checkTemplate(template: unknown): Record<string, unknown> {
  const problems: [string, string][] = []
  const mustBe = (path: string, kind: string) =>
    problems.push(['additional_attributes', `Template params${path} must be of type ${kind}`])
  if (!isBag(template)) mustBe('', 'hash')
  else {
    if (!('name' in template)) problems.push(['additional_attributes', 'Name is required'])
    for (const key of TEMPLATE_TEXTS)
      if (key in template && typeof template[key] !== 'string') mustBe(`/${key}`, 'string')
    if ('processed_params' in template && !isBag(template.processed_params)) mustBe('/processed params', 'hash')
  }
  if (problems.length) throw new RecordInvalidError(problems)
  return template as Record<string, unknown>
}

const isBag = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name, or its number as Chatwoot stores it. */
function nameOf<Name extends string>(value: unknown, names: readonly Name[], fallback: Name, field: string): Name {
  if (value === undefined || value === null || value === '') return fallback
  const name = typeof value === 'number' ? names[value] : names.find((one) => one === value)
  // An object would be asked for its text by a name that it brings itself.
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (!name) throw unprocessable(`'${text}' is not a valid ${field}`)
  return name
}
