import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import { isDeepStrictEqual } from 'node:util'
import type { Changes } from '../../vocabulary/events.ts'
import type { AccountContext, Context } from '../../context/context.ts'
import { bagProblems, invalidField, lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { isHalfFull, TOO_LARGE } from '../../lib/bag.ts'
import { isEmail } from '../../lib/email.ts'
import { isE164End } from '../../lib/phone.ts'
import { iso } from '../../lib/times.ts'
import { companyOf } from '../companies/company.model.ts'
import { contactRowsBy } from './contact.query.ts'
import { contactRowJson, type ContactRecord, LEAD } from './contact.record.ts'
import { lockNames, type Lock } from '../../db/lock.ts'

export type { ContactRecord } from './contact.record.ts'

/** What a model may set on a contact. Bags replace the ones there are: merging is the caller's business. */
export interface ContactFields {
  name?: string | null
  middle_name?: string | null
  last_name?: string | null
  email?: string | null
  phone_number?: string | null
  identifier?: string | null
  blocked?: boolean | null
  additional_attributes?: Record<string, unknown> | null
  custom_attributes?: Record<string, unknown> | null
}

const VISITOR = 0
const JSON_COLUMNS = new Set(['additional_attributes', 'custom_attributes'])

/** A contact of the account in the path. */
export async function accessContact(ctx: AccountContext, id: number, lock: Lock = {}): Promise<ContactRecord> {
  const contact = await findContact(ctx, ctx.account.id, id, lock)
  if (!contact) throw new NotFoundError()
  return contact
}

export async function findContact(
  ctx: Context,
  accountId: number,
  id: number,
  { lock = false }: Lock = {},
): Promise<ContactRecord | undefined> {
  const [row] = await contactBy(lock)(ctx.db, { account_id: accountId, id })
  return row?.contact
}

const contactBy = contactRowsBy<{ account_id: number; id: number }>(
  (asked) => sql`ct.account_id = ${asked.account_id} and ct.id = ${asked.id}`,
)

export interface Identity {
  identifier?: string | null
  email?: string | null
  phone_number?: string | null
}

/** The contact with that identifier, else that e-mail, else that telephone number. */
export async function findContactByAny(
  ctx: Context,
  accountId: number,
  { identifier, email, phone_number }: Identity,
): Promise<ContactRecord | undefined> {
  if (!identifier && !email && !phone_number) return undefined
  const rows = await runPrepared(
    ctx.db,
    sql<{ contact: ContactRecord }>`
    select ${contactRowJson(sql`ct`)} as contact from (
      (select 1 as rank, id from contacts where account_id = ${accountId} and identifier = ${identifier || null}::text limit 1)
      union all
      (select 2, id from contacts where account_id = ${accountId} and lower(email) = ${email?.toLowerCase() || null}::text limit 1)
      union all
      (select 3, id from contacts where account_id = ${accountId} and phone_number = ${phone_number || null}::text limit 1)
    ) found join contacts ct on ct.id = found.id order by found.rank limit 1`,
  )
  return rows[0]?.contact
}

/**
 * Until the end of the transaction nobody else decides about these identities. Of many that arrive with the same one at
 * the same time, the first makes the contact and the others find it.
 */
export async function lockIdentities(
  ctx: Context,
  accountId: number,
  values: (string | null | undefined)[],
): Promise<void> {
  const names = values.filter(Boolean).map((value) => `contact ${accountId} ${value!.toLowerCase()}`)
  await lockNames(ctx.db, names)
}

/** `isFree`: the caller has locked the identities and found nobody with them. */
export async function createContact(
  ctx: Context,
  accountId: number,
  fields: ContactFields,
  { isFree = false }: { isFree?: boolean } = {},
): Promise<ContactRecord> {
  const row = settle({ ...BLANK, ...withoutUndefined(fields) })
  await checkContact(ctx, accountId, row, { isFree })
  const companyId = row.email ? await companyOf(ctx, accountId, row.email, row.additional_attributes) : null
  const now = ctx.app.now()
  const rows = await runPrepared(
    ctx.db,
    sql<{ contact: ContactRecord }>`
    with written as (
      insert into contacts (account_id, name, middle_name, last_name, email, phone_number, identifier, blocked,
        additional_attributes, custom_attributes, contact_type, location, country_code, company_id, created_at, updated_at)
      values (${accountId}, ${row.name}, ${row.middle_name}, ${row.last_name}, ${row.email}, ${row.phone_number},
        ${row.identifier}, ${row.blocked}, ${JSON.stringify(row.additional_attributes)}::jsonb,
        ${JSON.stringify(row.custom_attributes)}::jsonb, ${row.contact_type}, ${row.location}, ${row.country_code},
        ${companyId}, ${now}, ${now})
      returning *)
    select to_jsonb(written) || '{"label_list": []}' as contact from written`,
  )
  const { contact } = rows[0]!
  ctx.emit('contact.created', { account_id: accountId, contact_id: contact.id })
  return contact
}

/**
 * Writes what differs. It is always said, as Chatwoot says every save; webhooks hear of it only where something changed.
 * `labels` are told beside the columns. The record is brought up to date in place.
 */
export async function updateContact(
  ctx: Context,
  contact: ContactRecord,
  fields: ContactFields,
  { labels }: { labels?: [before: string[], after: string[]] } = {},
): Promise<Changes> {
  const before = contact as unknown as Record<string, unknown>
  const row = settle({ ...contact, ...withoutUndefined(fields) } as never) as unknown as Record<string, unknown>
  const set: Record<string, unknown> = {}
  const changes: Changes = {}
  for (const column of COLUMNS) {
    if (isDeepStrictEqual(before[column] ?? null, row[column] ?? null)) continue
    if (JSON_COLUMNS.has(column) && contact.is_oversized) throw invalidField(column, TOO_LARGE)
    set[column] = row[column]
    changes[column] = [before[column] ?? null, row[column] ?? null]
  }
  if (labels && !isDeepStrictEqual(...labels)) changes.label_list = labels
  if (Object.keys(changes).length) {
    await checkContact(ctx, contact.account_id, set as never, { id: contact.id, before: contact })
    const isFirstEmail = set.email && !before.email && contact.company_id === null
    const companyId = isFirstEmail
      ? await companyOf(
          ctx,
          contact.account_id,
          set.email as string,
          row.additional_attributes as Record<string, unknown>,
        )
      : null
    const updatedAt = ctx.app.now()
    const columns = Object.entries(set).map(([column, value]) => [
      column,
      JSON_COLUMNS.has(column) ? JSON.stringify(value) : value,
    ])
    await ctx.db
      .updateTable('contacts')
      .set({
        ...Object.fromEntries(columns),
        ...(companyId !== null && { company_id: companyId }),
        updated_at: updatedAt,
      })
      .where('id', '=', contact.id)
      .execute()
    changes.updated_at = [iso(contact.updated_at), iso(updatedAt)]
    Object.assign(contact, set, { updated_at: updatedAt }, companyId !== null && { company_id: companyId })
    if (labels) contact.label_list = labels[1]
  }
  ctx.emit('contact.updated', { account_id: contact.account_id, contact_id: contact.id, changes })
  return changes
}

/** The row that somebody has, or would have, by themselves, and what they say now. */
export function rowSaid(before: ContactRecord | null, fields: ContactFields, at: Date): ContactRecord {
  const now = at.toISOString()
  const blank = { id: 0, account_id: 0, company_id: null, last_activity_at: null, label_list: [], created_at: now }
  return {
    ...blank,
    ...before,
    ...settle({ ...BLANK, ...before, ...withoutUndefined(fields) } as never),
    updated_at: now,
  }
}

/** Keys of the old bag, overlaid by those of the new one at every depth. */
export function deepMerge(old: unknown, fresh: unknown): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...(isBag(old) && old) }
  for (const [key, value] of Object.entries(isBag(fresh) ? fresh : {})) {
    merged[key] = isBag(value) && isBag(merged[key]) ? deepMerge(merged[key], value) : value
  }
  return merged
}

