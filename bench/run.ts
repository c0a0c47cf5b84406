// `npm run bench`: what a request costs on the real server, beside the floors of the same machine in the same run.
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { connect } from '../server/src/db/connect.ts'
import { connectEmbedded } from '../server/src/db/embedded.ts'
import { migrate } from '../server/src/db/migrate.ts'
import { cpuOf, memoryOf } from './processes.ts'
import { seed, type Desk } from './seed.ts'
import { captureStatements, replayStatements, type Statement } from './statements.ts'
import { measureSockets } from './sockets.ts'
import type { Workload } from './workload.ts'

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '8' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(`npm run bench -- [--size 20000] [--seconds 5] [--connections 8] [--only "GET profile,POST message"] [--json]
Seeds a desk of that many conversations with 10 messages each, drives the server over HTTP, and prints for each workload
requests a second, p50 and p99, CPU milliseconds a request (server and database together), statements a request, and how many
times the CPU of a bare node:http answer of the same bytes and of the same SQL by prepared statement that is.`)
  process.exit(0)
}

/** One of the open conversations: in a resolved one the first message reopens it, which is another workload. */
const open = (desk: Desk, i: number) => desk.size - (i % Math.min(desk.size, 1000))
const as = (desk: Desk) => ({ api_access_token: desk.token })
const workloads: Workload[] = [
  { name: 'GET profile', limit: 12, status: 200, request: (desk) => ({ method: 'GET', path: '/api/v1/profile', headers: as(desk) }) },
  {
    name: 'GET messages',
    limit: 20,
    status: 200,
    request: (desk, i) => ({ method: 'GET', path: `${desk.api}/conversations/${1 + (i % desk.size)}/messages`, headers: as(desk) }),
  },
  { name: 'GET conversations', limit: 50, status: 200, request: (desk) => ({ method: 'GET', path: `${desk.api}/conversations`, headers: as(desk) }) },
  {
    name: 'GET conversations/meta',
    limit: 15,
    status: 200,
    request: (desk) => ({ method: 'GET', path: `${desk.api}/conversations/meta`, headers: as(desk) }),
  },
  {
    name: 'POST message',
    limit: 40,
    status: 200,
    request: (desk, i) => ({
      method: 'POST',
      path: `${desk.api}/conversations/${1 + (i % desk.size)}/messages`,
      headers: { ...as(desk), 'content-type': 'application/json' },
      body: JSON.stringify({ content: `An answer, number ${i}` }),
    }),
  },
  {
    name: 'POST message (visitor)',
    limit: 40,
    status: 200,
    request: (desk, i) => ({
      method: 'POST',
      path: `/public/api/v1/inboxes/${desk.identifier}/contacts/visitor-${open(desk, i)}/conversations/${open(desk, i)}/messages`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: `A question, number ${i}` }),
    }),
  },
  { name: 'unknown token', limit: 6, status: 401, request: () => ({ method: 'GET', path: '/api/v1/profile', headers: { api_access_token: 'nobody-has-this-token-00' } }) },
]

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
const embedded = await connectEmbedded({ folder })
const database = connect(embedded.connection)
let server: ChildProcess | undefined
let floor: ChildProcess | undefined
try {
  await migrate(database)
  const say = (text: string) => void (options.json || console.log(text))
  say(`Seeding ${options.size} conversations of 10 messages …`)
  const desk = await seed(database, Number(options.size))
  const chosen = options.only ? workloads.filter((one) => options.only!.split(',').includes(one.name)) : workloads
  const statements = await captureStatements(database, folder, desk, chosen)
  const port = 3900 + Math.floor(Math.random() * 90)
  server = await startServer(folder, port)
  const base = `http://127.0.0.1:${port}`
  say(`Idle: ${memoryOf(server.pid!, embedded.connection).toFixed(0)} MB (PSS of all processes)\n`)
  say('workload                  req/s    p50 ms  p99 ms   CPU ms/req  statements   × node:http (limit)   × same SQL')
  const results = []
  for (const workload of chosen) {
    const bytes = await sizeOf(base, workload, desk)
    floor = await startFloor(bytes)
    const bare = await drive(`http://127.0.0.1:${(floor as ChildProcess & { port: number }).port}`, workload, desk, { server: floor.pid!, database: false })
    floor.kill()
    await drive(base, workload, desk, { server: server.pid!, database: true, seconds: 1 })
    const real = await drive(base, workload, desk, { server: server.pid!, database: true })
    const sql = await replayStatements(database, statements.get(workload.name)!, Math.min(2, seconds()), databasePids())
    const result = {
      workload: workload.name,
      requests_per_second: Math.round(real.rate),
      p50: real.p50,
      p99: real.p99,
      cpu_ms: real.cpu,
      statements: statements.get(workload.name)!.length,
      times_http: real.cpu / bare.cpu,
      limit: workload.limit,
      times_sql: real.cpu / sql,
    }
    results.push(result)
    say(
      `${workload.name.padEnd(24)} ${String(result.requests_per_second).padStart(6)} ${real.p50.toFixed(2).padStart(9)} ${real.p99.toFixed(2).padStart(7)} ${real.cpu.toFixed(3).padStart(12)} ${String(result.statements).padStart(11)} ${result.times_http.toFixed(1).padStart(13)} (${workload.limit})${result.times_http > workload.limit ? ' over' : '     '} ${result.times_sql.toFixed(1).padStart(10)}`,
    )
  }
  let sockets: Awaited<ReturnType<typeof measureSockets>> | undefined
  if (!options.only || options.only.includes('sockets')) {
    await stopped(server)
    const inspector = port + 100
    server = await startServer(folder, port, [`--inspect=127.0.0.1:${inspector}`, '--inspect-publish-uid=http'])
    sockets = await measureSockets({ base, pid: server.pid!, inspector: `http://127.0.0.1:${inspector}` }, desk, database)
    say(`\nA socket: ${sockets.kilobytesEach.toFixed(1)} kB. One event reached ${sockets.sockets} in ${sockets.median.toFixed(1)} ms (median of ${sockets.rounds})`)
  }
  if (options.json) console.log(JSON.stringify({ size: Number(options.size), results, sockets }))
} finally {
  floor?.kill()
  if (server) await stopped(server)
  await database.end()
  await embedded.stop()
  rmSync(folder, { recursive: true, force: true })
}

