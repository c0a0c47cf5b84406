import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import { WebSocket } from 'ws'
import type { Database } from '../server/src/db/connect.ts'
import type { BusyDesk, Desk } from './seed.ts'
import { Tab } from './tab.ts'

/** Memory is the slope between two counts: what the process holds besides, and what its heap has spare, is in both. */
const FEW = 1000
const MANY = 3000
const AGENTS = 50
const TABS = 20
const ROUNDS = 15

/** A server that was just started for this, and the address of its inspector, which can make it collect its garbage. */
export interface FreshServer {
  base: string
  pid: number
  inspector: string
}

/** Kilobytes a visitor's idle socket costs, and milliseconds until the last of the thousand tabs of fifty agents has an event. */
export async function measureSockets({ base, pid, inspector }: FreshServer, desk: Desk, database: Database) {
  const idle: Tab[] = []
  const { rows: visitors } = await database.pool.query(
    'select pubsub_token from contact_inboxes order by id limit $1',
    [MANY],
  )
  const openUntil = (count: number) =>
    openAll(
      base,
      visitors.slice(idle.length, count).map((visitor) => JSON.stringify({ channel: 'RoomChannel', ...visitor })),
    )
  idle.push(...(await openUntil(FEW)))
  const few = await settledMemoryOf(pid, inspector)
  idle.push(...(await openUntil(MANY)))
  const many = await settledMemoryOf(pid, inspector)
  for (const tab of idle) tab.close()

  const agents = await seedAgents(database, desk)
  const tabs = agents.flatMap((agent) =>
    Array.from({ length: TABS }, () =>
      JSON.stringify({ channel: 'RoomChannel', account_id: desk.accountId, ...agent }),
    ),
  )
  const listeners = await openAll(base, tabs)
  const sender = new Pool(base, { connections: 1 })
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await timeOfEvent(sender, desk, listeners))
  await sender.close()
  for (const tab of listeners) tab.close()
  times.sort((a, b) => a - b)
  return {
    kilobytesEach: (many - few) / (idle.length - FEW),
    median: times[times.length >> 1]!,
    rounds: ROUNDS,
    sockets: listeners.length,
  }
}

/** From the request to the last tab. */
async function timeOfEvent(sender: Pool, desk: Desk, tabs: Tab[]): Promise<number> {
  await pause(100)
  const mark = `round ${Math.random()}`
  let left = tabs.length
  const last = new Promise<number>((resolve) => {
    for (const tab of tabs) {
      tab.hear = (text) => {
        if (!text.includes(mark)) return
        tab.hear = () => {}
        if (--left === 0) resolve(performance.now())
      }
    }
  })
  const sent = performance.now()
  const answer = await sender.request({
    method: 'POST',
    path: `${desk.api}/conversations/1/messages`,
    headers: { api_access_token: desk.token, 'content-type': 'application/json' },
    body: JSON.stringify({ content: mark }),
  })
  await answer.body.dump()
  return (await last) - sent
}

async function seedAgents(
  database: Database,
  { accountId }: Desk,
): Promise<{ user_id: number; pubsub_token: string }[]> {
  const { rows } = await database.pool.query(
    `with people as (
      insert into users (name, email, uid, provider, confirmed_at, pubsub_token, created_at, updated_at)
      select 'Agent ' || n, 'agent' || n || '@example.test', 'agent' || n || '@example.test', 'email', now(), md5('agent' || n), now(), now()
      from generate_series(1, $2::integer) n returning id, pubsub_token
    ), members as (
      insert into account_users (account_id, user_id, role, created_at, updated_at) select $1, id, 1, now(), now() from people
    )
    select id as user_id, pubsub_token from people`,
    [accountId, AGENTS],
  )
  return rows
}

/** Kilobytes in memory, after a while and without garbage. */
async function settledMemoryOf(pid: number, inspector: string): Promise<number> {
  const [target] = (await (await fetch(`${inspector}/json/list`)).json()) as { webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target!.webSocketDebuggerUrl)
  await new Promise((open) => socket.once('open', open))
  for (let id = 1; id <= 3; id++) {
    await pause(1000)
    socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }))
    await new Promise((done) => socket.once('message', done))
  }
  socket.close()
  await pause(500)
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}

async function openAll(base: string, identifiers: string[]): Promise<Tab[]> {
  const tabs: Tab[] = []
  for (let i = 0; i < identifiers.length; i += 50) {
    tabs.push(...(await Promise.all(identifiers.slice(i, i + 50).map((identifier) => subscribe(base, identifier)))))
  }
  return tabs
}

const DASHBOARDS = 10

/** Some of a busy desk's agents look on. Returns how to send them away. */
export async function openDashboards(base: string, { accountId, pubsubTokens }: BusyDesk): Promise<() => void> {
  const listening = pubsubTokens.slice(0, DASHBOARDS)
  const tabs = await openAll(
    base,
    listening.map((agent) => JSON.stringify({ channel: 'RoomChannel', account_id: accountId, ...agent })),
  )
  return () => tabs.forEach((tab) => tab.close())
}

function subscribe(base: string, identifier: string): Promise<Tab> {
  return new Promise((resolve) => {
    const tab = new Tab(base, '/cable')
    tab.hear = (text) => {
      if (text.includes('"welcome"')) tab.send(JSON.stringify({ command: 'subscribe', identifier }))
      else if (text.includes('confirm_subscription')) resolve(tab)
    }
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
