import { sql } from 'kysely'
import { STATUS_CODES } from 'node:http'
import type { App } from '../../app.ts'
import { catalog, type DeliveryScope, type Reactions } from '../../events/catalog.ts'
import type { EventName } from '../../events/types.ts'
import { signWebhook } from '../../lib/hmac.ts'
import { FetchError, safeFetch } from '../../lib/safe-fetch.ts'
import { webhookSecret } from './webhook.secret.ts'
import { deliveryFailed, deliveryRecovered } from './delivery.outcome.ts'

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
  event: EventName
  url: string | null
  account_name: string
}

/** At once, then after these many seconds; in all about a day. An inbox's own webhook skips the first wait. */
const WAITS = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800]
const AT_ONCE = 32
const PER_ENDPOINT = 4
const LEASE_SECONDS = 60

/**
 * Sends what `parley.deliveries` holds. Within one conversation and endpoint the order of events is kept: for an account's
 * webhook, what fails is tried again before later events go out. An inbox and a bot learn of the failure by the
 * message or the conversation itself, so there later events do not wait for the next try. One endpoint never takes more than a few of the places, so that
 * one that hangs delays nobody else. A delivery is deleted after it succeeded: a crash before that sends it again, with the same id.
 */
export interface DeliveryPump {
  poke: () => void
  stop: () => Promise<void>
  /** Resolves when nothing is due or under way. */
  idle: () => Promise<void>
}

export function startDeliveries(app: App): DeliveryPump {
  const busy = new Map<string, number>()
  const running = new Set<Promise<unknown>>()
  let stopped = false
  let claiming: Promise<unknown> | undefined
  let again = false

  const claim = async () => {
    do {
      again = false
      const room = AT_ONCE - running.size
      if (room <= 0 || stopped) return
      const full = [...busy].filter(([, count]) => count >= PER_ENDPOINT).map(([endpoint]) => endpoint)
      const deliveries = await claimDeliveries(app, room, full)
      for (const delivery of deliveries) start(delivery)
      if (deliveries.length === room) again = true
    } while (again)
  }

  const poke = () => {
    if (stopped) return
    again = true
    claiming ??= claim()
      .catch((error: unknown) => app.log.warn({ err: error }, 'deliveries could not be read'))
      .finally(() => (claiming = undefined))
  }

  const start = (delivery: Delivery) => {
    const endpoint = `${delivery.kind}:${delivery.endpoint_id}`
    busy.set(endpoint, (busy.get(endpoint) ?? 0) + 1)
    const work = deliver(app, delivery)
      .catch((error: unknown) => app.log.error({ err: error, delivery: delivery.id }, 'a delivery broke'))
      .finally(() => {
        const left = busy.get(endpoint)! - 1
        if (left) busy.set(endpoint, left)
        else busy.delete(endpoint)
        running.delete(work)
        poke()
      })
    running.add(work)
  }

  const timer = setInterval(poke, 1000)
  timer.unref()
  poke()
  return {
    poke,
    async stop() {
      stopped = true
      clearInterval(timer)
      await claiming
      await Promise.allSettled(running)
    },
    async idle() {
      while (claiming || running.size) await Promise.allSettled([claiming, ...running])
    },
  }
}

/** The oldest delivery of each stream that is due, leased to this process. */
async function claimDeliveries(app: App, limit: number, fullEndpoints: string[]): Promise<Delivery[]> {
  const { rows } = await sql<Delivery>`
    with due as (
      select d.id, d.seq, row_number() over (partition by d.kind, d.endpoint_id order by d.seq) as place
      from parley.deliveries d
      where d.next_attempt_at <= now() and (d.locked_until is null or d.locked_until < now())
        and d.kind || ':' || d.endpoint_id <> all(${fullEndpoints}::text[])
        and not exists (select 1 from parley.deliveries e
          where e.kind = d.kind and e.endpoint_id = d.endpoint_id and e.stream = d.stream and e.seq < d.seq
            and (d.kind = 'account' or e.next_attempt_at <= now()))
    ), taken as (
      select d.id from parley.deliveries d join due on due.id = d.id
      where due.place <= ${PER_ENDPOINT} order by due.place, due.seq limit ${limit}
      for update of d skip locked
    ), claimed as (
      update parley.deliveries d set locked_until = now() + make_interval(secs => ${LEASE_SECONDS}), attempts = d.attempts + 1
      from taken where d.id = taken.id returning d.*
    )
    select c.*, e.name as event, a.name as account_name,
      case c.kind when 'account' then (select url from webhooks w where w.id = c.endpoint_id)
        when 'inbox' then (select ch.webhook_url from inboxes i join channel_api ch on ch.id = i.channel_id
          where i.id = c.endpoint_id and i.channel_type = 'Channel::Api')
        else (select outgoing_url from agent_bots b where b.id = c.endpoint_id) end as url
    from claimed c join parley.events e on e.id = c.event_id join accounts a on a.id = c.account_id
    order by c.seq`.execute(app.database.kysely)
  return rows
}

async function deliver(app: App, delivery: Delivery): Promise<void> {
  const body = delivery.body ?? (await bodyOf(app, delivery))
  if (!body || !delivery.url) return remove(app, delivery)
  const problem = await post(app, delivery, body)
  if (problem === null) {
    if (delivery.attempts > 1) await deliveryRecovered(app, delivery)
    return remove(app, delivery)
  }
  const first = delivery.attempts === 1
  const wait = WAITS[delivery.attempts - (delivery.kind === 'account' ? 1 : 0)]
  app.log.info({ delivery: delivery.id, kind: delivery.kind, attempt: delivery.attempts, problem }, 'a webhook failed')
  if (wait === undefined) await remove(app, delivery)
  else {
    await sql`update parley.deliveries set locked_until = null, body = ${body}, last_error = ${problem},
      next_attempt_at = now() + make_interval(secs => ${wait}) where id = ${delivery.id}`.execute(app.database.kysely)
  }
  if (first) await deliveryFailed(app, delivery, problem)
}

/** The picture at the first attempt; a retry sends the same bytes. */
async function bodyOf(app: App, delivery: Delivery): Promise<string | null> {
  const reactions = catalog[delivery.event] as Reactions<any>
  const account = { id: delivery.account_id, name: delivery.account_name }
  const scope: DeliveryScope = { app, db: app.database.kysely, account }
  const payload = await reactions.webhook?.payload(scope, delivery.data)
  return payload ? JSON.stringify({ ...payload, event: delivery.event_name }) : null
}

/** What went wrong in Chatwoot's words, or null. */
async function post(app: App, delivery: Delivery, body: string): Promise<string | null> {
  const { webhook } = app.config
  try {
    const { status } = await safeFetch(delivery.url!, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'Parley',
        ...signWebhook({
          secret: webhookSecret(app.config, delivery.kind, delivery.endpoint_id),
          id: delivery.id,
          timestamp: Math.floor(Date.now() / 1000),
          body,
        }),
      },
      body,
      timeout: webhook.timeout,
      maxBytes: 64 * 1024,
      allowPrivateNetwork: webhook.allowPrivateNetwork,
      followSeeOther: true,
    })
    return status >= 200 && status <= 207 ? null : `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  } catch (error) {
    if (error instanceof FetchError) return error.message
    throw error
  }
}

async function remove(app: App, delivery: Delivery): Promise<void> {
  await sql`delete from parley.deliveries where id = ${delivery.id}`.execute(app.database.kysely)
}
