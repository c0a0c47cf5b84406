import type { DeliveryScope, Push } from '../../events/reactions.ts'
import { PushScope } from '../realtime/push-scope.query.ts'
import { accountStream } from '../realtime/streams.ts'
import type { EventData } from '../../vocabulary/events.ts'
import { changedAttributes } from '../conversations/conversation.events.ts'
import { contactWebhook, presentContactSender } from './contact.presenter.ts'

type About = EventData<'contact.created'> | EventData<'contact.updated'>

export async function contactPush(scope: PushScope, data: About): Promise<Push | null> {
  const contact = await scope.contact(data.contact_id)
  return contact ? { streams: [accountStream(scope.accountId)], data: presentContactSender(scope.app, contact) } : null
}

export async function deletedContactPush(scope: PushScope, data: EventData<'contact.deleted'>): Promise<Push> {
  return { streams: [accountStream(scope.accountId)], data: data.picture }
}

export async function contactWebhookPayload({ app, account }: DeliveryScope, data: About) {
  const contact = await new PushScope(app, account.id).contact(data.contact_id)
  if (!contact) return null
  return {
    ...contactWebhook(app, contact, account),
    ...('changes' in data && { changed_attributes: changedAttributes(data.changes) }),
  }
}
