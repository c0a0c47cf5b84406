import { sql } from 'kysely'
import type { ClientContext, Context, VisitorContext } from '../../context/context.ts'
import { invalidField, NotAuthorizedError } from '../../http/errors.ts'
import { hmacHex, isSameText } from '../../lib/hmac.ts'
import { randomName } from '../../lib/random-name.ts'
import { fetchAvatarLater } from './avatar.model.ts'
import { accessVisitor } from './client.model.ts'
import type { ClientInbox, Visitor, ContactInboxRecord } from '../../vocabulary/visitor.ts'
import { createContactInbox } from './contact-inbox.model.ts'
import { mergeContacts } from './contact-merge.model.ts'
import {
  createContact,
  deepMerge,
  findContact,
  findContactByAny,
  lockIdentities,
  updateContact,
  type ContactFields,
  type ContactRecord,
} from './contact.model.ts'
import { contactRowJson } from './contact.record.ts'
import { runPrepared } from '../../db/prepared.ts'

export interface Proof {
  identifier?: string | null
  identifier_hash?: string | null
}

export interface ClientContactFields extends Proof {
  source_id?: string | null
  name?: string | null
  email?: string | null
  phone_number?: string | null
  avatar_url?: string | null
  custom_attributes?: Record<string, unknown> | null
}

type Arrival = Pick<Visitor, 'contact' | 'contact_inbox'>

/** Refuses what is not proven where a proof is asked for or given. True where one was given and held. */
function checkProof(inbox: ClientInbox, { identifier, identifier_hash: hash }: Proof): boolean {
  if (!hash?.trim() && !inbox.hmac_mandatory) return false
  const isRight = inbox.hmac_token && isSameText(hmacHex(inbox.hmac_token, identifier ?? ''), hash ?? '')
  if (!isRight) throw new NotAuthorizedError('HMAC failed: the identifier_hash does not prove this identifier')
  return true
}

/**
 * A visitor arrives: known by the source id, else by identifier, e-mail or telephone number, else new. Who is known
 * is never changed by this.
 */
export async function arrive(ctx: ClientContext, fields: ClientContactFields): Promise<Arrival> {
  const { clientInbox: inbox } = ctx
  const hasProof = checkProof(inbox, fields)
  if (fields.source_id !== undefined && fields.source_id !== null && !fields.source_id.trim()) {
    throw invalidField('source_id', "can't be blank")
  }
  const sourceId = fields.source_id ?? undefined
  await lockIdentities(ctx, inbox.account_id, [
    sourceId && `source ${inbox.id} ${sourceId}`,
    fields.identifier,
    fields.email,
    fields.phone_number,
  ])
  const there = sourceId === undefined ? undefined : await findArrival(ctx, inbox, sourceId)
  if (there) return there
  const contact = await findOrCreate(ctx, inbox, fields)
  const place = await createContactInbox(ctx, {
    contactId: contact.id,
    inboxId: inbox.id,
    channelType: inbox.channel_type,
    ...(sourceId !== undefined && { sourceId }),
  })
  // The e-mail address may have led to somebody else.
  if (hasProof && contact.identifier === fields.identifier)
    await runPrepared(ctx.db, ctx.db.insertInto('parley.proofs').values({ contact_inbox_id: place.id }))
  return { contact, contact_inbox: place }
}

async function findArrival(ctx: Context, inbox: ClientInbox, sourceId: string): Promise<Arrival | undefined> {
  const rows = await runPrepared(
    ctx.db,
    sql<Arrival>`
    select to_jsonb(ci) as contact_inbox, ${contactRowJson(sql`ct`)} as contact
    from contact_inboxes ci join contacts ct on ct.id = ci.contact_id
    where ci.inbox_id = ${inbox.id} and ci.source_id = ${sourceId}`,
  )
  return rows[0]
}

async function findOrCreate(ctx: Context, inbox: ClientInbox, fields: ClientContactFields): Promise<ContactRecord> {
  const known = await findContactByAny(ctx, inbox.account_id, fields)
  if (known) {
    fetchAvatarLater(ctx, known, fields.avatar_url, { unlessThere: true })
    return known
  }
  const contact = await createContact(
    ctx,
    inbox.account_id,
    {
      name: fields.name ?? randomName(),
      identifier: fields.identifier ?? null,
      email: fields.email ?? null,
      phone_number: fields.phone_number ?? null,
      custom_attributes: fields.custom_attributes ?? {},
    },
    { isFree: true },
  )
  fetchAvatarLater(ctx, contact, fields.avatar_url)
  return contact
}

