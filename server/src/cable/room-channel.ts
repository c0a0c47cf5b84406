import type { Channel, Grant, Hub, Subscriber } from './hub.ts'
import type { Presence, Subject } from '../vocabulary/presence.ts'
import { parseObject } from './protocol.ts'

/** What a client says of itself; proven by the token only. */
export interface Claim {
  pubsubToken: string
  /** Of a user always there; of a contact without meaning. */
  accountId: number | null
  /** Null: a contact, by the token of one of its contact_inboxes. */
  userId: number | null
  /** The last event the client knows, to have the later ones replayed. */
  after?: number
}

/** Checks a claim; null when it does not hold. */
export type Authorize = (claim: Claim) => Promise<Omit<Grant, 'numbered'> | null>

/** The `data` of `presence.update` for one reader. */
export type PresencePayload = (subject: Subject) => Promise<object>

interface RoomChannelOptions {
  authorize: Authorize
  presence: Presence
  presencePayload: PresencePayload
  broadcast: Hub['broadcast']
}

/** Chatwoot's one channel: everything a user or a contact may hear, and who is there. */
export function createRoomChannel({ authorize, presence, presencePayload, broadcast }: RoomChannelOptions): Channel {
  /** The caller is there; all the caller's own sockets, and nobody else's, hear who else is. */
  const updatePresence = async ({ subject, token }: Subscriber) => {
    presence.stamp(subject)
    const data = await presencePayload(subject)
    broadcast([token], JSON.stringify({ event: 'presence.update', data }))
  }

  return {
    async authorize(identifier) {
      const claim = parseClaim(identifier)
      if (!claim) return null
      const grant = await authorize(claim)
      return grant && { ...grant, numbered: claim.after !== undefined }
    },
    confirmed: updatePresence,
    async perform(subscriber, data) {
      if (parseObject(data)?.action === 'update_presence') await updatePresence(subscriber)
    },
  }
}

export function parseClaim(identifier: string): Claim | undefined {
  const { channel, pubsub_token, account_id, user_id, after } = parseObject(identifier) ?? {}
  if (channel !== 'RoomChannel' || typeof pubsub_token !== 'string' || !TOKEN.test(pubsub_token)) return undefined
  const isContact = isBlank(user_id)
  const userId = isContact ? null : parseId(user_id)
  const accountId = parseId(account_id) ?? null
  if (userId === undefined || (!isContact && accountId === null)) return undefined
  const position = parseWhole(after)
  return { pubsubToken: pubsub_token, accountId, userId, ...(position !== undefined && { after: position }) }
}

/** Whatever else is no token, and some of it (a NUL) would not even be a text to a database. */
const TOKEN = /^[\x21-\x7e]{1,255}$/
const LARGEST_ID = 2 ** 31 - 1

function parseId(value: unknown): number | undefined {
  const id = parseWhole(value)
  return id && id <= LARGEST_ID ? id : undefined
}

/** From a number or from text, as Rails takes either. */
function parseWhole(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === false || (typeof value === 'string' && !value.trim())
}
