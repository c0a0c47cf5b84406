import { sql } from 'kysely'
import Type from 'typebox'
import { prepared, type Slots } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { humanize, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { LOCALES } from '../../lib/locales.ts'
import { isLonger } from '../../lib/text.ts'
import { DEFAULT_FLAGS, isFeature, withFeatures, type Feature } from './account.features.ts'
import { ACCOUNT_COLUMNS, ACCOUNT_STATUSES, type AccountBags, type AccountRow } from './account.record.ts'

/** Numbers whose language is no longer offered. */
const CLOSED: readonly string[] = ['hi', 'zh']
const OFFERED = LOCALES.filter((locale) => !CLOSED.includes(locale))
/** As a parameter: by name, or by number. */
export const Locale = Type.Unsafe<string>({
  type: 'string',
  enum: OFFERED,
  'x-values': OFFERED.map((locale) => LOCALES.indexOf(locale)),
})

export interface AccountFields {
  name?: string | null
  locale?: string | null
  domain?: string | null
  support_email?: string | null
  status?: (typeof ACCOUNT_STATUSES)[number] | null
  features?: Record<string, unknown> | null
  limits?: Record<string, unknown> | null
  custom_attributes?: Record<string, unknown> | null
  settings?: Record<string, unknown>
}

export async function loadAccount(ctx: Context, id: number): Promise<AccountRow> {
  const [account] = await loadAccounts(ctx, [id])
  if (!account) throw new NotFoundError()
  return account
}

/** In the order asked for. */
export function loadAccounts(ctx: Context, ids: number[]): Promise<AccountRow[]> {
  return accountsBy(ctx.db, { ids })
}

const FLAGS = sql<string>`feature_flags::text`.as('feature_flags')

const accountsBy = prepared((asked: Slots<{ ids: number[] }>, db) =>
  db
    .selectFrom('accounts')
    .select(ACCOUNT_COLUMNS)
    .$narrowType<AccountBags>()
    .select(FLAGS)
    .where('id', '=', sql<number>`any(${asked.ids}::integer[])`)
    .orderBy(sql`array_position(${asked.ids}::integer[], id)`),
)

export async function createAccount(ctx: Context, fields: AccountFields): Promise<AccountRow> {
  const columns = columnsOf(fields, String(DEFAULT_FLAGS))
  checkAccount(columns)
  const now = ctx.app.now()
  return ctx.db
    .insertInto('accounts')
    .values({
      name: columns.name!,
      locale: columns.locale ?? 0,
      domain: columns.domain ?? null,
      support_email: columns.support_email ?? null,
      feature_flags: columns.feature_flags!,
      limits: JSON.stringify(columns.limits ?? {}),
      custom_attributes: JSON.stringify(columns.custom_attributes ?? {}),
      settings: JSON.stringify(columns.settings ?? {}),
      status: columns.status ?? 0,
      created_at: now,
      updated_at: now,
    })
    .returning(ACCOUNT_COLUMNS)
    .$narrowType<AccountBags>()
    .returning(FLAGS)
    .executeTakeFirstOrThrow()
}

export async function updateAccount(ctx: Context, account: AccountRow, fields: AccountFields): Promise<AccountRow> {
  const next = { ...account, ...columnsOf(fields, account.feature_flags) }
  checkAccount(next)
  return ctx.db
    .updateTable('accounts')
    .set({
      name: next.name,
      locale: next.locale,
      domain: next.domain,
      support_email: next.support_email,
      feature_flags: next.feature_flags,
      limits: JSON.stringify(next.limits ?? {}),
      custom_attributes: JSON.stringify(next.custom_attributes ?? {}),
      settings: JSON.stringify(next.settings ?? {}),
      status: next.status,
      updated_at: ctx.app.now(),
    })
    .where('id', '=', account.id)
    .returning(ACCOUNT_COLUMNS)
    .$narrowType<AccountBags>()
    .returning(FLAGS)
    .executeTakeFirstOrThrow()
}

type Columns = Partial<Omit<AccountRow, 'id' | 'created_at' | 'updated_at'>>

function columnsOf(fields: AccountFields, flags: string): Columns {
  const { locale, status, features, ...same } = fields
  const given = Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined)) as Columns
  return {
    ...given,
    ...(locale !== undefined && { locale: localeNumber(locale) }),
    ...(status !== undefined && { status: ACCOUNT_STATUSES.indexOf(status ?? 'active') }),
    feature_flags: features ? withFeatures(flags, readFeatures(features)) : flags,
  }
}

const localeNumber = (locale: string | null): number | null =>
  locale === null ? null : LOCALES.indexOf(locale as (typeof LOCALES)[number])

/** What is neither false, null nor "" turns a feature on: the text "false" does too. */
function readFeatures(features: Record<string, unknown>): Record<Feature, boolean> {
  const wanted: Record<string, boolean> = {}
  for (const [name, value] of Object.entries(features)) {
    if (!isFeature(name)) throw new RecordInvalidError([['features', `Features : there is no feature called ${name}`]])
    wanted[name] = value !== false && value !== null && value !== ''
  }
  return wanted
}

const LIMITS = ['inboxes', 'agents', 'captain_responses', 'captain_documents', 'emails']
const MAX_SETTINGS_MINUTES = 1_439_856

function checkAccount(account: Columns): void {
  const problems: [string, string][] = []
  const tooLong = (field: 'name' | 'domain' | 'support_email', limit: number) => {
    if (isLonger(account[field], limit))
      problems.push([field, `${humanize(field)} is too long (maximum is ${limit} characters)`])
  }
  if (!account.name?.trim()) problems.push(['name', "Name can't be blank"])
  tooLong('name', 255)
  tooLong('domain', 100)
  // The column's limit; Chatwoot's check of all texts says 255 before the column is asked.
  tooLong('support_email', (account.support_email?.length ?? 0) > 255 ? 255 : 100)
  if (Object.keys(account.limits ?? {}).some((name) => !LIMITS.includes(name)))
    problems.push(['limits', 'Limits : Invalid data'])
  problems.push(...settingsProblems(account.settings ?? {}))
  if (problems.length) throw new RecordInvalidError(problems)
}

const SETTING_TYPES: Record<string, (value: unknown) => boolean> = {
  auto_resolve_after: (value) => typeof value === 'number' && Number.isInteger(value),
  auto_resolve_message: (value) => typeof value === 'string',
  auto_resolve_ignore_waiting: (value) => typeof value === 'boolean',
  auto_resolve_label: (value) => typeof value === 'string',
  audio_transcriptions: (value) => typeof value === 'boolean',
  conversation_required_attributes: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
}

function settingsProblems(settings: Record<string, unknown>): [string, string][] {
  return Object.entries(settings).flatMap(([name, value]): [string, string][] => {
    if (value === null) return []
    const label = humanize(name)
    // The words are Chatwoot's own.
    if (SETTING_TYPES[name] && !SETTING_TYPES[name](value)) return [[name, `${label} must be of type type`]]
    if (name !== 'auto_resolve_after') return []
    if ((value as number) < 10) return [[name, `${label} must be greater than or equal to 10`]]
    if ((value as number) > MAX_SETTINGS_MINUTES)
      return [[name, `${label} must be less than or equal to ${MAX_SETTINGS_MINUTES}`]]
    return []
  })
}
