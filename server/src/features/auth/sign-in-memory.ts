import type { SignIns } from '../../context/context.ts'

/**
 * Remembers for a second who a token is, so that a busy client does not pay a statement for it each time. Every commit of this
 * process that is not routine forgets all of it; what another process changes counts within that second.
 */
export interface SignInMemory<Found> extends SignIns {
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
