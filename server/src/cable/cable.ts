import type { Server } from 'node:http'
import { Hub, type Log } from './hub.ts'
import { createPresence, type Presence, type PresenceShare } from './presence.ts'
import { createRoomChannel, type Authorize, type PresencePayload } from './room-channel.ts'

/** How often this process looks who is connected to the others. */
const REFRESH = 5000

export interface CableOptions {
  authorize: Authorize
  presencePayload: PresencePayload
  /** Where several processes tell each other who is present. */
  share?: PresenceShare | undefined
  log?: Log | undefined
  /** Milliseconds between pings. */
  beat?: number | undefined
}

export interface Cable {
  hub: Hub
  presence: Presence
  attach: (server: Server) => void
  close: () => Promise<void>
}

/** The realtime side of the server. It knows neither features nor the database: who may listen is asked of `authorize`. */
export function createCable({ authorize, presencePayload, share, log, beat }: CableOptions): Cable {
  const presence = createPresence({
    share,
    onError: (error) => log?.error({ err: error }, 'a presence was not shared'),
  })
  const channel = createRoomChannel({
    authorize,
    presence,
    presencePayload,
    broadcast: (...broadcast) => hub.broadcast(...broadcast),
  })
  const hub: Hub = new Hub({ channel, log, beat })
  const refresh = () => {
    presence.refresh().catch((error: unknown) => log?.error({ err: error }, 'the shared presences were not read'))
  }
  let timer: NodeJS.Timeout | undefined

  return {
    hub,
    presence,
    attach(server) {
      hub.attach(server)
      if (!share || timer) return
      refresh()
      timer = setInterval(refresh, REFRESH).unref()
    },
    async close() {
      clearInterval(timer)
      await hub.close()
    },
  }
}
