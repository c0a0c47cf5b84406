import type { SignIns } from '../../context/context.ts'
import type { Notices } from '../../events/notices.ts'

/**
 * Remembers for a second who a token is, so that a busy client does not pay a statement for it each time. A commit that wrote to
 * what this is read from forgets all of it, in this process and in those that share the database.
 */
export interface SignInMemory<Found> extends Pick<SignIns, 'clear'> {
  find: (key: string) => Found | undefined
  keep: (key: string, found: Found) => void
  /** A token that nobody has: only chance could make it somebody's, so that a client with an ended one costs nothing. */
  isUnknown: (token: string) => boolean
  keepUnknown: (token: string) => void
  /** Grows with every clearing. */
  generation: number
}

const MOST_SIGN_INS = 10_000

export function rememberSignIns<Found>(milliseconds: number): SignInMemory<Found> {
  const known = new Map<string, { found: Found; until: number }>()
  const unknown = new Map<string, number>()
  const memory: SignInMemory<Found> = {
    generation: 0,
    find(key) {
      const entry = known.get(key)
      return entry && entry.until > performance.now() ? entry.found : undefined
    },
    keep(key, found) {
      if (!milliseconds) return
      if (known.size >= MOST_SIGN_INS) known.clear()
      known.set(key, { found, until: performance.now() + milliseconds })
    },
    isUnknown: (token) => (unknown.get(token) ?? 0) > performance.now(),
    keepUnknown(token) {
      if (!milliseconds) return
      if (unknown.size >= MOST_SIGN_INS) unknown.clear()
      unknown.set(token, performance.now() + milliseconds)
    },
    clear() {
      memory.generation++
      known.clear()
      unknown.clear()
    },
  }
  return memory
}

const RIGHTS = 'rights'

/** A notice leaves with the commit, so that nobody answers for longer than it takes to arrive by what was true before. */
export function shareSignIns({ clear }: Pick<SignIns, 'clear'>, notices: Notices): SignIns {
  notices.hear(RIGHTS, clear)
  return { clear, dependOn, tell: (db) => notices.tell(db, RIGHTS) }
}

/** The tables that signing in reads (caller.model.ts): people, bots, tokens, memberships, pictures, and who waits for events. */
const READ = [
  'access_tokens',
  'account_users',
  'accounts',
  'active_storage_attachments',
  'agent_bot_inboxes',
  'agent_bots',
  'channel_api',
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
