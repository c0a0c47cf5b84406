import type { Sockets } from '../../context/context.ts'
import type { Hub } from '../../cable/hub.ts'
import type { Notices } from '../../events/notices.ts'

/** The kind of the notice that names somebody whose right has ended. */
const PERSON = 'person'

/** The open sockets of people, in every process. Who still has a right comes back. */
export function createSockets(hub: Pick<Hub, 'disconnectStream'>, notices: Notices): Sockets {
  const close = (userId: number) => {
    hub.disconnectStream(({ subject }) => subject.kind === 'user' && subject.id === userId, {
      reason: 'remote',
      reconnect: true,
    })
  }
  notices.hear(PERSON, (id) => close(Number(id)))
  return {
    async endOf(ctx, userId) {
      await notices.tell(ctx.db, PERSON, String(userId))
      ctx.afterCommit(() => close(userId))
    },
  }
}
