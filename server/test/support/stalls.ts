import { readFileSync } from 'node:fs'

const TICK = 5

/**
 * The longest that this thread has worked without looking at anything else, in milliseconds. Counted in CPU time: what others on the
 * machine take does not count. Where the kernel does not tell, nothing is counted.
 */
export function watchStalls(): { longest: () => number; reset: () => void; stop: () => void } {
  let before = worked()
  let longest = 0
  const look = () => {
    const now = worked()
    longest = Math.max(longest, now - before)
    before = now
  }
  const timer = setInterval(look, TICK)
  return {
    longest: () => (look(), longest),
    reset() {
      before = worked()
      longest = 0
    },
    stop: () => clearInterval(timer),
  }
}

/** What work costs this thread at best, in milliseconds of CPU: neither what others take nor the first run of cold code counts. */
export function costOf(work: () => void): number {
  const costs = [1, 2, 3].map(() => {
    const before = worked()
    work()
    return worked() - before
  })
  return Math.min(...costs)
}

/** Milliseconds of CPU of the calling thread. */
function worked(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return 0
  }
}
