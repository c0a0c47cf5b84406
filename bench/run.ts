// `npm run bench`: what a request costs on the real server, beside the floors of the same machine in the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '../server/src/db/connect.ts'
import { connectEmbedded } from '../server/src/db/embedded.ts'
import { migrate } from '../server/src/db/migrate.ts'
import { driverOf, measure, untilDone } from './drive.ts'
import { memoryOf } from './processes.ts'
import { outside, type Outside } from './cluster.ts'
import { seed, seedBusy } from './seed.ts'
import { freePort, startServer, startSink, type Running } from './server.ts'
import { measureSockets, openDashboards } from './sockets.ts'
import { measureStart, type Start } from './start.ts'
import { captureStatements, replayStatements } from './statements.ts'
import { rush, workloadsOf } from './workloads.ts'

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '8' },
    only: { type: 'string' },
    processes: { type: 'string' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(`npm run bench -- [--size 20000] [--seconds 5] [--connections 8] [--only "GET profile,POST message"] [--json]
                [--processes 2] [--database-url postgres://…]
Seeds a desk of that many conversations with 10 messages each, drives the server over HTTP, and prints for each workload
requests a second, p50 and p99, CPU milliseconds a request (server + database, with all that follows from it: jobs, webhooks,
frames), statements and kilobytes of write-ahead log a request, and how many times the CPU of a bare node:http answer of the
same bytes, and of the same SQL by prepared statement, that is. A busy desk has fifty agents, webhooks and open dashboards.
Other rows: start, sockets, "messages a second", memory. Ends with 1 when a limit is exceeded.
With --processes or --database-url the same is asked of that many processes behind a balancer, with one for jobs, on a database
made on that server, or on a PostgreSQL as initdb leaves it: without "start" and "sockets".`)
  process.exit(0)
}

const MINUTE = 60
const SOCKETS_LIMIT = 20

const seconds = Number(options.seconds)
const wants = (name: string) => !options.only || options.only.split(',').includes(name)
const say = (text: string) => void (options.json || console.log(text))
const exceeded: string[] = []
const mark = (name: string, isOver: boolean) => {
  if (isOver) exceeded.push(name)
  return isOver ? ' over' : '     '
}

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
const isOutside = options.processes !== undefined || options['database-url'] !== undefined
const { database, start, stop } = isOutside ? await outside(options['database-url']) : await embedded()
const run = () => start(Number(options.processes ?? 1))
const sink = await startSink()
let server: Running | undefined
try {
  await migrate(database)
  say(`Seeding ${options.size} conversations of 10 messages …`)
  const desk = await seed(database, Number(options.size))
  const busy = await seedBusy(database, sink.base)
  const chosen = workloadsOf(desk, busy).filter(({ name }) => wants(name))
  const statements = await captureStatements(database, folder, chosen)
  server = await run()
  const idle = memoryOf(server.pid, database.options)
  say(`Idle: ${idle.toFixed(0)} MB (PSS of all processes)\n`)
  say(
    'workload                  req/s    p50 ms  p99 ms   CPU ms (node + pg)    stmts  WAL kB   × node:http (limit)   × same SQL',
  )
  const results = []
  let closeDashboards: (() => void) | undefined
  for (const workload of chosen) {
    if (workload.desk === 'busy') closeDashboards ??= await openDashboards(server.base, busy)
    const { limit } = workload
    const measured = await measure(server, database, workload, { seconds, connections: Number(options.connections) })
    const asked = statements.get(workload.name)!
    const cpu = measured.node + measured.postgres
    const sql = await replayStatements(database, asked, Math.min(2, seconds))
    const result = {
      workload: workload.name,
      ...measured,
      cpu_ms: cpu,
      statements: asked.length,
      times_http: cpu / measured.floor,
      limit,
      times_sql: cpu / sql,
    }
    results.push(result)
    say(
      [
        workload.name.padEnd(24),
        result.rate.toFixed(0).padStart(6),
        result.p50.toFixed(2).padStart(9),
        result.p99.toFixed(2).padStart(7),
        `${cpu.toFixed(3)} (${result.node.toFixed(3)} + ${result.postgres.toFixed(3)})`.padStart(22),
        String(result.statements).padStart(5),
        result.wal.toFixed(1).padStart(7),
        `${result.times_http.toFixed(1).padStart(12)} (${limit ?? '–'})${mark(workload.name, result.times_http > (limit ?? Infinity))}`,
        result.times_sql.toFixed(1).padStart(10),
      ].join(' '),
    )
  }
  closeDashboards?.()

  let perSecond: number | undefined
  if (wants(rush.name)) {
    const asked = { name: rush.name, status: 200, request: rush.request(desk) }
    const driver = driverOf(server.base, asked, rush.connections)
    await driver.drive(2)
    driver.times.length = 0
    const elapsed = await driver.drive(seconds)
    perSecond = (driver.times.length / elapsed) * 1000
    await driver.close()
    await untilDone(database)
    const over = mark(rush.name, perSecond < rush.atLeast)
    say(`\nOne account takes ${perSecond.toFixed(0)} messages a second (at least ${rush.atLeast})${over}`)
  }

  let loaded: number | undefined
  if (wants('memory')) {
    const all = workloadsOf(desk, busy).filter(({ status }) => status === 200)
    const mixed = { name: 'memory', status: 200, request: (i: number) => all[i % all.length]!.request(i) }
    const driver = driverOf(server.base, mixed, Number(options.connections))
    await driver.drive(MINUTE)
    await driver.close()
    loaded = memoryOf(server.pid, database.options)
    say(`After a minute of load: ${loaded.toFixed(0)} MB`)
  }

  let started: Start | undefined
  if (wants('start') && !isOutside) {
    started = await measureStart()
    const { used, npm, first, rounds } = started
    say(
      `A start on a used folder answers in ${used.toFixed(0)} ms (median of ${rounds}); npm adds ${npm.toFixed(0)}. On an empty folder: ${first.toFixed(0)} ms`,
    )
  }

  let sockets: Awaited<ReturnType<typeof measureSockets>> | undefined
  if (wants('sockets') && !isOutside) {
    await server.stop()
    const inspector = await freePort()
    const fresh = await startServer(folder, [`--inspect=127.0.0.1:${inspector}`, '--inspect-publish-uid=http'])
    server = fresh
    sockets = await measureSockets({ ...fresh, inspector: `http://127.0.0.1:${inspector}` }, desk, database)
    const over = mark('sockets', sockets.median > SOCKETS_LIMIT)
    say(
      `A socket: ${sockets.kilobytesEach.toFixed(1)} kB. One event reached ${sockets.sockets} in ${sockets.median.toFixed(1)} ms (median of ${sockets.rounds}, at most ${SOCKETS_LIMIT})${over}`,
    )
  }
  if (options.json) {
    const report = { size: desk.size, idle, results, per_second: perSecond, loaded, started, sockets }
    console.log(JSON.stringify({ ...report, exceeded }))
  }
} finally {
  await server?.stop()
  sink.stop()
  await stop()
  rmSync(folder, { recursive: true, force: true })
}
if (exceeded.length) {
  say(`\nOver the limit: ${exceeded.join(', ')}`)
  process.exitCode = 1
}

async function embedded(): Promise<Outside> {
  const server = await connectEmbedded({ folder })
  const database = connect(server.connection)
  const stop = async () => {
    await database.end()
    await server.stop()
  }
  return { database, start: () => startServer(folder), stop }
}
