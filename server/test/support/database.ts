import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { connect, type ConnectOptions } from '../../src/db/connect.ts'
import { startEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    database: ConnectOptions
  }
}

/** One real database for the run, of which each worker takes a copy; each test makes an account of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'))
  const embedded = await startEmbedded({ folder, unsafe: true })
  const database = connect(embedded.connection)
  await migrate(database)
  await database.end()
  project.provide('database', embedded.connection)
  return async () => {
    await embedded.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
