import type { Services } from '../../context/context.ts'
import { iso } from '../../lib/times.ts'
import { featuresOf } from './account.features.ts'
import { ACCOUNT_STATUSES, type AccountRow, type CacheKeys } from './account.record.ts'
import { localeName } from '../../lib/locales.ts'

/** As the Platform API shows an account. */
export function presentPlatformAccount(app: Services, account: AccountRow) {
  return {
    id: account.id,
    name: account.name,
    locale: account.locale === null ? null : localeName(account.locale),
    domain: account.domain,
    support_email: account.support_email || app.config.mailerSender,
    features: featuresOf(account.feature_flags),
    custom_attributes: account.custom_attributes ?? {},
    limits: account.limits ?? {},
    status: ACCOUNT_STATUSES[account.status ?? 0] ?? 'active',
  }
}

const ALWAYS_SHOWN = ['plan_name', 'subscribed_quantity', 'subscription_status', 'subscription_ends_on']
const SHOWN_WHEN_SET = [
  'industry',
  'company_size',
  'timezone',
  'logo',
  'onboarding_step',
  'marked_for_deletion_at',
  'marked_for_deletion_reason',
]

/** As the members of an account see it. */
export function presentAccount(app: Services, account: AccountRow, cacheKeys: CacheKeys) {
  const custom = customAttributes(account.custom_attributes ?? {})
  return {
    settings: account.settings ?? {},
    created_at: iso(account.created_at),
    ...(custom && { custom_attributes: custom }),
    domain: account.domain,
    features: featuresOf(account.feature_flags),
    id: account.id,
    locale: account.locale === null ? null : localeName(account.locale),
    name: account.name,
    support_email: account.support_email || app.config.mailerSender,
    status: ACCOUNT_STATUSES[account.status ?? 0] ?? 'active',
    cache_keys: cacheKeys,
  }
}

function customAttributes(bag: Record<string, unknown>): Record<string, unknown> | undefined {
  if (!Object.keys(bag).length) return undefined
  const shown = SHOWN_WHEN_SET.filter((key) => bag[key] !== undefined && bag[key] !== null && bag[key] !== '')
  return Object.fromEntries([
    ...ALWAYS_SHOWN.map((key) => [key, bag[key] ?? null]),
    ...shown.map((key) => [key, bag[key]]),
  ])
}