function seconds(): number {
  return Number(options.seconds)
}

function databasePids(): () => number {
  return () => cpuOf(0, embedded.connection)
}

async function startServer(data: string, port: number, nodeOptions: string[] = []): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...nodeOptions, new URL('../bin/parley', import.meta.url).pathname, 'start'], {
    env: { ...process.env, NODE_ENV: 'production', PARLEY_DATA: data, PORT: String(port), LOG_LEVEL: 'error', SECRET_KEY_BASE: 'a'.repeat(64), CONVERSATION_MESSAGE_PER_MINUTE_LIMIT: '1000000' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (let i = 0; i < 600; i++) {
    if (child.exitCode !== null) throw new Error('the server ended')
    const up = await fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.ok, () => false)
    if (up) return child
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error('the server did not start')
}

function startFloor(bytes: { status: number; body: string }): Promise<ChildProcess> {
  return new Promise((resolve) => {
    const child = fork(new URL('./floor.mjs', import.meta.url).pathname, [], { execArgv: [] })
    child.send(bytes)
    child.once('message', (port) => resolve(Object.assign(child, { port })))
  })
}

async function sizeOf(base: string, workload: Workload, desk: Desk): Promise<{ status: number; body: string }> {
  const { path, ...request } = workload.request(desk, 0)
  const answer = await fetch(base + path, request)
  const body = await answer.text()
  if (answer.status !== workload.status) throw new Error(`${workload.name} answered ${answer.status}: ${body.slice(0, 300)}`)
  return { status: answer.status, body }
}

async function drive(base: string, workload: Workload, desk: Desk, run: { server: number; database: boolean; seconds?: number }) {
  const connections = Number(options.connections)
  const pool = new Pool(base, { connections, pipelining: 1 })
  const times: number[] = []
  let i = Math.floor(Math.random() * 1e6)
  const cpu = () => cpuOf(run.server, run.database ? embedded.connection : undefined)
  const cpuBefore = cpu()
  const begin = performance.now()
  const end = begin + (run.seconds ?? seconds()) * 1000
  const one = async () => {
    while (performance.now() < end) {
      const request = workload.request(desk, i++)
      const start = performance.now()
      const answer = await pool.request({ ...request, body: request.body ?? null })
      await answer.body.dump()
      if (answer.statusCode !== workload.status) throw new Error(`${workload.name} answered ${answer.statusCode}`)
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
  const elapsed = (performance.now() - begin) / 1000
  // What follows from a request is part of its cost.
  if (run.database) await new Promise((done) => setTimeout(done, 500))
  const spent = cpu() - cpuBefore
  await pool.close()
  times.sort((a, b) => a - b)
  return { rate: times.length / elapsed, p50: times[times.length >> 1]!, p99: times[Math.floor(times.length * 0.99)]!, cpu: spent / times.length }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await new Promise((done) => child.once('exit', done))
}

export type { Statement }
