import { columns, type Refine, type Row } from '../../db/columns.ts'
import { iso } from '../../lib/times.ts'

/** By the numbers that Chatwoot keeps. */
export const FILTER_TYPES = ['conversation', 'contact', 'report'] as const
export type FilterType = (typeof FILTER_TYPES)[number]

export const CUSTOM_FILTER_COLUMNS = columns(
  'custom_filters',
  'id',
  'name',
  'filter_type',
  'query',
  'created_at',
  'updated_at',
)

/** A filter without a query has the text that its column has by itself. */
export type CustomFilterRecord = Refine<Row<typeof CUSTOM_FILTER_COLUMNS>, { query: Record<string, unknown> | string }>

export function presentCustomFilter(filter: CustomFilterRecord) {
  return {
    ...filter,
    filter_type: FILTER_TYPES[filter.filter_type] ?? 'conversation',
    created_at: iso(filter.created_at),
    updated_at: iso(filter.updated_at),
  }
}
