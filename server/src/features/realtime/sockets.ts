import { sql } from 'kysely'
import type { App } from '../../app.ts'
import type { Context } from '../../http/context.ts'

/**
 * Ends the open sockets of a person once the change that takes their right away is committed, in every process; who still
 * has one comes back.
 */
export async function endSocketsOf(ctx: Context, userId: number): Promise<void> {
  const { notify } = ctx.app.bus
  if (notify) await sql`select pg_notify('parley_events', ${`${notify}:${personNotice(userId)}`})`.execute(ctx.db)
  ctx.afterCommit(() => closeSocketsOf(ctx.app, userId))
}

/** What a notice says in the place of the ids of events. */
const personNotice = (userId: number) => `person ${userId}`

/** The person of such a notice. */
export function personOfNotice(text: string): number | undefined {
  return text.startsWith('person ') ? Number(text.slice(7)) : undefined
}

export function closeSocketsOf(app: App, userId: number): void {
  app.cable.hub.disconnectStream(({ subject }) => subject.kind === 'user' && subject.id === userId, {
    reason: 'remote',
    reconnect: true,
  })
}
