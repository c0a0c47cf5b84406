import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'

/** Where people have private addresses: no company is behind them. */
const MAIL_PROVIDERS = new Set([
  'gmail.com',
  'googlemail.com',
  'yahoo.com',
  'ymail.com',
  'rocketmail.com',
  'outlook.com',
  'hotmail.com',
  'live.com',
  'msn.com',
  'icloud.com',
  'me.com',
  'mac.com',
  'aol.com',
  'proton.me',
  'protonmail.com',
  'pm.me',
  'gmx.com',
  'gmx.de',
  'gmx.net',
  'web.de',
  't-online.de',
  'mail.com',
  'mail.ru',
  'yandex.ru',
  'yandex.com',
  'qq.com',
  '163.com',
  '126.com',
  'naver.com',
  'zoho.com',
  'fastmail.com',
  'hey.com',
  'tutanota.com',
  'orange.fr',
  'free.fr',
  'laposte.net',
  'libero.it',
  'comcast.net',
  'mailinator.com',
  'guerrillamail.com',
  'yopmail.com',
])

/** The company of a business address, found by its domain or made, with one contact more. Null for a private address. */
export async function joinCompany(
  ctx: Context,
  accountId: number,
  email: string,
  additionalAttributes: Record<string, unknown>,
): Promise<number | null> {
  const domain = email.slice(email.lastIndexOf('@') + 1)
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain) || isMailProvider(domain)) return null
  const given = additionalAttributes.company_name
  const name = (typeof given === 'string' && given.trim()) || nameOf(domain)
  const now = ctx.app.now()
  const { rows } = await sql<{ id: number }>`
    insert into companies (account_id, domain, name, contacts_count, created_at, updated_at)
    values (${accountId}, ${domain}, ${name.slice(0, 255)}, 1, ${now}, ${now})
    on conflict (account_id, domain) where domain is not null
      do update set contacts_count = coalesce(companies.contacts_count, 0) + 1
    returning id`.execute(ctx.db)
  return rows[0]!.id
}

/** A contact of the company is gone. */
export async function leaveCompany(ctx: Context, companyId: number | null): Promise<void> {
  if (companyId === null) return
  await sql`update companies set contacts_count = greatest(coalesce(contacts_count, 0) - 1, 0) where id = ${companyId}`.execute(
    ctx.db,
  )
}

/** National branches of a provider count as it: yahoo.co.uk, hotmail.fr. */
function isMailProvider(domain: string): boolean {
  return MAIL_PROVIDERS.has(domain) || /^(yahoo|hotmail|outlook|live|gmx|yandex)\.[a-z.]+$/.test(domain)
}

/** `acme-tools.example` → `Acme Tools`. */
function nameOf(domain: string): string {
  const words = domain.split('.')[0]!.split(/[-_]+/).filter(Boolean)
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ') || domain
}
