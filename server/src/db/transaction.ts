import type { Context } from '../http/context.ts'
import { writeWork } from '../events/log.ts'

/** Serialization failures and deadlocks: the transaction left nothing behind and may be tried again. */
const TRY_AGAIN = new Set(['40001', '40P01'])
const TRIES = 4

/**
 * Runs `work` in one transaction of the context's database, and with it writes the events and jobs it asked for.
 * After the commit the events are told to the sockets of this process.
 */
export async function inTransaction<T>(ctx: Context, work: (ctx: Context) => Promise<T> | T): Promise<T> {
  const outside = ctx.db
  if (outside.isTransaction) return work(ctx)
  for (let attempt = 1; ; attempt++) {
    let said: Awaited<ReturnType<typeof writeWork>> | undefined
    try {
      const result = await ctx.app.database.transaction(async (transaction) => {
        ctx.db = transaction.db
        const result = await work(ctx)
        const [written, committed] = transaction.together(() => [
          writeWork(transaction.db, ctx.takeWork(), { notify: ctx.app.bus.notify, hasEndpoints: ctx.hasEndpoints }),
          transaction.commit(),
        ])
        committed.catch(() => {})
        said = await written
        await committed
        return result
      })
      if (!ctx.routine) ctx.app.signIns.clear()
      ctx.app.bus.publish(said!.events, said!.deliveries)
      for (const after of ctx.takeAfterCommit()) after()
      return result
    } catch (error) {
      ctx.takeWork()
      ctx.takeAfterCommit()
      // The connection may have ended between the commit and its answer.
      if (said) ctx.app.bus.look(said.events)
      if (attempt === TRIES || !TRY_AGAIN.has((error as { code?: string }).code ?? '')) throw error
    } finally {
      ctx.db = outside
    }
  }
}