/** A bag with what somebody adds who has only claimed that it is theirs. */
export function filledBag(own: unknown, added: unknown): Record<string, unknown> {
  const filled = deepMerge(added, own)
  return isHalfFull(filled) ? deepMerge(own, {}) : filled
}

const isBag = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The columns that settle each other, in the order in which they are told. */
const COLUMNS = [
  'name',
  'middle_name',
  'last_name',
  'email',
  'phone_number',
  'identifier',
  'blocked',
  'additional_attributes',
  'custom_attributes',
  'contact_type',
  'location',
  'country_code',
] as const

interface Settled {
  name: string | null
  middle_name: string | null
  last_name: string | null
  email: string | null
  phone_number: string | null
  identifier: string | null
  blocked: boolean
  additional_attributes: Record<string, unknown>
  custom_attributes: Record<string, unknown>
  contact_type: number
  location: string | null
  country_code: string | null
}

const BLANK: ContactFields & { contact_type: number } = {
  name: '',
  middle_name: '',
  last_name: '',
  email: null,
  phone_number: null,
  identifier: null,
  blocked: false,
  additional_attributes: {},
  custom_attributes: {},
  contact_type: VISITOR,
}

/** What one column says about another: who can be reached is a lead, and the address stands in two places. */
function settle(fields: ContactFields & { contact_type: number | null }): Settled {
  const additional = fields.additional_attributes ?? {}
  const email = fields.email?.trim() ? fields.email.toLowerCase() : null
  const reachable =
    email !== null ||
    Boolean(fields.phone_number?.trim()) ||
    Object.entries(additional).some(([key, value]) => key.startsWith('social_') && isPresent(value))
  const type = fields.contact_type ?? VISITOR
  return {
    name: fields.name ?? null,
    middle_name: fields.middle_name ?? null,
    last_name: fields.last_name ?? null,
    email,
    phone_number: fields.phone_number ?? null,
    identifier: fields.identifier ?? null,
    blocked: fields.blocked ?? false,
    additional_attributes: additional,
    custom_attributes: fields.custom_attributes ?? {},
    contact_type: type === VISITOR && reachable ? LEAD : type,
    location: textOf(additional.city),
    country_code: textOf(additional.country),
  }
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null

const isPresent = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)

