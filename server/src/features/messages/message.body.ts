import Type, { type Static } from 'typebox'
import type { Context } from '../../http/context.ts'
import { RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { Bag, BagOrText, File, Nullable } from '../../http/operation.ts'
import type { ConversationRecord } from '../conversations/conversation.model.ts'
import { CONTENT_TYPES, MESSAGE_TYPES, type ContentType, type MessageType } from './message.presenter.ts'
import type { NewMessage } from './message.model.ts'

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
    attachments: Type.Array(Type.Union([File, Type.String({ description: 'The signed id of an uploaded file' })])),
    template_params: Bag,
    campaign_id: Nullable(Type.Integer()),
    external_created_at: Type.Any(),
    sender_type: Nullable(Type.String()),
    sender_id: Nullable(Type.Integer()),
  }),
)

export type MessageFields = Partial<Static<typeof MessageBody>>

/** The caller sends what goes out; everything else counts as the contact's. */
export function newMessageOf(ctx: Context, conversation: ConversationRecord, fields: MessageFields): NewMessage {
  const type = nameOf<MessageType>(fields.message_type, MESSAGE_TYPES, 'outgoing', 'message_type')
  const attributes = { ...fields.content_attributes }
  if (fields.external_created_at) attributes.external_created_at = fields.external_created_at
  return {
    content: fields.content ?? null,
    message_type: type,
    sender: type === 'outgoing' ? callerOf(ctx) : { type: 'Contact', id: conversation.contact_id },
    private: fields.private ?? false,
    content_type: nameOf<ContentType>(fields.content_type, CONTENT_TYPES, 'text', 'content_type'),
    content_attributes: attributes,
    additional_attributes: additionalOf(fields),
    source_id: fields.source_id ?? null,
    ...(fields.echo_id !== undefined && { echo_id: fields.echo_id }),
    attachments: fields.attachments ?? [],
    automated: Boolean(fields.campaign_id),
  }
}

function callerOf(ctx: Context): NewMessage['sender'] {
  if (ctx.caller.kind === 'agent_bot') return { type: 'AgentBot', id: ctx.caller.bot.id }
  return { type: 'User', id: ctx.user.id }
}

function additionalOf({ template_params: template, campaign_id: campaign }: MessageFields): Record<string, unknown> {
  if (template && Object.keys(template).length && !template.name) {
    throw new RecordInvalidError([['additional_attributes', 'Name is required']])
  }
  return { ...(campaign && { campaign_id: campaign }), ...(template && { template_params: template }) }
}

/** A name, or its number as Chatwoot stores it. */
function nameOf<Name extends string>(value: unknown, names: readonly Name[], fallback: Name, field: string): Name {
  if (value === undefined || value === null || value === '') return fallback
  const name = typeof value === 'number' ? names[value] : names.find((one) => one === value)
  if (!name) throw unprocessable(`'${String(value)}' is not a valid ${field}`)
  return name
}

