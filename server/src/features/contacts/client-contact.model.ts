import { sql } from 'kysely'
import type { ClientContext, Context } from '../../context/context.ts'
import { invalidField } from '../../http/errors.ts'
import { randomName } from '../../lib/random-name.ts'
import { fetchAvatarLater } from './avatar.model.ts'
import { keepClaim, makeGuests } from './claim.model.ts'
import { shownTo, trustsClaims } from './claim.presenter.ts'
import { CLAIM_JSON } from './client.model.ts'
import type { Claim, ClientInbox, Visitor } from '../../vocabulary/visitor.ts'
import { createContactInbox } from './contact-inbox.model.ts'
import {
  createContact,
  findContactByAny,
  findTaken,
  lockIdentities,
  rowSaid,
  type ContactFields,
  type ContactRecord,
} from './contact.model.ts'
import { contactRowJson } from './contact.record.ts'
import { checkProof, isAbout, needsProof, type Proof } from './proof.model.ts'
import { runPrepared } from '../../db/prepared.ts'

export interface ClientContactFields extends Proof {
  source_id?: string | null
  name?: string | null
  email?: string | null
  phone_number?: string | null
  avatar_url?: string | null
  custom_attributes?: Record<string, unknown> | null
}

type Arrival = Pick<Visitor, 'contact' | 'contact_inbox' | 'claim'>

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
  const { contact, isKnown } = await findOrCreate(ctx, inbox, fields)
  const place = await createContactInbox(ctx, {
    contactId: contact.id,
    inboxId: inbox.id,
    channelType: inbox.channel_type,
    ...(sourceId !== undefined && { sourceId }),
  })
  // The e-mail address may have led to somebody else.
  const isProven = hasProof && isAbout(fields, contact)
  if (isProven) await runPrepared(ctx.db, ctx.db.insertInto('parley.proofs').values({ contact_inbox_id: place.id }))
  if (isProven && isKnown) await makeGuests(ctx, contact.id, { claimed: contact.identifier!, owner: contact })
  const claim = isKnown && !isProven && !trustsClaims(ctx.app) ? claimOf(ctx, contact, fields) : null
  if (claim) await keepClaim(ctx, place.id, claim)
  return { contact, contact_inbox: place, claim }
}

function claimOf(ctx: Context, contact: ContactRecord, fields: ClientContactFields): Claim {
  const { identifier, email, phone_number: phone } = fields
  const isByEmail = email && contact.email?.toLowerCase() === email.toLowerCase()
  return {
    said: rowSaid(null, newContactOf(fields), ctx.app.now()),
    claimed: (isAbout(fields, contact) ? identifier : isByEmail ? email : phone) ?? null,
  }
}

async function findArrival(ctx: Context, inbox: ClientInbox, sourceId: string): Promise<Arrival | undefined> {
  const rows = await runPrepared(
    ctx.db,
    sql<Arrival>`
    select to_jsonb(ci) as contact_inbox, ${contactRowJson(sql`ct`)} as contact,
      ${CLAIM_JSON} as claim
    from contact_inboxes ci join contacts ct on ct.id = ci.contact_id
    where ci.inbox_id = ${inbox.id} and ci.source_id = ${sourceId}`,
  )
  return rows[0]
}

async function findOrCreate(
  ctx: Context,
  inbox: ClientInbox,
  fields: ClientContactFields,
): Promise<{ contact: ContactRecord; isKnown: boolean }> {
  const { account_id: accountId } = inbox
  const { identifier } = fields
  const isStrict = needsProof(ctx, inbox)
  const known = await findContactByAny(ctx, accountId, isStrict ? { identifier } : fields)
  if (known) {
    fetchAvatarLater(ctx, known, fields.avatar_url, { unlessThere: true })
    return { contact: known, isKnown: true }
  }
  const wanted = newContactOf(fields)
  if (isStrict) {
    const taken = await findTaken(ctx, accountId, { email: fields.email, phone_number: fields.phone_number })
    if (taken.email) wanted.email = null
    if (taken.phone) wanted.phone_number = null
  }
  const contact = await createContact(ctx, accountId, wanted, { isFree: true })
  fetchAvatarLater(ctx, contact, fields.avatar_url)
  return { contact, isKnown: false }
}

const newContactOf = (fields: ClientContactFields): ContactFields => ({
  name: fields.name ?? randomName(),
  identifier: fields.identifier ?? null,
  email: fields.email ?? null,
  phone_number: fields.phone_number ?? null,
  custom_attributes: fields.custom_attributes ?? {},
})

export function presentArrival(ctx: Context, { contact, contact_inbox: place, claim }: Arrival) {
  const shown = shownTo(ctx.app, claim, contact)
  return {
    source_id: place.source_id,
    pubsub_token: place.pubsub_token,
    id: shown.id,
    name: shown.name,
    email: shown.email,
    phone_number: shown.phone_number,
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
