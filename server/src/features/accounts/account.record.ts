import type { CachedModel } from '../../vocabulary/events.ts'
export const ACCOUNT_STATUSES = ['active', 'suspended'] as const

export interface AccountRow {
  id: number
  name: string
  locale: number | null
  domain: string | null
  support_email: string | null
  /** As text: see account.features.ts. */
  feature_flags: string
  limits: Record<string, unknown> | null
  custom_attributes: Record<string, any> | null
  settings: Record<string, any> | null
  status: number | null
  created_at: Date
  updated_at: Date
}

/** When a list that clients keep was last changed, by list: Unix seconds as text. */
export type CacheKeys = Record<CachedModel, string>
