import { createHmac } from 'node:crypto'
import type { Config } from '../../config.ts'

/** With which deliveries to an endpoint are signed. Derived, so that it needs no column of Chatwoot's tables. */
export function webhookSecret(
  config: Pick<Config, 'secretKeyBase'>,
  kind: 'account' | 'inbox' | 'bot',
  id: number,
): string {
  return `whsec_${createHmac('sha256', config.secretKeyBase).update(`webhook ${kind} ${id}`).digest('base64')}`
}
