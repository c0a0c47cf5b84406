import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import { STATUS_CODES } from 'node:http'
import type { Services } from '../../context/context.ts'
import { reactionsTo, type DeliveryScope, type ReactionsByName } from '../../events/reactions.ts'
import { signWebhook } from '../../lib/hmac.ts'
import { FetchError, safeFetch } from '../../lib/safe-fetch.ts'
import { webhookSecret } from './webhook.secret.ts'
import { deliveryFailed, deliveryRecovered } from './delivery-outcome.model.ts'
import type { Delivery } from './delivery.types.ts'

/** At once, then after these many seconds; in all about a day. An inbox's own webhook skips the first wait. */
const WAITS = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800]
/** What is not yet told when it is older than this is not tried once more. */
const TRIED_FOR = 24 * 60 * 60 * 1000
const AT_ONCE = 128
const PER_ENDPOINT = 4
/** Who takes longer gives back the places of the others, and has one until they answer in time, or for a minute. */
const SLOW_AFTER = 500
const SLOW_FOR = 60_000
const SLOW_AT_ONCE = 384
/** Renewed while a delivery is under way: what a process that died had in hand is free after so long. */
const LEASE_SECONDS = 10
/** How long those under way may take when the server stops. */
const STOP_WAIT = 3000

/**
 * Sends what `parley.deliveries` holds. Within one conversation and endpoint the order of events is kept: for an account's
 * webhook, what fails is tried again before later events go out. An inbox and a bot learn of the failure by the
 * message or the conversation itself, so there later events do not wait for the next try. One endpoint never takes more than a few of the
 * places, and gives them back when it is slow, so that those that hang delay nobody else. A delivery is deleted after it succeeded: a crash
 * before that sends it again, with the same id.
 */
export interface DeliveryPump {
  poke: () => void
  stop: () => Promise<void>
  /** Resolves when nothing is due or under way. */
  idle: () => Promise<void>
}

