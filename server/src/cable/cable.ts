import type { Server } from 'node:http'
import { Hub, type Log } from './hub.ts'
import { createPresence } from './presence.ts'
import type { Presence, Stamp } from '../vocabulary/presence.ts'
import { createRoomChannel, type Authorize, type PresencePayload } from './room-channel.ts'

export interface CableOptions {
  authorize: Authorize
  presencePayload: PresencePayload
  /** Hears of those who spoke up in this process. */
  onStamp?: ((stamp: Stamp) => void) | undefined
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
export function createCable({ authorize, presencePayload, onStamp, log, beat }: CableOptions): Cable {
  const presence = createPresence({ onStamp })
  const channel = createRoomChannel({
    authorize,
    presence,
    presencePayload,
    broadcast: (...broadcast) => hub.broadcast(...broadcast),
  })
  const hub: Hub = new Hub({ channel, log, beat })
  return { hub, presence, attach: (server) => hub.attach(server), close: () => hub.close() }
}
