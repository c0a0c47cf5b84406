import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'

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

/** The company of a business address, found by its domain or made. Null for a private address. */
export async function companyOf(
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
  const find = () =>
    sql<{ id: number }>`
    with found as (select id from companies where account_id = ${accountId} and domain = ${domain}),
    made as (
      insert into companies (account_id, domain, name, contacts_count, created_at, updated_at)
      select ${accountId}, ${domain}, ${name.slice(0, 255)}, 0, ${now}::timestamp, ${now}::timestamp where not exists (select 1 from found)
      on conflict (account_id, domain) where domain is not null do nothing returning id)
    select id from found union all select id from made`.execute(ctx.db)
  // Nothing: another request made it in this very moment, and now it can be seen.
  const { rows } = await find()
  return (rows[0] ?? (await find()).rows[0])?.id ?? null
}

/** Done by the clock: counting at every contact would make all contacts of one company wait for each other. */
export async function recountCompanies(ctx: Context): Promise<void> {
  await sql`update companies set contacts_count = n.count
    from (select c.id, count(ct.id)::integer as count from companies c left join contacts ct on ct.company_id = c.id group by c.id) n
    where companies.id = n.id and companies.contacts_count is distinct from n.count`.execute(ctx.db)
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
