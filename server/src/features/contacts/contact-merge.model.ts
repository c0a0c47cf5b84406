import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { invalidField } from '../../http/errors.ts'
import { TOO_LARGE } from '../../lib/bag.ts'
import { iso } from '../../lib/times.ts'
import {
  accessContact,
  deepMerge,
  filledBag,
  updateContact,
  type ContactFields,
  type ContactRecord,
} from './contact.model.ts'
import { contactPicture } from './contact.query.ts'
import { presentContactSender } from './contact.presenter.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'

/** Both by their ids, in an order of ids that two merges at the same time share. */
export async function accessPair(
  ctx: AccountContext,
  baseId: number,
  mergeeId: number,
): Promise<[ContactRecord, ContactRecord]> {
  const [first, second] = [Math.min(baseId, mergeeId), Math.max(baseId, mergeeId)]
  const low = await accessContact(ctx, first, { lock: true })
  const high = first === second ? low : await accessContact(ctx, second, { lock: true })
  return baseId === first ? [low, high] : [high, low]
}

/**
 * Makes one contact of two. What hangs on the mergee moves to the base, whose own values win; the mergee fills its blanks
 * and is gone. An identifier that nobody vouches for fills none: who proves it would have proven to be the base.
 */
export async function mergeContacts(
  ctx: Context,
  base: ContactRecord,
  mergee: ContactRecord,
  { isVouched = true }: { isVouched?: boolean } = {},
): Promise<ContactRecord> {
  if (base.id === mergee.id) return base
  if (base.is_oversized || mergee.is_oversized) throw invalidField('custom_attributes', TOO_LARGE)
  const picture = await contactPicture(ctx, mergee.id)
  const gone = picture ? presentContactSender(ctx.app, picture) : { id: mergee.id }
  await moveConversations(ctx, base, mergee)
  await moveMessages(ctx, base, mergee)
  await moveTheRest(ctx, base, mergee)
  await removeContactRow(ctx, mergee)
  ctx.emit('contact.deleted', { account_id: mergee.account_id, contact_id: mergee.id, picture: gone })
  ctx.emit('contact.merged', { account_id: base.account_id, contact_id: base.id })
  await updateContact(ctx, base, filledBlanks(base, mergee, isVouched))
  return base
}

function filledBlanks(base: ContactRecord, mergee: ContactRecord, isVouched: boolean): ContactFields {
  const fill = isVouched ? (own: unknown, added: unknown) => deepMerge(added, own) : filledBag
  return {
    ...(isVouched && { identifier: base.identifier || mergee.identifier }),
    name: base.name || mergee.name,
    email: base.email || mergee.email,
    phone_number: base.phone_number || mergee.phone_number,
    additional_attributes: fill(base.additional_attributes, mergee.additional_attributes),
    custom_attributes: fill(base.custom_attributes, mergee.custom_attributes),
  }
}

async function moveConversations(ctx: Context, base: ContactRecord, mergee: ContactRecord): Promise<void> {
  const rows = await ctx.db
    .updateTable('conversations')
    .set({ contact_id: base.id, updated_at: ctx.app.now() })
    .where('contact_id', '=', mergee.id)
    .where('account_id', '=', base.account_id)
    .returning(['id', 'inbox_id'])
    .execute()
  for (const { id, inbox_id } of rows) {
    ctx.emit('conversation.contact_changed', { account_id: base.account_id, inbox_id, conversation_id: id })
  }
}

async function moveMessages(ctx: Context, base: ContactRecord, mergee: ContactRecord): Promise<void> {
  const now = ctx.app.now()
  const { rows } = await sql<MovedMessage>`
    with old as (select id, updated_at from messages
      where sender_type = 'Contact' and sender_id = ${mergee.id} and account_id = ${base.account_id} for update)
    update messages m set sender_id = ${base.id}, updated_at = ${now} from old where m.id = old.id
    returning m.id, m.inbox_id, m.conversation_id, m.message_type, m.private, old.updated_at as before`.execute(ctx.db)
  rows.sort((a, b) => a.id - b.id)
  for (const message of rows) {
    ctx.emit('message.updated', {
      account_id: base.account_id,
      inbox_id: message.inbox_id,
      conversation_id: message.conversation_id,
      message_id: message.id,
      message_type: message.message_type,
      private: message.private,
      changes: { updated_at: [iso(message.before), iso(now)], sender_id: [mergee.id, base.id] },
    })
  }
}

interface MovedMessage {
  id: number
  inbox_id: number
  conversation_id: number
  message_type: number
  private: boolean
  before: Date
}

async function moveTheRest(ctx: Context, base: ContactRecord, mergee: ContactRecord): Promise<void> {
  const now = ctx.app.now()
  const moved = { contact_id: base.id, updated_at: now }
  await ctx.db.updateTable('contact_inboxes').set(moved).where('contact_id', '=', mergee.id).execute()
  await ctx.db.updateTable('notes').set(moved).where('contact_id', '=', mergee.id).execute()
  await ctx.db
    .updateTable('csat_survey_responses')
    .set({ contact_id: base.id })
    .where('contact_id', '=', mergee.id)
    .execute()
}

/** The row itself, its labels and its picture; what else hangs on it goes by a job or has moved. */
export async function removeContactRow(ctx: Context, contact: ContactRecord): Promise<void> {
  await sql`with gone as (delete from taggings where taggable_type = 'Contact' and taggable_id = ${contact.id} returning tag_id)
    update tags set taggings_count = greatest(taggings_count - n.count, 0)
    from (select tag_id, count(*)::integer from gone group by tag_id) n where tags.id = n.tag_id`.execute(ctx.db)
  await detachFiles(ctx, { recordType: 'Contact', recordId: contact.id })
  await ctx.db.deleteFrom('contacts').where('id', '=', contact.id).execute()
}
