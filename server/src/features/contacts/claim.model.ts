import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { runPrepared } from '../../db/prepared.ts'
import { translate } from '../../lib/translate.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { trustsClaims } from './claim.presenter.ts'
import { contactRowJson, type ContactRecord } from './contact.record.ts'

/** Conversations of one visitor that tell of a claim; who has more is no visitor. */
const MOST_TOLD = 100

/**
 * Sets those visitors of a contact apart who have not proven to be it: each is shown from here on what they have seen of it until now
 * and what they say themselves. With `claimed` they also change nothing more that the contact holds.
 */
export async function setApart(
  ctx: Context,
  contactId: number,
  { claimed, except = 0 }: { claimed: string | null; except?: number },
): Promise<void> {
  if (trustsClaims(ctx.app)) return
  await runPrepared(
    ctx.db,
    sql`
    insert into parley.claims as known (contact_inbox_id, said, claimed)
    select ci.id, ${contactRowJson(sql`ct`)}, ${claimed} from contact_inboxes ci join contacts ct on ct.id = ci.contact_id
    where ci.contact_id = ${contactId} and ci.id <> ${except} and not coalesce(ci.hmac_verified, false)
      and not exists (select 1 from parley.proofs p where p.contact_inbox_id = ci.id)
    on conflict (contact_inbox_id) do update set claimed = excluded.claimed
      where known.claimed is null and excluded.claimed is not null`,
  )
}

/** What the visitor of a contact inbox says, in the place of what they said before. */
export async function keepClaim(ctx: Context, placeId: number, { said, claimed }: Claim): Promise<void> {
  await runPrepared(
    ctx.db,
    sql`insert into parley.claims (contact_inbox_id, said, claimed) values (${placeId}, ${JSON.stringify(said)}, ${claimed})
      on conflict (contact_inbox_id) do update set said = excluded.said`,
  )
}

export async function findClaim(ctx: Context, placeId: number): Promise<Claim | null> {
  const [claim] = await runPrepared(
    ctx.db,
    sql<Claim>`select said, claimed from parley.claims where contact_inbox_id = ${placeId}`,
  )
  return claim ?? null
}

export async function forgetClaim(ctx: Context, placeId: number): Promise<void> {
  await runPrepared(ctx.db, ctx.db.deleteFrom('parley.claims').where('contact_inbox_id', '=', placeId))
}

/** Agents read in the conversations of a visitor that what made them one with somebody was only said. */
export async function tellClaims(
  ctx: Context,
  visitor: { id: number; locale: number | null },
  claimed: string,
  owner: ContactRecord,
): Promise<void> {
  const conversations = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('conversations')
      .select('id')
      .where('contact_id', '=', visitor.id)
      .orderBy('id', 'desc')
      .limit(MOST_TOLD),
  )
  for (const { id } of conversations)
    tellClaim(ctx, { id, account_locale: visitor.locale, contact_name: owner.name }, claimed)
}

export function tellClaim(
  ctx: Context,
  conversation: { id: number; account_locale: number | null; contact_name: string | null },
  claimed: string,
): void {
  ctx.later('conversations.write_activity', {
    conversation_id: conversation.id,
    content: translate(conversation.account_locale, 'activity.claimed', {
      claimed,
      contact: conversation.contact_name || claimed,
    }),
  })
}
