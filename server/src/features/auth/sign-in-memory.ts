import type { SignIns } from '../../context/context.ts'
import type { Notices } from '../../events/notices.ts'
import { remember, type Memory } from '../../lib/memory.ts'

/**
 * Remembers for a second who a token is, so that a busy client does not pay a statement for it each time. A commit that wrote to
 * what this is read from forgets all of it, in this process and in those that share the database.
 */
export interface SignInMemory<Found> extends Memory<Found> {
  /** A token that nobody has: only chance could make it somebody's, so that a client with an ended one costs nothing. */
  isUnknown: (token: string) => boolean
  keepUnknown: (token: string) => void
}

export function rememberSignIns<Found>(milliseconds: number): SignInMemory<Found> {
  const known = remember<Found>(milliseconds)
  const unknown = remember<true>(milliseconds)
  return Object.assign(known, {
    isUnknown: (token: string) => unknown.find(token) === true,
    keepUnknown: (token: string) => unknown.keep(token, true),
    clear: forgetAll(known.clear, unknown.clear),
  })
}

export const forgetAll =
  (...clearings: (() => void)[]) =>
  () =>
    clearings.forEach((clear) => clear())

const RIGHTS = 'rights'

/** A notice leaves with the commit, so that nobody answers for longer than it takes to arrive by what was true before. */
export function shareSignIns(clear: () => void, notices: Notices): SignIns {
  notices.hear(RIGHTS, clear)
  return { clear, dependOn, tell: (db) => notices.tell(db, RIGHTS) }
}

/**
 * The tables that signing in reads (caller.model.ts), and the door of an inbox's visitors (client.model.ts): people, bots, tokens,
 * memberships, pictures, inboxes, and who waits for events.
 */
const READ = [
  'access_tokens',
  'account_users',
  'accounts',
  'active_storage_attachments',
  'agent_bot_inboxes',
  'agent_bots',
  'channel_api',
  'inboxes',
  'users',
  'webhooks',
]
const WRITES = new RegExp(`\\b(insert into|update|delete from)\\s+(only\\s+)?"?(${READ.join('|')})\\b`, 'i')
const MOST_TEXTS = 2000
const known = new Map<string, boolean>()

function dependOn(statement: string): boolean {
  let writes = known.get(statement)
  if (writes === undefined) {
    writes = WRITES.test(statement)
    if (known.size < MOST_TEXTS) known.set(statement, writes)
  }
  return writes
}
