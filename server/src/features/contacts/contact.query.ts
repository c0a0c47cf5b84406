import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { DB } from '../../db/schema.ts'
import type { AccountContext, Context } from '../../context/context.ts'
import { featuresOf } from '../accounts/account.features.ts'
import type { ContactPicture } from '../pictures/picture.types.ts'
import { ALONE, avatarJson, bagWithin, contactJson } from '../pictures/picture.sql.ts'
import type { AvatarBlob } from '../../vocabulary/caller.ts'
import { contactRowJson, LEAD, type ContactRecord } from './contact.record.ts'
import { runPrepared, type Slots, byForm, prepared } from '../../db/prepared.ts'
import type { Lock } from '../../db/lock.ts'

export interface InboxSlim {
  id: number
  channel_id: number
  name: string
  channel_type: string
  provider: string | null
  avatar: AvatarBlob | null
}

export interface ContactView extends ContactPicture {
  contact_inboxes: { source_id: string; inbox: InboxSlim }[] | null
}

/** An inbox by its alias `i`, as other answers show it. */
export const INBOX_SLIM_JSON = sql`json_build_object('id', i.id, 'channel_id', i.channel_id, 'name', i.name,
  'channel_type', i.channel_type, 'avatar', ${avatarJson('Inbox', sql`i.id`)}, 'provider', case i.channel_type
    when 'Channel::Whatsapp' then (select w.provider from channel_whatsapp w where w.id = i.channel_id)
    when 'Channel::Email' then (select e.provider from channel_email e where e.id = i.channel_id)
    when 'Channel::Sms' then (select s.provider from channel_sms s where s.id = i.channel_id) end)`

const INBOXES_JSON = sql`(select json_agg(json_build_object('source_id', ci.source_id, 'inbox', ${INBOX_SLIM_JSON}) order by ci.id)
  from contact_inboxes ci join inboxes i on i.id = ci.inbox_id where ci.contact_id = ct.id)`

/** In bytes: all that attributes may come to, written with spaces. */
const LISTED = 128 * 1024

/** Those that lists show, over `ct`: with an e-mail, a telephone number or an identifier; leads, where the account has `crm_v2`. */
export function isResolved(ctx: AccountContext): RawBuilder<boolean> {
  return hasTypes(ctx)
    ? sql`ct.contact_type = ${LEAD}`
    : sql`(ct.email <> '' or ct.phone_number <> '' or ct.identifier <> '')`
}

export const hasTypes = (ctx: AccountContext): boolean => featuresOf(ctx.account.feature_flags).crm_v2

/** One statement, however many contacts a condition over `ct` finds. */
export async function selectContacts(
  db: Kysely<DB>,
  where: RawBuilder<unknown>,
  {
    inboxes = true,
    most = LISTED,
    orderAndLimit = sql``,
  }: { inboxes?: boolean; most?: number; orderAndLimit?: RawBuilder<unknown> } = {},
): Promise<ContactView[]> {
  return runPrepared(
    db,
    sql<ContactView>`
    select ct.id, ct.name, ct.email, ct.phone_number, ct.identifier, ct.blocked,
      ${bagWithin(most, sql`ct.additional_attributes`)} as additional_attributes,
      ${bagWithin(most, sql`ct.custom_attributes`)} as custom_attributes, ct.last_activity_at, ct.created_at, ct.account_id,
      ${avatarJson('Contact', sql`ct.id`)} as avatar, ${inboxes ? INBOXES_JSON : sql`null`} as contact_inboxes
    from contacts ct where ${where} ${orderAndLimit}`,
  )
}

export async function findContactView(
  ctx: AccountContext,
  id: number,
  inboxes = true,
): Promise<ContactView | undefined> {
  return (
    await selectContacts(ctx.db, sql`ct.account_id = ${ctx.account.id} and ct.id = ${id}`, { inboxes, most: ALONE })
  )[0]
}

/** What pushes and webhooks show of a contact. */
export async function contactPicture(ctx: Context, id: number): Promise<ContactPicture | undefined> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ picture: ContactPicture | null }>`select ${contactJson(sql`${id}::integer`)} as picture`,
  )
  return rows[0]?.picture ?? undefined
}

/** For models that know the contact from a record of theirs. */
export async function loadContactRow(
  ctx: Context,
  id: number,
  { lock = false }: Lock = {},
): Promise<ContactRecord | undefined> {
  const [row] = await rowById(lock)(ctx.db, { id })
  return row?.contact
}

const rowById = contactRowsBy<{ id: number }>((asked) => sql`ct.id = ${asked.id}`)

/** A prepared statement for those that a condition over `ct` finds, without and with a lock on their rows. */
export function contactRowsBy<Values extends object>(where: (asked: Slots<Values>) => RawBuilder<unknown>) {
  return byForm((lock: boolean) =>
    prepared<Values, { contact: ContactRecord }>(
      (asked) => sql`
        select ${contactRowJson(sql`ct`)} as contact from contacts ct where ${where(asked)} ${lock ? sql`for update of ct` : sql``}`,
    ),
  )
}
