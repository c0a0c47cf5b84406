import { Logger, parseCronItems, run, type Runner, type TaskList } from 'graphile-worker'
import { sql } from 'kysely'
import { Context, type Services } from '../context/context.ts'
import { inTransaction } from '../context/transaction.ts'
import type { Job, JobsByName, Schedule } from './job.ts'

/** Runs the jobs of the database until the returned runner is stopped. */
export async function startWorker(app: Services, jobs: JobsByName, schedule: Schedule): Promise<Runner> {
  if (!app.config.databaseUrl) await freeJobsOfTheDead(app)
  const taskList: TaskList = Object.fromEntries(
    Object.entries(jobs as unknown as Record<string, Job<any>>).map(([name, { handle, transaction }]) => [
      name,
      async (payload: unknown) => {
        const ctx = new Context({ app, db: app.database.kysely })
        await (transaction === false ? handle(ctx, payload) : inTransaction(ctx, () => handle(ctx, payload)))
      },
    ]),
  )
  const logger = new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') app.log[level === 'error' ? 'error' : 'warn']({ job: true }, message)
  })
  return run({
    pgPool: app.database.pool,
    schema: 'parley_jobs',
    concurrency: 4,
    pollInterval: 2000,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(Object.entries(schedule).map(([task, match]) => ({ task, match }))),
    logger,
  })
}

/** The embedded database has a single server. What is still locked when that one starts, its killed forerunner had begun. */
async function freeJobsOfTheDead(app: Services): Promise<void> {
  await sql`select parley_jobs.force_unlock_workers(array(select distinct locked_by from parley_jobs.jobs
    where locked_by is not null))`.execute(app.database.kysely)
}
