import { columns, type Refine, type Row } from '../../db/columns.ts'
import type { CachedModel } from '../../vocabulary/events.ts'
export const ACCOUNT_STATUSES = ['active', 'suspended'] as const

export const ACCOUNT_COLUMNS = columns(
  'accounts',
  'id',
  'name',
  'locale',
  'domain',
  'support_email',
  'limits',
  'custom_attributes',
  'settings',
  'status',
  'created_at',
  'updated_at',
)

export interface AccountBags {
  limits: Record<string, unknown> | null
  custom_attributes: Record<string, any> | null
  settings: Record<string, any> | null
}

export interface AccountRow extends Refine<Row<typeof ACCOUNT_COLUMNS>, AccountBags> {
  /** As text: see account.features.ts. */
  feature_flags: string
}

/** When a list that clients keep was last changed, by list: Unix seconds as text. */
export type CacheKeys = Record<CachedModel, string>
