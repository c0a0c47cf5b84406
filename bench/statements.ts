import type pg from 'pg'
import { buildApp } from '../server/src/app.ts'
import { readConfig } from '../server/src/config.ts'
import { connect, type Database } from '../server/src/db/connect.ts'
import { cpuOf } from './processes.ts'
import type { Workload } from './workloads.ts'

export interface Statement {
  text: string
  values: unknown[]
}

/** What the server asks of the database for one request of each workload. */
export async function captureStatements(database: Database, folder: string, workloads: Workload[]) {
  const own = connect(database.options)
  let caught: Statement[] = []
  own.pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      const [first, values] = args as [string | { text: string; values?: unknown[] }, unknown[] | undefined]
      caught.push(
        typeof first === 'string'
          ? { text: first, values: values ?? [] }
          : { text: first.text, values: first.values ?? [] },
      )
      return query(...args)
    }) as never
  })
  const config = readConfig({
    NODE_ENV: 'production',
    PARLEY_DATA: folder,
    SECRET_KEY_BASE: 'a'.repeat(64),
    LOG_LEVEL: 'error',
  })
  const app = await buildApp(config, own)
  const statements = new Map<string, Statement[]>()
  for (const workload of workloads) {
    const { path, body, ...request } = workload.request(1)
    const ask = () => app.server.inject({ ...request, url: path, ...(body !== undefined && { payload: body }) })
    await ask()
    caught = []
    await ask()
    statements.set(workload.name, caught)
    caught = []
  }
  await app.close()
  await own.end()
  return statements
}

/** CPU milliseconds for one round of the statements, prepared, from a bare client; what writes is rolled back. */
export async function replayStatements(database: Database, statements: Statement[], seconds: number): Promise<number> {
  const client: pg.PoolClient = await database.pool.connect()
  const cpu = () => cpuOf(process.pid, database.options)
  const isWrite = statements.some(({ text }) => /^begin/i.test(text))
  try {
    const inner = statements.filter(({ text }) => !/^\s*(begin|commit)/i.test(text)).map(withFreeId)
    const round = async () => {
      if (isWrite) await client.query('begin')
      for (const [i, { text, values }] of inner.entries())
        await client.query({ name: `bench-${i}-${text.length}`, text, values })
      if (isWrite) await client.query('rollback')
    }
    await round()
    const before = cpu()
    let rounds = 0
    for (const end = performance.now() + seconds * 1000; performance.now() < end; rounds++) await round()
    return (cpu() - before) / rounds
  } finally {
    client.release()
  }
}

/** The row of that id was kept when the statement was caught; each round's is rolled back. */
function withFreeId({ text, values }: Statement): Statement {
  return { text, values: /insert into messages \(id,/.test(text) ? [FREE_ID, ...values.slice(1)] : values }
}

const FREE_ID = -1
