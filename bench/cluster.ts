import { readFileSync } from 'node:fs'
import { connect, type Database } from '../server/src/db/connect.ts'
import { startCluster } from '../server/test/support/cluster.ts'
import { ask, createDatabase, startStockPostgres } from '../server/test/support/stock-postgres.ts'
import { notePostmaster } from './processes.ts'
import type { Running } from './server.ts'

export interface Outside {
  database: Database
  /** Processes for people behind a balancer, and one for jobs. */
  start: (processes: number) => Promise<Running>
  stop: () => Promise<void>
}

/** A database of its own on the PostgreSQL of that address, or else on one that is started as initdb leaves it. */
export async function outside(address: string | undefined): Promise<Outside> {
  const stock = address ? undefined : await startStockPostgres()
  const beside = address ?? stock!.url
  const databaseUrl = await createDatabase(beside)
  const database = connect({ connectionString: databaseUrl })
  const { rows } = await database.pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  notePostmaster(database.options, parentOf(rows[0]!.pid))
  return {
    database,
    async start(processes) {
      const begin = performance.now()
      const env = { LOG_LEVEL: 'error', CONVERSATION_MESSAGE_PER_MINUTE_LIMIT: '1000000', ENABLE_RACK_ATTACK: 'false' }
      const cluster = await startCluster({ databaseUrl, processes, env })
      const pid = [...cluster.web, cluster.worker].map((server) => server.pid())
      return { pid, base: cluster.base, startedIn: performance.now() - begin, stop: cluster.stop }
    },
    async stop() {
      await database.end()
      await ask(beside, `drop database "${new URL(databaseUrl).pathname.slice(1)}" with (force)`)
      await stock?.stop()
    },
  }
}

/** On another machine it is nobody's child here, and its work is not counted. */
function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}
