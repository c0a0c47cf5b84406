/** In bytes, of one client frame. */
export const LARGEST_FRAME = 64 * 1024
/** In characters; an official client's identifier has about a hundred. */
export const LONGEST_IDENTIFIER = 1024
/** Identifiers that one socket may hold, refused ones included. */
export const MOST_IDENTIFIERS = 100

const PROTOCOLS = ['actioncable-v1-json', 'actioncable-unsupported']

export const WELCOME = '{"type":"welcome"}'

export type Command =
  | { command: 'subscribe' | 'unsubscribe'; identifier: string }
  | { command: 'message'; identifier: string; data: string }

export interface Disconnection {
  reason: 'unauthorized' | 'server_restart' | 'remote'
  /** Whether the client should come back by itself. */
  reconnect: boolean
}

/** The first offer that is known. Official Flutter and demo clients offer none, which is as good. */
export function chooseProtocol(header: string | undefined): string | undefined {
  return header
    ?.split(',')
    .map((offer) => offer.trim())
    .find((offer) => PROTOCOLS.includes(offer))
}

/** What a client frame asks for; undefined for whatever is passed over without an answer. */
export function parseCommand(text: string): Command | undefined {
  const frame = parseObject(text)
  if (!frame) return undefined
  const { command, identifier, data } = frame
  if (typeof identifier !== 'string' || identifier.length > LONGEST_IDENTIFIER) return undefined
  if (command === 'subscribe' || command === 'unsubscribe') return { command, identifier }
  if (command === 'message' && typeof data === 'string') return { command, identifier, data }
  return undefined
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

export function pingFrame(now: number): string {
  return `{"type":"ping","message":${Math.floor(now / 1000)}}`
}

export function disconnectFrame({ reason, reconnect }: Disconnection): string {
  return JSON.stringify({ type: 'disconnect', reason, reconnect })
}

/** What every frame of one identifier begins with; kept, so that nothing is serialised again for each event. */
export function frameStart(identifier: string): string {
  return `{"identifier":${JSON.stringify(identifier)},`
}

export function confirmationFrame(start: string): string {
  return `${start}"type":"confirm_subscription"}`
}

/** What follows the start in the frame of a message, which is JSON already. */
export function messageFrameEnd(message: string, eventId?: number): string {
  return eventId === undefined ? `"message":${message}}` : `"event_id":${eventId},"message":${message}}`
}
