import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Outbox } from '../context/context.ts'
import type { Database } from '../db/connect.ts'
import { prepared, runPrepared } from '../db/prepared.ts'
import type { DB } from '../db/schema.ts'
import type { EventData, EventName, LoggedEvent, PendingEvent } from '../vocabulary/events.ts'
import type { PendingJob } from '../vocabulary/jobs.ts'
import { noticeBy } from './notices.ts'
import { reactionsTo, type Reactions, type ReactionsByName } from './reactions.ts'

/** Any number: the class of the locks by which accounts take turns. */
const LOCK = 7_265_399

export interface LogOptions {
  reactions: ReactionsByName<any>
  /** Selects (position, event_id, event_name, kind, endpoint_id) of those who wait for the events of `input`. */
  listeners: RawBuilder<unknown>
  /** Whose notices to other processes go along; undefined where there are none. */
  sender: string | undefined
}

/**
 * Writes what a transaction has to say: the events, a delivery for each webhook and bot that listens, and the jobs.
 * One statement, so that a request that says nothing new to the world pays one round trip. It is the last before the commit:
 * from here on the transaction holds its accounts' turn, so that an account's events are numbered in the order of their commits and
 * whoever reads the log after a number misses none. The turn ends with the COMMIT, which waits for no disk.
 */
export function createEventLog({ reactions, listeners, sender }: LogOptions): Outbox['write'] {
  return async (db, { events, jobs }, { hasEndpoints }) => {
    const asked = [...jobs]
    for (const { name, data } of events) {
      for (const { job, if: isWanted } of reactionsTo(reactions, name).later ?? []) {
        if (!isWanted || isWanted(data)) asked.push({ name: job, payload: data })
      }
    }
    if (!events.length) {
      if (asked.length) await runPrepared(db, sql`select ${addJobs(asked)}`)
      return { events: [], deliveries: 0 }
    }
    const inputs = events.map((event, position) => inputOf(reactionsTo(reactions, event.name), event, position))
    // Another process may just have made a webhook that this one does not know of.
    const [account, ...others] = accountsOf(events)
    if (!sender && !hasEndpoints && !others.length) {
      const added = asked.length ? runPrepared(db, sql`select ${addJobs(asked)}`) : undefined
      const [logged] = await Promise.all([logOnly(db, account!, events, inputs), added])
      return { events: logged, deliveries: 0 }
    }
    const rows = await runPrepared(
      db,
      sql<{ ids: number[]; deliveries: number }>`
    with ${turnOf(sql`${[account, ...others]}`)}, input as materialized (
      select nextval('parley.events_id_seq') as id, e.*
      from (select count(*) from turn) waited, jsonb_to_recordset(${JSON.stringify(inputs)}::jsonb) as e(
        position integer, account_id integer, name text, inbox_id integer, conversation_id integer, contact_id integer,
        data jsonb, account_webhook text, inbox_webhook text, bot_webhook text)
    ), logged as (
      insert into parley.events (id, account_id, name, inbox_id, conversation_id, data) overriding system value
      select id, account_id, name, inbox_id, conversation_id, data from input
    ), listener as (${listeners}), delivered as (
      insert into parley.deliveries (event_id, event_name, account_id, kind, endpoint_id, stream, data)
      select l.event_id, l.event_name, i.account_id, l.kind, l.endpoint_id,
        coalesce('conversation:' || i.conversation_id, 'contact:' || i.contact_id, 'account'), i.data
      from listener l join input i on i.id = l.event_id order by l.position
      returning 1
    )
    select array(select id from input order by position) as ids, (select count(*) from delivered) as deliveries
      ${asked.length ? sql`, ${addJobs(asked)}` : sql``}
      ${sender ? sql`, ${noticeBy(sender, SPANS, SPANS_OF_INPUT)}` : sql``}
  `,
    )
    const { ids, deliveries } = rows[0]!
    return { events: events.map((event, i) => ({ id: Number(ids[i]), ...event })), deliveries: Number(deliveries) }
  }
}

/** The kind of the notice that tells which events were committed: `account-first-last`, by commas; `!` where something is to be delivered. */
export const SPANS = 'events'
const SPANS_OF_INPUT = sql`(select string_agg(span, ',') from
  (select account_id || '-' || min(id) || '-' || max(id) as span from input group by account_id) spans)
  || case when exists (select from delivered) then '!' else '' end`

