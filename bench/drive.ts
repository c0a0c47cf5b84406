import { Pool } from 'undici'
import type { Database } from '../server/src/db/connect.ts'
import { cpuOf } from './processes.ts'
import { startFloor, type Running } from './server.ts'
import type { Asked, Workload } from './workloads.ts'

/** Compiled code and filled caches: a server that has just started is another thing to measure. */
const WARM_REQUESTS = 2000
const WARM_SECONDS = 5
/** The two take turns, so that a machine that is slow for a while is so for both. */
const SLICE = 0.5

export interface Measured {
  rate: number
  p50: number
  p99: number
  /** CPU milliseconds a request: of the server, and of the database. */
  node: number
  postgres: number
  /** Kilobytes of write-ahead log a request. */
  wal: number
  /** CPU milliseconds of the bare answer. */
  floor: number
}

interface Options {
  seconds: number
  connections: number
}

/** A workload, and by turns the same bytes by bare node:http. What follows from a request counts for it. */
export async function measure(
  server: Running,
  database: Database,
  workload: Workload,
  { seconds, connections }: Options,
): Promise<Measured> {
  const floor = await startFloor(await answerOf(server.base, workload))
  const real = driverOf(server.base, workload, connections)
  const bare = driverOf(floor.base, workload, connections)
  try {
    await warm(bare)
    await warm(real)
    await untilDone(database)
    const sum = { elapsed: 0, node: 0, postgres: 0, wal: 0, floor: 0 }
    real.times.length = bare.times.length = 0
    for (let slice = 0; slice < seconds / SLICE; slice++) {
      const floorBefore = cpuOf(floor.pid)
      await bare.drive(SLICE)
      sum.floor += cpuOf(floor.pid) - floorBefore
      const before = await standOf(server, database)
      sum.elapsed += await real.drive(SLICE)
      await untilDone(database)
      const after = await standOf(server, database)
      sum.node += after.node - before.node
      sum.postgres += after.postgres - before.postgres
      sum.wal += after.wal - before.wal
    }
    const count = real.times.length
    const times = real.times.sort((a, b) => a - b)
    return {
      rate: (count / sum.elapsed) * 1000,
      p50: times[count >> 1]!,
      p99: times[Math.floor(count * 0.99)]!,
      node: sum.node / count,
      postgres: sum.postgres / count,
      wal: sum.wal / 1024 / count,
      floor: sum.floor / bare.times.length,
    }
  } finally {
    floor.stop()
    await Promise.all([real.close(), bare.close()])
  }
}

async function warm({ times, drive }: ReturnType<typeof driverOf>): Promise<void> {
  const end = performance.now() + WARM_SECONDS * 1000
  while (times.length < WARM_REQUESTS && performance.now() < end) await drive(SLICE)
}

export function driverOf(base: string, workload: Pick<Workload, 'name' | 'request' | 'status'>, connections: number) {
  const pool = new Pool(base, { connections, pipelining: 1 })
  const times: number[] = []
  let i = Math.floor(Math.random() * 1e6)
  /** Milliseconds it really took. */
  const drive = async (seconds: number): Promise<number> => {
    const begin = performance.now()
    const end = begin + seconds * 1000
    const one = async () => {
      while (performance.now() < end) {
        const request: Asked = workload.request(i++)
        const start = performance.now()
        const answer = await pool.request({ ...request, body: request.body ?? null })
        await answer.body.dump()
        if (answer.statusCode !== workload.status) throw new Error(`${workload.name} answered ${answer.statusCode}`)
        times.push(performance.now() - start)
      }
    }
    await Promise.all(Array.from({ length: connections }, one))
    return performance.now() - begin
  }
  return { times, drive, close: () => pool.close() }
}

async function answerOf(base: string, workload: Workload): Promise<{ status: number; body: string }> {
  const { path, ...request } = workload.request(0)
  const answer = await fetch(base + path, request)
  const body = await answer.text()
  if (answer.status !== workload.status) {
    throw new Error(`${workload.name} answered ${answer.status}: ${body.slice(0, 300)}`)
  }
  return { status: answer.status, body }
}

/** Jobs have run, webhooks have arrived, frames are out. */
export async function untilDone({ pool }: Database): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await pause(50)) {
    const { rows } = await pool.query<{ waits: boolean }>(
      `select exists (select from parley_jobs._private_jobs where run_at <= now() and attempts < max_attempts)
         or exists (select from parley.deliveries where next_attempt_at <= now()) as waits`,
    )
    if (!rows[0]!.waits) return pause(50)
  }
  throw new Error('what follows from the requests does not end')
}

async function standOf({ pid }: Running, { pool, options }: Database) {
  const { rows } = await pool.query<{ wal: number }>(
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal`,
  )
  return { wal: rows[0]!.wal, node: cpuOf(pid), postgres: cpuOf(0, options) }
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
