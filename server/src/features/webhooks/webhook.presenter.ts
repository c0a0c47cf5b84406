import { columns, type Refine, type Row } from '../../db/columns.ts'
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

export const WEBHOOK_COLUMNS = columns('webhooks', 'id', 'account_id', 'name', 'url', 'subscriptions')

export interface WebhookRecord extends Refine<
  Row<typeof WEBHOOK_COLUMNS>,
  { account_id: number; url: string; subscriptions: string[] | null }
> {
  inbox: { id: number; name: string } | null
}
