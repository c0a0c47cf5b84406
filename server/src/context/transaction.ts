import type { Context, Said } from './context.ts'

/**
 * Runs `work` in one transaction of the context's database, and with it writes the events and jobs it asked for.
 * After the commit the events are told to the sockets of this process.
 */
export async function inTransaction<Ctx extends Context, T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T> | T): Promise<T> {
  const outside = ctx.db
  if (outside.isTransaction) return work(ctx)
  const { outbox, signIns, database } = ctx.app
  let said: Said | undefined
  let isForgotten = false
  const forget = () => {
    said = undefined
    isForgotten = false
    ctx.takeWork()
    ctx.takeAfterCommit()
    ctx.takeBehind()
  }
  try {
    const result = await database.transaction({
      begin: forget,
      work: (db) => work(Object.assign(ctx, { db })),
      onStatement: (text) => (isForgotten ||= signIns.dependOn(text)),
      last: async (db) => {
        const told = isForgotten ? signIns.tell(db) : undefined
        const written = outbox.write(db, ctx.takeWork(), { hasEndpoints: ctx.hasEndpoints })
        await Promise.all([...ctx.takeBehind(), told, written])
        said = await written
      },
    })
    if (isForgotten) signIns.clear()
    outbox.publish(said!)
    for (const after of ctx.takeAfterCommit()) after()
    return result
  } catch (error) {
    // The connection may have ended between the commit and its answer.
    if (said) outbox.look(said)
    forget()
    throw error
  } finally {
    ctx.db = outside
  }
}
