import { Context, type Services } from '../../context/context.ts'
import { inTransaction } from '../../context/transaction.ts'
import { openAfterBotFailure } from '../conversations/status.model.ts'
import { markMessageDelivered, markMessageFailed } from '../messages/message-status.model.ts'
import type { Delivery } from './delivery.types.ts'

/** What the first failed attempt means for the desk; the later ones tell it nothing new. */
export async function deliveryFailed(app: Services, delivery: Delivery, problem: string): Promise<void> {
  if (!delivery.event_name.startsWith('message_') || delivery.kind === 'account') return
  await inTransaction(new Context({ app, db: app.database.kysely }), async (ctx) => {
    if (delivery.kind === 'inbox') await markMessageFailed(ctx, delivery.data.message_id, problem)
    else await openAfterBotFailure(ctx, delivery.data.conversation_id)
  })
}

/** A message of an API inbox that got through after all has not failed. */
export async function deliveryRecovered(app: Services, delivery: Delivery): Promise<void> {
  if (delivery.kind !== 'inbox' || !delivery.event_name.startsWith('message_')) return
  await inTransaction(new Context({ app, db: app.database.kysely }), (ctx) =>
    markMessageDelivered(ctx, delivery.data.message_id, delivery.last_error),
  )
}
