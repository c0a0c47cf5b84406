import type { App } from '../../app.ts'
import type { Context } from '../../http/context.ts'

/** Ends the open sockets of a person once the change that takes their right away is committed; who still has one comes back. */
export async function endSocketsOf(ctx: Context, userId: number): Promise<void> {
  ctx.afterCommit(() => closeSocketsOf(ctx.app, userId))
}

export function closeSocketsOf(app: App, userId: number): void {
  app.cable.hub.disconnectStream(({ subject }) => subject.kind === 'user' && subject.id === userId, {
    reason: 'remote',
    reconnect: true,
  })
}