/** The visitor, whose proof is remembered when it holds and is one of this contact: it says nothing about others. */
export async function proveVisitor(ctx: VisitorContext, proof: Proof): Promise<Visitor> {
  const { visitor } = ctx
  const isProven = checkProof(visitor.inbox, proof) && visitor.contact.identifier === proof.identifier
  if (isProven && !visitor.contact_inbox.hmac_verified) {
    await runPrepared(
      ctx.db,
      ctx.db
        .updateTable('contact_inboxes')
        .set({ hmac_verified: true, updated_at: ctx.app.now() })
        .where('id', '=', visitor.contact_inbox.id),
    )
    visitor.contact_inbox.hmac_verified = true
  }
  return visitor
}

/** Says who a visitor is. Who already has that e-mail or telephone number is the same person: the two become one. */
export async function identify(
  ctx: Context,
  { inbox, contact_inbox: place, contact: seen }: Visitor,
  fields: ClientContactFields,
): Promise<ContactRecord> {
  await lockIdentities(ctx, inbox.account_id, [fields.email, fields.phone_number])
  const still = await findContact(ctx, inbox.account_id, seen.id, { lock: true })
  let contact = still ?? (await accessVisitor(ctx, inbox.identifier, place.source_id, { lock: true })).contact
  const { email, phone_number: phone } = fields
  const wanted: ContactFields = {
    ...(fields.name?.trim() && { name: fields.name }),
    ...(email?.trim() && { email }),
    ...(phone?.trim() && { phone_number: phone }),
  }
  if (wanted.email) {
    const owner = await findContactByAny(ctx, inbox.account_id, { email: wanted.email })
    if (owner && owner.id !== contact.id) contact = await mergeInto(ctx, owner, contact)
  }
  if (wanted.phone_number) {
    const owner = await findContactByAny(ctx, inbox.account_id, { phone_number: wanted.phone_number })
    const isSomebodyElse = wanted.email && owner?.email && owner.email !== wanted.email.toLowerCase()
    if (owner && owner.id !== contact.id) {
      if (isSomebodyElse) delete wanted.phone_number
      else contact = await mergeInto(ctx, owner, contact)
    }
  }
  if (fields.custom_attributes)
    wanted.custom_attributes = deepMerge(contact.custom_attributes, fields.custom_attributes)
  await updateContact(ctx, contact, wanted)
  fetchAvatarLater(ctx, contact, fields.avatar_url)
  return contact
}

/** Whoever only says an address of somebody has proven nothing about them, whatever they proved about themselves. */
async function mergeInto(ctx: Context, owner: ContactRecord, contact: ContactRecord): Promise<ContactRecord> {
  const locked = await findContact(ctx, owner.account_id, owner.id, { lock: true })
  if (!locked) return contact
  if (locked.identifier !== contact.identifier) {
    await runPrepared(
      ctx.db,
      sql`with places as (update contact_inboxes set hmac_verified = false where contact_id = ${contact.id} returning id)
      delete from parley.proofs where contact_inbox_id in (select id from places)`,
    )
  }
  return mergeContacts(ctx, locked, contact)
}

export function presentArrival({
  contact,
  contact_inbox: place,
}: {
  contact: ContactRecord
  contact_inbox: ContactInboxRecord
}) {
  return {
    source_id: place.source_id,
    pubsub_token: place.pubsub_token,
    id: contact.id,
    name: contact.name,
    email: contact.email,
    phone_number: contact.phone_number,
  }
}

export async function showClientInbox(ctx: ClientContext) {
  const { clientInbox: inbox } = ctx
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('working_hours')
      .select([
        'day_of_week',
        sql<boolean>`coalesce(closed_all_day, false)`.as('closed_all_day'),
        'open_hour',
        'open_minutes',
        'close_hour',
        'close_minutes',
        sql<boolean>`coalesce(open_all_day, false)`.as('open_all_day'),
      ])
      .where('inbox_id', '=', inbox.id)
      .orderBy('day_of_week')
      .orderBy('id'),
  )
  return {
    identifier: inbox.identifier,
    identity_validation_enabled: inbox.hmac_mandatory,
    name: inbox.name,
    timezone: inbox.timezone,
    working_hours: rows,
    working_hours_enabled: inbox.working_hours_enabled,
    csat_survey_enabled: inbox.csat_survey_enabled,
    greeting_enabled: inbox.greeting_enabled,
  }
}
