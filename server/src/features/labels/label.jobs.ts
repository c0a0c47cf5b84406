import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { loadContactRow } from '../contacts/contact.query.ts'
import { loadConversation } from '../conversations/access.model.ts'
import { readConversationLabels, replaceContactLabels, replaceConversationLabels } from './label.model.ts'

export interface LabelRename {
  account_id: number
  from: string
  to: string
}

const BATCH = 200

/** Writes the new title on what carries the old one, a batch at a time; the rest is a job of its own. */
export async function renameLabel(ctx: Context, rename: LabelRename): Promise<void> {
  const { rows } = await sql<{ taggable_type: 'Conversation' | 'Contact'; taggable_id: number }>`
    select tg.taggable_type, tg.taggable_id from taggings tg join tags t on t.id = tg.tag_id
    where t.name = ${rename.from} and tg.context = 'labels' and (
      tg.taggable_type = 'Conversation' and exists
        (select 1 from conversations c where c.id = tg.taggable_id and c.account_id = ${rename.account_id})
      or tg.taggable_type = 'Contact' and exists
        (select 1 from contacts ct where ct.id = tg.taggable_id and ct.account_id = ${rename.account_id}))
    order by tg.id limit ${BATCH}`.execute(ctx.db)
  for (const row of rows) {
    const renamed = (labels: string[]) => [...labels.filter((name) => name !== rename.from), rename.to]
    if (row.taggable_type === 'Conversation') {
      const conversation = await loadConversation(ctx, row.taggable_id, { lock: true })
      if (conversation)
        await replaceConversationLabels(ctx, conversation, renamed(await readConversationLabels(ctx, conversation)))
    } else {
      const contact = await loadContactRow(ctx, row.taggable_id, { lock: true })
      if (contact) await replaceContactLabels(ctx, contact, renamed(contact.label_list))
    }
  }
  if (rows.length === BATCH) ctx.later('labels.rename', rename)
}