const withoutUndefined = (fields: ContactFields): ContactFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const MAX_LENGTHS = { name: 255, email: 255, phone_number: 255, identifier: 255, middle_name: 255, last_name: 255 }

/** Throws one error that lists all that is wrong with the values given. */
export async function checkContact(
  ctx: Context,
  accountId: number,
  row: Partial<Settled>,
  { id = 0, isFree = false, before = {} }: { id?: number; isFree?: boolean; before?: Partial<ContactRecord> },
): Promise<void> {
  if (row.identifier === '' && (await isBlankTaken(ctx, accountId, id))) row.identifier = null
  const { email, identifier, phone_number: phone, additional_attributes, custom_attributes } = row
  const problems = [
    ...lengthProblems(row, MAX_LENGTHS),
    ...bagProblems({ additional_attributes, custom_attributes }, before),
  ]
  const taken = isFree ? NOTHING_TAKEN : await findTaken(ctx, accountId, { email, identifier, phone_number: phone }, id)
  if (taken.email) problems.push(['email', 'Email has already been taken'])
  if (email && !isEmail(email)) problems.push(['email', 'Email Invalid email'])
  if (taken.identifier) problems.push(['identifier', 'Identifier has already been taken'])
  if (taken.phone) problems.push(['phone_number', 'Phone number has already been taken'])
  if (phone?.trim() && !isE164End(phone)) problems.push(['phone_number', 'Phone number should be in e164 format'])
  if (problems.length) throw new RecordInvalidError(problems)
}

/** One contact of an account may keep an empty identifier as it was sent; those after it have none. */
async function isBlankTaken(ctx: Context, accountId: number, id: number): Promise<boolean> {
  await lockIdentities(ctx, accountId, ['blank identifier'])
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('contacts')
      .select('id')
      .where('account_id', '=', accountId)
      .where('identifier', '=', '')
      .where('id', '<>', id),
  )
  return rows.length > 0
}

const NOTHING_TAKEN = { email: false, identifier: false, phone: false }

export async function findTaken(
  ctx: Context,
  accountId: number,
  identity: Identity,
  id = 0,
): Promise<typeof NOTHING_TAKEN> {
  const { email, identifier, phone_number: phone } = identity
  if (!email && !identifier && !phone) return NOTHING_TAKEN
  await lockIdentities(ctx, accountId, [email, identifier, phone])
  const rows = await runPrepared(
    ctx.db,
    sql<typeof NOTHING_TAKEN>`
    select
      exists (select 1 from contacts where account_id = ${accountId} and id <> ${id}
        and lower(email) = ${email || null}::text) as email,
      exists (select 1 from contacts where account_id = ${accountId} and id <> ${id}
        and identifier = ${identifier || null}::text) as identifier,
      exists (select 1 from contacts where account_id = ${accountId} and id <> ${id}
        and phone_number = ${phone || null}::text) as phone`,
  )
  return rows[0]!
}