interface Columns {
  account_id: number
  names: string[]
  inbox_ids: (number | null)[]
  conversation_ids: (number | null)[]
  data: string[]
}

/** The same for events of one account that nothing is to be made of. */
const insertEvents = prepared<Columns, { id: number }>(
  (value) => sql`
    insert into parley.events (account_id, name, inbox_id, conversation_id, data)
    select ${value.account_id}::integer, e.name, e.inbox_id, e.conversation_id, e.data
    from pg_advisory_xact_lock(${LOCK}, ${value.account_id}) turn, unnest(${value.names}::text[], ${value.inbox_ids}::integer[],
      ${value.conversation_ids}::integer[], ${value.data}::jsonb[]) as e(name, inbox_id, conversation_id, data)
    returning id`,
)

async function logOnly(
  db: Kysely<DB>,
  accountId: number,
  events: PendingEvent[],
  rows: Input[],
): Promise<LoggedEvent[]> {
  const logged = await insertEvents(db, {
    account_id: accountId,
    names: rows.map((row) => row.name),
    inbox_ids: rows.map((row) => row.inbox_id),
    conversation_ids: rows.map((row) => row.conversation_id),
    data: rows.map((row) => JSON.stringify(row.data)),
  })
  return events.map((event, i) => ({ id: logged[i]!.id, ...event }))
}

/** Waits until these accounts' turn is this transaction's. */
function turnOf(accounts: RawBuilder<unknown>) {
  return sql`turn as materialized (
      select pg_advisory_xact_lock(${LOCK}, account_id) from unnest(${accounts}::integer[]) as account_id
    )`
}

function accountsOf(events: PendingEvent[]): number[] {
  return [...new Set(events.map(({ data }) => data.account_id))].sort((a, b) => a - b)
}

/** At most so many events are read at once. */
export const MOST_EVENTS = 100

/**
 * The events of an account after one, oldest first. Their numbers are given in the order of commits: none is skipped. What is
 * read is on the disk, so that no number that somebody has seen is given again after a crash; up to `onDisk` that is known.
 */
export async function readEventsAfter(
  { kysely, flush }: Database,
  accountId: number,
  after: number,
  onDisk = 0,
): Promise<LoggedEvent[]> {
  const rows = await runPrepared(
    kysely,
    kysely
      .selectFrom('parley.events')
      .select(['id', 'name', 'data'])
      .$narrowType<LoggedEvent>()
      .where('account_id', '=', accountId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(MOST_EVENTS),
  )
  if (rows.length && rows.at(-1)!.id > onDisk) await flush()
  return rows
}

export async function newestEvent(db: Kysely<DB>): Promise<number> {
  const rows = await runPrepared(db, sql<{ id: number }>`select coalesce(max(id), 0) as id from parley.events`)
  return rows[0]!.id
}

type Input = ReturnType<typeof inputOf>

function inputOf({ webhook }: Reactions<EventData<EventName>, any>, { name, data }: PendingEvent, position: number) {
  const about = data as { inbox_id?: number; conversation_id?: number; contact_id?: number; account_id: number }
  const isSent = webhook && (!webhook.if || webhook.if(data))
  const nameTo = (listener: 'account' | 'inbox' | 'bot') =>
    isSent && webhook.to.includes(listener) ? webhook.name : null
  return {
    position,
    account_id: about.account_id,
    name,
    inbox_id: about.inbox_id ?? null,
    conversation_id: about.conversation_id ?? null,
    contact_id: about.contact_id ?? null,
    data,
    account_webhook: nameTo('account'),
    inbox_webhook: nameTo('inbox'),
    bot_webhook: nameTo('bot'),
  }
}

function addJobs(jobs: PendingJob[]) {
  const rows = jobs.map(({ name, payload, options }) => ({
    name,
    payload,
    run_at: options?.runAt ?? null,
    key: options?.key ?? null,
    queue: options?.queue ?? null,
  }))
  return sql`(select count(parley_jobs.add_job(j.name, j.payload, queue_name := j.queue, run_at := j.run_at, job_key := j.key))
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as j(name text, payload json, run_at timestamptz, key text, queue text)) as jobs`
}
