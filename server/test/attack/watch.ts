import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import type { RealServer } from '../support/server.ts'
import type { SlowPing } from './pinger.ts'
import { now } from './send.ts'

/** Milliseconds for which nobody may have to wait for what somebody else sends. */
export const STALL = 50

/** Watches from another process how long the server looks at nothing else. */
export function watchStalls(server: RealServer) {
  const slow: SlowPing[] = []
  const child = fork(fileURLToPath(new URL('pinger.ts', import.meta.url)), [server.base, String(STALL)])
  child.on('message', (ping: SlowPing) => slow.push(ping))
  return {
    take: (): SlowPing[] => slow.splice(0),
    work: () => workOf(server.pid()),
    /**
     * The stall of some work, in milliseconds, done alone: as long as the server did not answer, but no longer than its main thread
     * worked meanwhile. What others on the machine take does not count.
     */
    async of(work: () => Promise<unknown>): Promise<number> {
      await sleep(20)
      slow.length = 0
      const [before, from] = [workOf(server.pid()), now()]
      await work()
      await sleep(60)
      const worked = workOf(server.pid()) - before
      const waited = Math.max(0, ...slow.filter((ping) => ping.until > from).map((ping) => ping.until - ping.from))
      return Math.min(worked, waited)
    },
    stop: () => child.kill(),
  }
}

/** Milliseconds of CPU that the main thread of a process has had. */
function workOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}

export interface Memory {
  /** Bytes that are in use after everything unused was given back: objects, and buffers outside of them. */
  heap: number
  /** Bytes as the system counts them; some of it is kept for later. */
  resident: number
}

/** What a server holds once nothing is left to collect, asked through its inspector, which a signal opens. */
export async function memoryOf(server: RealServer): Promise<Memory> {
  const ask = await inspect(server)
  try {
    for (let round = 0; round < 3; round++) await ask.send('HeapProfiler.collectGarbage')
    const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await ask.send('Runtime.getHeapUsage')
    const status = readFileSync(`/proc/${server.pid()}/status`, 'utf8')
    return {
      heap: usedSize + embedderHeapUsedSize + backingStorageSize,
      resident: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024,
    }
  } finally {
    ask.close()
  }
}

async function inspect(server: RealServer) {
  process.kill(server.pid(), 'SIGUSR1')
  let address: string | undefined
  for (let tries = 0; tries < 200 && !address; tries++) {
    address = /ws:\/\/[\w.:/-]+/.exec(server.output())?.[0]
    await sleep(25)
  }
  if (!address) throw new Error('the inspector of the server did not open')
  const socket = new WebSocket(address)
  await new Promise((done, fail) => socket.once('open', done).once('error', fail))
  let number = 0
  const send = (method: string): Promise<Record<string, number>> =>
    new Promise((done) => {
      const id = ++number
      const hear = (data: Buffer) => {
        const answer = JSON.parse(String(data))
        if (answer.id !== id) return
        socket.off('message', hear)
        done(answer.result)
      }
      socket.on('message', hear)
      socket.send(JSON.stringify({ id, method }))
    })
  return { send, close: () => socket.close() }
}
