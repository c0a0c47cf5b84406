import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'
import { renderLiquid } from '../../lib/liquid.ts'
import type { ConversationRecord } from '../conversations/conversation.model.ts'
import type { NewMessage } from './message.model.ts'

/** `{{contact.name}}` and its like, in what goes out. Text without braces costs nothing. */
export async function renderContent(
  ctx: Context,
  conversation: ConversationRecord,
  { content, sender }: NewMessage,
): Promise<string | null> {
  if (!content || !/\{\{|\{%/.test(content)) return content ?? null
  const { rows } = await sql<Record<string, any>>`
    select to_jsonb(ct) as contact, a.id as account_id, a.name as account_name, u.id as agent_id, u.name as agent_name,
      coalesce(nullif(u.display_name, ''), u.name) as agent_available_name, u.email as agent_email
    from contacts ct join accounts a on a.id = ct.account_id
    left join users u on u.id = ${sender?.type === 'User' ? sender.id : conversation.assignee_id}
    where ct.id = ${conversation.contact_id}`.execute(ctx.db)
  const row = rows[0]
  if (!row) return content
  return renderLiquid(content, {
    contact: {
      id: row.contact.id,
      ...namesOf(row.contact.name),
      email: row.contact.email,
      phone_number: row.contact.phone_number,
      custom_attribute: row.contact.custom_attributes ?? {},
    },
    agent: row.agent_id
      ? { id: row.agent_id, ...namesOf(row.agent_name), available_name: row.agent_available_name, email: row.agent_email }
      : {},
    conversation: {
      id: conversation.id,
      display_id: conversation.display_id,
      contact_name: row.contact.name === null ? 'Customer' : capitalize(row.contact.name),
      custom_attribute: conversation.custom_attributes,
    },
    inbox: { id: conversation.inbox_id, name: conversation.inbox_name },
    account: { id: row.account_id, name: row.account_name },
  })
}

/** Each word capitalised; a last name only where there are two words. */
function namesOf(name: string | null) {
  const words = (name ?? '').split(/\s+/).filter(Boolean).map(capitalize)
  return { name: words.join(' '), first_name: words[0] ?? '', last_name: words.length > 1 ? words.at(-1) : '' }
}

const capitalize = (word: string) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
