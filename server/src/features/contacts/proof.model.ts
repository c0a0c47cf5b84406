import type { Context, VisitorContext } from '../../context/context.ts'
import { inTransaction } from '../../context/transaction.ts'
import { runPrepared } from '../../db/prepared.ts'
import { NotAuthorizedError } from '../../http/errors.ts'
import { hmacHex, isSameText } from '../../lib/hmac.ts'
import type { ClientInbox } from '../../vocabulary/visitor.ts'
import { forgetClaim, makeGuests } from './claim.model.ts'
import { trustsClaims } from './claim.presenter.ts'
import type { ContactRecord } from './contact.record.ts'

export interface Proof {
  identifier?: string | null
  identifier_hash?: string | null
}

/** Refuses what is not proven where a proof is asked for or given. True where one was given and held. */
export function checkProof(inbox: ClientInbox, { identifier, identifier_hash: hash }: Proof): boolean {
  if (!hash?.trim() && !inbox.hmac_mandatory) return false
  const isRight = inbox.hmac_token && isSameText(hmacHex(inbox.hmac_token, identifier ?? ''), hash ?? '')
  if (!isRight) throw new NotAuthorizedError('HMAC failed: the identifier_hash does not prove this identifier')
  return true
}

/** What is proven about an identifier counts for the contact that has it. */
export const isAbout = ({ identifier }: Proof, contact: ContactRecord) =>
  Boolean(identifier) && contact.identifier === identifier

/** Whether an address leads to nobody without a proof: one of somebody else is left out then. */
export const needsProof = (ctx: Context, inbox: ClientInbox) => inbox.hmac_mandatory && !trustsClaims(ctx.app)

/** A proof is remembered when it holds and is one of this contact: it says nothing about others. */
export async function proveVisitor(ctx: VisitorContext, proof: Proof): Promise<void> {
  const { inbox, contact } = ctx.visitor
  if (checkProof(inbox, proof) && isAbout(proof, contact)) await markProven(ctx)
}

export async function markProven(ctx: VisitorContext): Promise<void> {
  const { visitor } = ctx
  const { contact, contact_inbox: place } = visitor
  if (place.hmac_verified) return
  await inTransaction(ctx, async () => {
    await makeGuests(ctx, contact.id, { claimed: contact.identifier!, owner: contact, except: place.id })
    await forgetClaim(ctx, place.id)
    await runPrepared(
      ctx.db,
      ctx.db
        .updateTable('contact_inboxes')
        .set({ hmac_verified: true, updated_at: ctx.app.now() })
        .where('id', '=', place.id),
    )
  })
  place.hmac_verified = true
  visitor.claim = null
}
