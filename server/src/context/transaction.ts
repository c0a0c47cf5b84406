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
  let isLeaving = false
  const forget = async () => {
    said = undefined
    isForgotten = isLeaving = false
    ctx.takeWork()
    ctx.takeAfterCommit()
    ctx.takeBehind()
    await Promise.all(ctx.takeUndo().map((undo) => undo().catch(() => {})))
  }
  try {
    const result = await database.transaction({
      begin: forget,
      work: (db) => work(Object.assign(ctx, { db })),
      onStatement: (text) => (isForgotten ||= signIns.dependOn(text)),
      last: async (db) => {
        isLeaving = true
        const told = isForgotten ? signIns.tell(db) : undefined
        const written = outbox.write(db, ctx.takeWork(), { hasEndpoints: ctx.hasEndpoints })
        await Promise.all([...ctx.takeBehind(), told, written])
        said = await written
      },
    })
    if (isForgotten) signIns.clear()
    outbox.publish(said!)
    ctx.takeUndo()
    for (const after of ctx.takeAfterCommit()) after()
    return result
  } catch (error) {
    // The connection may have ended between the commit and its answer.
    if (said) outbox.look(said)
    if (isLeaving && !isRefusal(error)) ctx.takeUndo()
    await forget()
    throw error
  } finally {
    ctx.db = outside
  }
}

/** PostgreSQL has said no: nothing of the transaction is there. Any other failure may be of the answer only. */
const isRefusal = (error: unknown) => (error as { severity?: string }).severity === 'ERROR'
