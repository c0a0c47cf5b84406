import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { DeliveryScope, Push } from '../../events/reactions.ts'
import type { PushedVisitor, PushScope } from '../realtime/push-scope.query.ts'
import type { Changes, EventData } from '../../vocabulary/events.ts'
import { markdownToHtml } from '../../lib/markdown.ts'
import { iso } from '../../lib/times.ts'
import { translate } from '../../lib/translate.ts'
import { messageShownTo } from '../contacts/claim.presenter.ts'
import { toAgentsAndVisitor } from '../conversations/conversation.events.ts'
import { conversationWebhook } from '../conversations/conversation.presenter.ts'
import { findConversation } from '../conversations/conversation.query.ts'
import {
  CONTENT_TYPES,
  contentAttributes,
  contentTypeName,
  MESSAGE_STATUSES,
  MESSAGE_TYPES,
  messagePush,
  senderWebhook,
} from './message.presenter.ts'
import { presentAttachment } from './attachment.presenter.ts'
import { findMessage, type MessageView } from './message.query.ts'

type Created = EventData<'message.created'>
type Updated = EventData<'message.updated'>

const ACTIVITY = 2

const NOBODY = { streams: [], claim: null }

export async function messagePushes(scope: PushScope, data: Created | Updated): Promise<Push[]> {
  const isHidden = data.private || data.message_type === ACTIVITY
  return pushTo(scope, data, isHidden ? NOBODY : scope.visitor(data.conversation_id))
}

export function messageAgentsPush(scope: PushScope, data: Created | Updated): Promise<Push[]> {
  return pushTo(scope, data, NOBODY)
}

async function pushTo(
  scope: PushScope,
  data: Created | Updated,
  listener: PushedVisitor | Promise<PushedVisitor>,
): Promise<Push[]> {
  const [message, agents, visitor] = await Promise.all([
    scope.message(data.message_id),
    scope.agents(data.inbox_id),
    listener,
  ])
  if (!message) return []
  return toAgentsAndVisitor(agents, visitor, (claim) => ({
    ...messagePush(
      scope.app,
      messageShownTo(scope.app, claim, message),
      data.performer === null ? null : scope.accountId,
    ),
    ...('echo_id' in data && data.echo_id !== undefined && { echo_id: data.echo_id }),
    ...('changes' in data && { previous_changes: nameEnums(data.changes) }),
  }))
}

/** Activities are for the eyes of agents only. */
export function isWebhookSendable(data: { message_type: number }): boolean {
  return data.message_type !== ACTIVITY
}

export async function messagePayload({ app, db, account }: DeliveryScope, data: Created | Updated) {
  const message = await findMessage(db, data.message_id)
  const conversation = message && (await findConversation(db, message.conversation_id, 'push'))
  if (!message || !conversation) return null
  const inbox = await loadInbox(db, message.inbox_id)
  return {
    account: { id: account.id, name: account.name },
    additional_attributes: message.additional_attributes ?? {},
    content_attributes: contentAttributes(message),
    content_type: contentTypeName(message.content_type),
    content: webhookContent(app.config.frontendUrl, message, inbox),
    conversation: conversationWebhook(app, conversation),
    created_at: iso(message.created_at),
    id: message.id,
    inbox: { id: message.inbox_id, name: inbox?.name ?? null },
    message_type: MESSAGE_TYPES[message.message_type],
    private: message.private,
    sender: senderWebhook(app, message, account),
    source_id: message.source_id,
    ...(message.attachments && { attachments: message.attachments.map((file) => presentAttachment(app, file)) }),
  }
}

const SHOWN_AS_HTML = ['Channel::WebWidget', 'Channel::Email']

/** As the channel shows it. Outside of the widget, a survey is the address where it can be answered. */
function webhookContent(frontendUrl: string, message: MessageView, inbox: Inbox | undefined): string | null {
  const isLink = contentTypeName(message.content_type) === 'input_csat' && inbox?.channel_type !== 'Channel::WebWidget'
  const content = isLink ? surveyLink(frontendUrl, message, inbox) : message.content
  return content?.trim() && SHOWN_AS_HTML.includes(inbox?.channel_type ?? '') ? markdownToHtml(content) : content
}

function surveyLink(
  frontendUrl: string,
  { content, conversation_uuid: uuid }: MessageView,
  inbox: Inbox | undefined,
): string {
  const link = `${frontendUrl}/survey/responses/${uuid}`
  return content && inbox?.survey_message?.trim()
    ? `${content} ${link}`
    : translate(inbox?.account_locale ?? null, 'message.survey_link', { link })
}

interface Inbox {
  name: string
  channel_type: string | null
  survey_message: string | null
  account_locale: number | null
}

async function loadInbox(db: DeliveryScope['db'], id: number): Promise<Inbox | undefined> {
  const rows = await runPrepared(
    db,
    sql<Inbox>`
    select i.name, i.channel_type, i.csat_config ->> 'message' as survey_message, a.locale as account_locale
    from inboxes i join accounts a on a.id = i.account_id where i.id = ${id}`,
  )
  return rows[0]
}

function nameEnums(changes: Changes): Changes {
  const named: Changes = { ...changes }
  const rename = (key: string, names: readonly string[]) => {
    const change = changes[key]
    if (change) named[key] = [names[change[0] as number] ?? null, names[change[1] as number] ?? null]
  }
  rename('status', MESSAGE_STATUSES)
  rename('content_type', CONTENT_TYPES)
  return named
}
