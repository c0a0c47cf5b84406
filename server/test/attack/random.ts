import { createHash } from 'node:crypto'

/** Chance that comes out the same for the same words. */
export interface Chance {
  /** From 0 up to, but not, `limit`. */
  below: (limit: number) => number
  /** True once in `times`. */
  once: (times: number) => boolean
  pick: <T>(from: readonly T[]) => T
}

export function chanceOf(...words: (string | number)[]): Chance {
  let state = createHash('sha256').update(words.join(' ')).digest().readUInt32LE()
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, once: (times) => below(times) === 0, pick: (from) => from[below(from.length)]! }
}
