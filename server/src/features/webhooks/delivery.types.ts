import type { EventName } from '../../vocabulary/events.ts'

export type DeliveryKind = 'account' | 'inbox' | 'bot'

export interface Delivery {
  id: string
  seq: number
  event_id: number
  event_name: string
  account_id: number
  kind: DeliveryKind
  endpoint_id: number
  stream: string
  data: Record<string, any>
  body: string | null
  last_error: string | null
  attempts: number
  created_at: Date
  event: EventName
  url: string | null
  account_name: string
}
