import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { runPrepared } from '../../db/prepared.ts'
import { translate } from '../../lib/translate.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { trustsClaims } from './claim.presenter.ts'
import { contactRowJson, type ContactRecord } from './contact.record.ts'

/** Conversations that tell of a claim; the visitors of one contact hardly have more. */
const MOST_TOLD = 100

interface Guests {
  /** What they said to be the contact: an e-mail address, a telephone number or an identifier. */
  claimed: string
  /** Who they said to be. */
  owner: ContactRecord
  /** A contact inbox that is none of theirs. */
  except?: number
}

/**
 * Sets those visitors of a contact apart who have not proven to be it: each is shown from here on what they have seen of it until now
 * and what they say themselves.
 */
export async function setApart(ctx: Context, contactId: number): Promise<void> {
  if (!trustsClaims(ctx.app)) await runPrepared(ctx.db, insertClaims(contactId, null, 0))
}

/** The same, and they also change nothing more that the contact holds; agents read in their conversations that they only said so. */
export async function makeGuests(
  ctx: Context,
  contactId: number,
  { claimed, owner, except = 0 }: Guests,
): Promise<void> {
  if (trustsClaims(ctx.app)) return
  const guests = await runPrepared(ctx.db, insertClaims(contactId, claimed, except))
  if (!guests.length) return
  const conversations = await runPrepared(
    ctx.db,
    sql<{ id: number; account_locale: number | null }>`
    select c.id, a.locale as account_locale from conversations c join accounts a on a.id = c.account_id
    where c.contact_inbox_id = any(${guests.map(({ id }) => id)}::bigint[]) order by c.id desc limit ${MOST_TOLD}`,
  )
  for (const conversation of conversations) tellClaim(ctx, { ...conversation, contact_name: owner.name }, claimed)
}

const insertClaims = (contactId: number, claimed: string | null, except: number) => sql<{ id: number }>`
  insert into parley.claims as known (contact_inbox_id, said, claimed)
  select ci.id, ${contactRowJson(sql`ct`)}, ${claimed} from contact_inboxes ci join contacts ct on ct.id = ci.contact_id
  where ci.contact_id = ${contactId} and ci.id <> ${except} and not coalesce(ci.hmac_verified, false)
    and not exists (select 1 from parley.proofs p where p.contact_inbox_id = ci.id)
  on conflict (contact_inbox_id) do update set claimed = excluded.claimed
    where known.claimed is null and excluded.claimed is not null
  returning contact_inbox_id as id`

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
