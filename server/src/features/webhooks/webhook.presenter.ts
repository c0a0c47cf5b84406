import type { Services } from '../../context/context.ts'
import { webhookSecret } from './webhook.secret.ts'

export function presentWebhook(app: Services, webhook: WebhookRecord) {
  return {
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    account_id: webhook.account_id,
    subscriptions: webhook.subscriptions ?? [],
    ...(webhook.inbox && { inbox: webhook.inbox }),
    secret: webhookSecret(app.config, 'account', webhook.id),
  }
}

export interface WebhookRecord {
  id: number
  account_id: number
  name: string | null
  url: string
  subscriptions: string[] | null
  inbox: { id: number; name: string } | null
}