export function startDeliveries(app: Services, reactions: ReactionsByName<any>): DeliveryPump {
  const busy = new Map<string, number>()
  /** Endpoints that did not answer in time, and until when they count as slow. */
  const slow = new Map<string, number>()
  const running = new Map<string, Promise<unknown>>()
  /** How many of those running take one of the places for the quick. */
  let quick = 0
  let stopped = false
  let claiming: Promise<unknown> | undefined
  let again = false

  const claim = async () => {
    do {
      again = false
      const room = AT_ONCE - quick
      const slowRoom = Math.max(0, SLOW_AT_ONCE - (running.size - quick))
      if (room + slowRoom <= 0 || stopped) return
      const places: Record<string, number> = {}
      for (const [endpoint, count] of busy) places[endpoint] = PER_ENDPOINT - count
      for (const endpoint of slow.keys()) places[endpoint] = 1 - (busy.get(endpoint) ?? 0)
      const deliveries = await claimDeliveries(app, { room, slowRoom, places, slow: [...slow.keys()] })
      for (const delivery of deliveries) start(delivery)
      if (deliveries.length && deliveries.length >= room) again = true
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
    let isQuick = !slow.has(endpoint)
    if (isQuick) quick++
    const giveBack = () => {
      if (isQuick) quick--
      isQuick = false
    }
    let inTime = true
    const late = setTimeout(() => {
      inTime = false
      slow.set(endpoint, Date.now() + SLOW_FOR)
      giveBack()
      poke()
    }, SLOW_AFTER)
    const work = deliver(app, reactions, delivery)
      .catch((error: unknown) => stopped || app.log.error({ err: error, delivery: delivery.id }, 'a delivery broke'))
      .finally(() => {
        clearTimeout(late)
        giveBack()
        if (inTime) slow.delete(endpoint)
        const left = busy.get(endpoint)! - 1
        if (left) busy.set(endpoint, left)
        else busy.delete(endpoint)
        running.delete(delivery.id)
        poke()
      })
    running.set(delivery.id, work)
  }

  const timer = setInterval(() => {
    for (const [endpoint, until] of slow) if (until < Date.now()) slow.delete(endpoint)
    poke()
    if (running.size) renewLeases(app, [...running.keys()]).catch(() => {})
  }, 1000)
  timer.unref()
  poke()
  return {
    poke,
    async stop() {
      stopped = true
      clearInterval(timer)
      await claiming
      await Promise.race([Promise.all(running.values()), new Promise((done) => setTimeout(done, STOP_WAIT).unref())])
      if (running.size) await handBack(app, [...running.keys()]).catch(() => {})
    },
    async idle() {
      while (claiming || running.size) await Promise.all([claiming, ...running.values()])
    },
  }
}

interface Room {
  /** For endpoints that answer in time, and for the others. */
  room: number
  slowRoom: number
  slow: string[]
  /** How many more each endpoint may have; those not named have not begun. */
  places: Record<string, number>
}

/** The oldest delivery of each stream that is due, leased to this process. */
async function claimDeliveries(app: Services, { room, slowRoom, slow, places }: Room): Promise<Delivery[]> {
  const rows = await runPrepared(
    app.database.kysely,
    sql<Delivery>`
    with recursive endpoint as (
      (select kind, endpoint_id from parley.deliveries order by kind, endpoint_id limit 1)
      union all
      select next.kind, next.endpoint_id from endpoint e cross join lateral (
        select kind, endpoint_id from parley.deliveries d where (d.kind, d.endpoint_id) > (e.kind, e.endpoint_id)
        order by kind, endpoint_id limit 1) next
    ), due as (
      select d.*, row_number() over (partition by endpoint.slow order by d.place, d.seq) as turn, endpoint.slow from (
        select kind, endpoint_id, kind || ':' || endpoint_id = any(${slow}::text[]) as slow,
          coalesce((${JSON.stringify(places)}::jsonb ->> (kind || ':' || endpoint_id))::int, ${PER_ENDPOINT}) as places from endpoint
      ) endpoint cross join lateral (
        select id, seq, row_number() over (order by next_attempt_at, seq) as place from parley.deliveries d
        where kind = endpoint.kind and endpoint_id = endpoint.endpoint_id and next_attempt_at <= now()
          and (locked_until is null or locked_until < now())
          and not exists (select 1 from parley.deliveries e
            where e.kind = d.kind and e.endpoint_id = d.endpoint_id and e.stream = d.stream and e.seq < d.seq
              and (d.kind = 'account' or e.next_attempt_at <= now()))
        order by next_attempt_at, seq
        limit greatest(0, endpoint.places)
      ) d
    ), taken as (
      select d.id from parley.deliveries d join due on due.id = d.id
      where (d.locked_until is null or d.locked_until < now())
        and due.turn <= case when due.slow then ${slowRoom}::int else ${room}::int end
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
    order by c.seq`,
  )
  return rows
}

async function deliver(app: Services, reactions: ReactionsByName<any>, delivery: Delivery): Promise<void> {
  const body = delivery.body ?? (await bodyOf(app, reactions, delivery))
  if (!body || !delivery.url) return remove(app, delivery)
  const problem = await post(app, delivery, body)
  if (problem === null) {
    if (delivery.last_error !== null) await deliveryRecovered(app, delivery)
    return remove(app, delivery)
  }
  // Before it is put back: if the process ends in between, it is told at the next try.
  if (delivery.last_error === null) await deliveryFailed(app, delivery, problem)
  const isOld = Date.now() - delivery.created_at.getTime() > TRIED_FOR
  const wait = WAITS[delivery.attempts - (delivery.kind === 'account' ? 1 : 0)]
  app.log.info({ delivery: delivery.id, kind: delivery.kind, attempt: delivery.attempts, problem }, 'a webhook failed')
  if (wait === undefined || isOld) await remove(app, delivery)
  else await tryAgainIn(app, delivery, wait, body, problem)
}

/** The picture at the first attempt; a retry sends the same bytes. */
async function bodyOf(app: Services, reactions: ReactionsByName<any>, delivery: Delivery): Promise<string | null> {
  const account = { id: delivery.account_id, name: delivery.account_name }
  const scope: DeliveryScope = { app, db: app.database.kysely, account }
  const payload = await reactionsTo(reactions, delivery.event).webhook?.payload(scope, delivery.data as never)
  return payload ? JSON.stringify({ ...payload, event: delivery.event_name }) : null
}

/** What went wrong in Chatwoot's words, or null. */
async function post(app: Services, delivery: Delivery, body: string): Promise<string | null> {
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
      cutAtMax: true,
      allowPrivateNetwork: webhook.allowPrivateNetwork,
      followSeeOther: true,
    })
    return status >= 200 && status <= 207 ? null : reasonOf(status)
  } catch (error) {
    if (error instanceof FetchError) return error.message
    throw error
  }
}

function reasonOf(status: number): string {
  return STATUS_CODES[status] ? `${status} ${STATUS_CODES[status]}` : `HTTP status code ${status}`
}

/** What has to go out after it is due no sooner. */
async function tryAgainIn(
  app: Services,
  { id, kind, endpoint_id, stream, seq }: Delivery,
  seconds: number,
  body: string,
  problem: string,
): Promise<void> {
  await runPrepared(
    app.database.kysely,
    sql`
    update parley.deliveries set next_attempt_at = greatest(next_attempt_at, now() + make_interval(secs => ${seconds})),
      locked_until = case when id = ${id} then null else locked_until end,
      body = case when id = ${id} then ${body} else body end,
      last_error = case when id = ${id} then ${problem} else last_error end
    where id = ${id} or (kind = 'account' and kind = ${kind} and endpoint_id = ${endpoint_id} and stream = ${stream} and seq > ${seq})`,
  )
}

async function renewLeases(app: Services, ids: string[]): Promise<void> {
  await runPrepared(
    app.database.kysely,
    sql`update parley.deliveries set locked_until = now() + make_interval(secs => ${LEASE_SECONDS}) where id = any(${ids}::uuid[])
    and locked_until is not null`,
  )
}

/** What was cut off by our own end was no try. */
async function handBack(app: Services, ids: string[]): Promise<void> {
  await runPrepared(
    app.database.kysely,
    sql`update parley.deliveries set locked_until = null, attempts = attempts - 1 where id = any(${ids}::uuid[])`,
  )
}

async function remove(app: Services, delivery: Delivery): Promise<void> {
  await runPrepared(app.database.kysely, sql`delete from parley.deliveries where id = ${delivery.id}`)
}
