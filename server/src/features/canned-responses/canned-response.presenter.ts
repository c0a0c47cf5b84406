import { columns, type Row } from '../../db/columns.ts'
import { iso } from '../../lib/times.ts'

export const CANNED_RESPONSE_COLUMNS = columns(
  'canned_responses',
  'id',
  'account_id',
  'short_code',
  'content',
  'created_at',
  'updated_at',
)

export type CannedResponseRecord = Row<typeof CANNED_RESPONSE_COLUMNS>

export function presentCannedResponse(response: CannedResponseRecord) {
  const { id, account_id, short_code, content, created_at, updated_at } = response
  return { id, account_id, short_code, content, created_at: iso(created_at), updated_at: iso(updated_at) }
}
