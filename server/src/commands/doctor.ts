import { sql } from 'kysely'
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { hasEmbedded } from '../db/embedded.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { CHATWOOT_VERSION } from '../features/health/health.routes.ts'
import { configOf, DATA_OPTION, JSON_OPTION, sentenceOf, type Command } from './command.ts'
import { lookAtFiles } from './doctor-files.ts'
import { lookAtServer, type Note } from './doctor-server.ts'
import { print, withDatabase } from './session.ts'

const GIGABYTE = 1024 ** 3

/** Looks at what goes wrong most, and says what to do. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'Check the installation',
  options: [
    DATA_OPTION,
    JSON_OPTION,
    { flag: 'set-aside', text: 'Move files that no row names out of the way, to lost-files in the data folder' },
  ],
  run: async ({ values }) => {
    const config = configOf(values)
    const checks: { check: string; ok: boolean; detail: string; advice?: true }[] = []
    const note: Note = (check, ok, detail, advice) => void checks.push({ check, ok, detail, ...(advice && { advice }) })
    note('Node', true, process.versions.node)
    if (existsSync(config.dataFolder)) {
      const { bavail, bsize } = statfsSync(config.dataFolder)
      const free = (bavail * bsize) / GIGABYTE
      note('Disk', free > 1, `${free.toFixed(1)} GB free in ${config.dataFolder}${free > 1 ? '' : ': make room'}`)
      note(
        'Data folder',
        isWritable(config.dataFolder),
        isWritable(config.dataFolder) ? 'can be written' : 'cannot be written: change its owner',
      )
    }
    if (config.databaseUrl || hasEmbedded(config.dataFolder)) {
      await withDatabase(values, async (database) => {
        if (!(await lookInside(database, config, note))) return
        await lookAtFiles(database, config, note, { setAside: Boolean(values['set-aside']) })
      }).catch((error: Error) => note('PostgreSQL', false, sentenceOf(error)))
    } else note('PostgreSQL', false, `there is no database in ${config.dataFolder} yet: parley start makes it`)
    const ok = checks.every((one) => one.ok)
    print(
      values,
      { ok, checks },
      checks.map((one) => `${!one.ok ? 'BAD ' : one.advice ? 'hint' : 'ok  '} ${one.check}: ${one.detail}`),
    )
    if (!ok) process.exitCode = 1
  },
}

/** False where nothing more can be asked of the database. */
async function lookInside(database: Database, config: Config, note: Note): Promise<boolean> {
  if (!(await lookAtServer(database, config, note))) return false
  const pending = await pendingMigrations(database.pool)
  if (pending.length) {
    note('Schema', false, `lacks ${pending.join(', ')}: parley migrate, or a start, brings it up to date`)
    return false
  }
  note('Schema', true, `Chatwoot ${CHATWOOT_VERSION}, up to date`)
  const { rows } = await sql<{ accounts: number; waiting: number; failed: number }>`
    select (select count(*)::integer from accounts) as accounts,
      (select count(*)::integer from parley.deliveries where attempts > 0) as waiting,
      (select count(*)::integer from parley_jobs.jobs where attempts >= max_attempts) as failed`.execute(
    database.kysely,
  )
  const { accounts, waiting, failed } = rows[0]!
  note('Accounts', true, accounts ? String(accounts) : 'none yet: parley setup')
  note(
    'Webhooks',
    waiting === 0,
    waiting ? `${waiting} deliveries failed and are tried again: look at the endpoints` : 'nothing waits',
  )
  note('Jobs', failed === 0, failed ? `${failed} jobs were given up: look at the log` : 'none was given up')
  return true
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
