import { sql } from 'kysely'
import { isDeepStrictEqual } from 'node:util'
import type { VisitorContext } from '../../context/context.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { fetchAvatarLater } from './avatar.model.ts'
import { findClaim, keepClaim, makeGuests, setApart } from './claim.model.ts'
import { shownTo, trustsClaims } from './claim.presenter.ts'
import type { ClientContactFields } from './client-contact.model.ts'
import { accessVisitor } from './client.model.ts'
import { mergeContacts } from './contact-merge.model.ts'
import {
  checkContact,
  deepMerge,
  filledBag,
  findContact,
  findContactByAny,
  lockIdentities,
  rowSaid,
  updateContact,
  type ContactFields,
  type ContactRecord,
} from './contact.model.ts'
import { checkProof, isAbout, markProven, needsProof } from './proof.model.ts'

type Said = Partial<Record<'name' | 'email' | 'phone_number', string>>

const ADDRESSES = ['email', 'phone_number'] as const

/**
 * Says who a visitor is. Who already has that e-mail or telephone number is the same person: the two become one. Unless a server
 * vouches for that, it shows the visitor nothing and changes nothing that is there.
 */
export async function identify(ctx: VisitorContext, fields: ClientContactFields): Promise<ContactRecord> {
  const { inbox, contact_inbox: place } = ctx.visitor
  await lockIdentities(ctx, inbox.account_id, [fields.email, fields.phone_number])
  const visitor = await accessVisitor(ctx, inbox, place.source_id, { lock: true })
  // In a statement of its own, after the lock: it may just have been written.
  visitor.claim = await findClaim(ctx, place.id)
  Object.assign(ctx, { visitor })
  const isVouchedFor = (owner: ContactRecord) => checkProof(inbox, fields) && isAbout(fields, owner)
  const isGuest = () => visitor.claim !== null && visitor.claim.claimed !== null && !trustsClaims(ctx.app)
  const said: Said = {
    ...(fields.name?.trim() && { name: fields.name }),
    ...(fields.email?.trim() && { email: fields.email }),
    ...(fields.phone_number?.trim() && { phone_number: fields.phone_number }),
  }
  const wanted = { ...said }
  for (const key of ADDRESSES) {
    if (!wanted[key]) continue
    const owner = await findContactByAny(ctx, inbox.account_id, { [key]: wanted[key] })
    if (!owner || owner.id === visitor.contact.id) continue
    const isOfAnother =
      key === 'phone_number' && wanted.email && owner.email && owner.email !== wanted.email.toLowerCase()
    const isVouched = isVouchedFor(owner)
    if (isOfAnother || (!isVouched && (needsProof(ctx, inbox) || isGuest()))) delete wanted[key]
    else await become(ctx, owner, { claimed: wanted[key], isVouched: isVouched || trustsClaims(ctx.app) })
  }
  if (isVouchedFor(visitor.contact)) await markProven(ctx)
  if (visitor.claim && !trustsClaims(ctx.app)) await sayMore(ctx, visitor.claim, said, fields)
  await (isGuest() ? fillBlanks(ctx, wanted, fields) : change(ctx, wanted, fields))
  return shownTo(ctx.app, visitor.claim, visitor.contact)
}

/** Whoever only says an address of somebody has proven nothing about them, whatever they proved about themselves. */
async function become(
  ctx: VisitorContext,
  owner: ContactRecord,
  { claimed, isVouched }: { claimed: string; isVouched: boolean },
): Promise<void> {
  const { visitor } = ctx
  const { contact, contact_inbox: place } = visitor
  const locked = await findContact(ctx, owner.account_id, owner.id, { lock: true })
  if (!locked) return
  await runPrepared(
    ctx.db,
    sql`with places as (update contact_inboxes set hmac_verified = false where contact_id = ${contact.id} returning id)
    delete from parley.proofs where contact_inbox_id in (select id from places)`,
  )
  place.hmac_verified = false
  await setApart(ctx, locked.id)
  await makeGuests(ctx, contact.id, { claimed, owner: locked, ...(isVouched && { except: place.id }) })
  visitor.contact = await mergeContacts(ctx, locked, contact, { isVouched })
  visitor.claim = await findClaim(ctx, place.id)
}

async function sayMore(
  ctx: VisitorContext,
  { said: before, claimed }: Claim,
  said: Said,
  { custom_attributes: custom }: ClientContactFields,
): Promise<void> {
  const { visitor } = ctx
  const more = { ...said, custom_attributes: deepMerge(before.custom_attributes, custom) }
  await checkContact(ctx, visitor.inbox.account_id, more, { isFree: true, before })
  visitor.claim = { said: rowSaid(before, more, ctx.app.now()), claimed }
  await keepClaim(ctx, visitor.contact_inbox.id, visitor.claim)
}

async function change(ctx: VisitorContext, wanted: Said, fields: ClientContactFields): Promise<void> {
  const { contact } = ctx.visitor
  const { custom_attributes: custom, avatar_url: url } = fields
  await updateContact(ctx, contact, {
    ...wanted,
    ...(custom && { custom_attributes: deepMerge(contact.custom_attributes, custom) }),
  })
  fetchAvatarLater(ctx, contact, url)
}

/** Those who are there already do not see what another one says. */
async function fillBlanks(ctx: VisitorContext, wanted: Said, fields: ClientContactFields): Promise<void> {
  const { contact } = ctx.visitor
  const custom = filledBag(contact.custom_attributes, fields.custom_attributes)
  const blanks: ContactFields = {
    ...(!contact.name?.trim() && wanted.name && { name: wanted.name }),
    ...(!contact.email?.trim() && wanted.email && { email: wanted.email }),
    ...(!contact.phone_number?.trim() && wanted.phone_number && { phone_number: wanted.phone_number }),
    ...(!isDeepStrictEqual(custom, contact.custom_attributes ?? {}) && { custom_attributes: custom }),
  }
  if (Object.keys(blanks).length) await setApart(ctx, contact.id)
  await updateContact(ctx, contact, blanks)
  fetchAvatarLater(ctx, contact, fields.avatar_url, { unlessThere: true })
}
