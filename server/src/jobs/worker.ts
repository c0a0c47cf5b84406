import { Logger, parseCronItems, run, type Runner, type TaskList, type WorkerEvents } from 'graphile-worker'
import { EventEmitter } from 'node:events'
import { Context, type Services } from '../context/context.ts'
import { inTransaction } from '../context/transaction.ts'
import type { Job, JobsByName, Schedule } from './job.ts'

/** Runs the jobs of the database until the returned runner is stopped. `onName` hears by which name it takes them. */
export async function startWorker(
  app: Services,
  jobs: JobsByName,
  schedule: Schedule,
  onName: (pool: string) => Promise<unknown>,
): Promise<Runner> {
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
  const events: WorkerEvents = new EventEmitter()
  events.once(
    'pool:create',
    ({ workerPool }) =>
      void onName(workerPool.id).catch((error: unknown) =>
        app.log.error({ err: error }, 'a worker could not be named'),
      ),
  )
  return run({
    pgPool: app.database.pool,
    schema: 'parley_jobs',
    concurrency: 4,
    pollInterval: 2000,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(Object.entries(schedule).map(([task, match]) => ({ task, match }))),
    logger,
    events,
  })
}
