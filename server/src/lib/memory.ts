/**
 * What was found for a key, for as long as it may be believed. Who keeps something compares the generation before and after the
 * search: what was read before a change that came meanwhile is good for one request, not for the next.
 */
export interface Memory<Found> {
  find: (key: string) => Found | undefined
  keep: (key: string, found: Found) => void
  clear: () => void
  /** Grows with every clearing. */
  generation: number
}

const MOST_ENTRIES = 10_000

/** With no milliseconds nothing is remembered. */
export function remember<Found>(milliseconds: number): Memory<Found> {
  const known = new Map<string, { found: Found; until: number }>()
  const memory: Memory<Found> = {
    generation: 0,
    find(key) {
      const entry = known.get(key)
      return entry && entry.until > performance.now() ? entry.found : undefined
    },
    keep(key, found) {
      if (!milliseconds) return
      if (known.size >= MOST_ENTRIES) known.clear()
      known.set(key, { found, until: performance.now() + milliseconds })
    },
    clear() {
      memory.generation++
      known.clear()
    },
  }
  return memory
}
