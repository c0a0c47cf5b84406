import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { liquidRenderer, type RenderLiquid } from '../../lib/liquid.ts'
import { shownTo } from '../contacts/claim.presenter.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import type { NewMessage } from './message.record.ts'
import type { Claim, ContactRow } from '../../vocabulary/visitor.ts'

const HAS_LIQUID = /\{\{|\{%/

/** `{{contact.name}}` and its like, in what goes out and in what fills a template. Texts without braces cost nothing. */
export async function renderMessage(
  ctx: Context,
  conversation: ConversationRecord,
  message: NewMessage,
): Promise<NewMessage> {
  const { content, additional_attributes: additional } = message
  const template = additional?.template_params as { processed_params?: unknown } | undefined
  const isFilled = HAS_LIQUID.test(JSON.stringify(template?.processed_params ?? null))
  if (!HAS_LIQUID.test(content ?? '') && !isFilled) return message
  const variables = await loadVariables(ctx, conversation, message.sender)
  if (!variables) return message
  const render = liquidRenderer(variables)
  return {
    ...message,
    content: content ? render(content) : (content ?? null),
    ...(isFilled && {
      additional_attributes: {
        ...additional,
        template_params: { ...template, processed_params: renderAll(template!.processed_params, render) },
      },
    }),
  }
}

function renderAll(value: unknown, render: RenderLiquid): unknown {
  if (typeof value === 'string') return render(value)
  if (Array.isArray(value)) return value.map((item) => renderAll(item, render))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renderAll(item, render)]))
}

async function loadVariables(
  ctx: Context,
  conversation: ConversationRecord,
  sender: NewMessage['sender'],
): Promise<Record<string, unknown> | undefined> {
  const isBot = sender?.type === 'AgentBot'
  const rows = await runPrepared(
    ctx.db,
    sql<Record<string, any>>`
    select to_jsonb(ct) as contact, (select to_jsonb(cl) from parley.claims cl
        where cl.contact_inbox_id = ${conversation.contact_inbox_id}) as claim, a.id as account_id, a.name as account_name, u.id as agent_id, u.name as agent_name,
      u.available_name as agent_available_name, u.email as agent_email
    from contacts ct join accounts a on a.id = ct.account_id
    left join lateral (${
      isBot
        ? sql`select id, name, name as available_name, null as email from agent_bots where id = ${sender.id}`
        : sql`select id, name, coalesce(nullif(display_name, ''), name) as available_name, email from users
            where id = ${sender?.type === 'User' ? sender.id : conversation.assignee_id}`
    }) u on true
    where ct.id = ${conversation.contact_id}`,
  )
  const row = rows[0]
  // The visitor reads it.
  const contact = row && shownTo(ctx.app, row.claim as Claim | null, row.contact as ContactRow)
  return (
    contact && {
      contact: {
        id: contact.id,
        ...namesOf(contact.name),
        email: contact.email,
        phone_number: contact.phone_number,
        custom_attribute: contact.custom_attributes ?? {},
      },
      agent: row.agent_id
        ? {
            id: row.agent_id,
            ...namesOf(row.agent_name),
            available_name: row.agent_available_name,
            email: row.agent_email,
          }
        : {},
      conversation: {
        id: conversation.id,
        display_id: conversation.display_id,
        contact_name: contact.name === null ? 'Customer' : capitalize(contact.name),
        custom_attribute: conversation.custom_attributes,
      },
      inbox: { id: conversation.inbox_id, name: conversation.inbox_name },
      account: { id: row.account_id, name: row.account_name },
    }
  )
}

/** Each word capitalised; a single one is neither a first nor a last name. */
function namesOf(name: string | null) {
  const words = (name ?? '').split(/\s+/).filter(Boolean).map(capitalize)
  const [first, last] = words.length > 1 ? [words[0], words.at(-1)] : []
  return { name: words.join(' '), first_name: first ?? '', last_name: last ?? '' }
}

const capitalize = (word: string) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
