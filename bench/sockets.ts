import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import type { Desk } from './seed.ts'

const SOCKETS = 1000
const ROUNDS = 15

/** Memory of a socket, and how long one event takes until the last of a thousand has it. */
export async function measureSockets(base: string, desk: Desk, server: number) {
  const identifier = JSON.stringify({ channel: 'RoomChannel', pubsub_token: desk.pubsubToken, account_id: desk.accountId, user_id: desk.userId })
  const before = residentOf(server)
  const sockets: WebSocket[] = []
  for (let i = 0; i < SOCKETS; i += 50) sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => subscribe(base, identifier)))))
  await new Promise((done) => setTimeout(done, 2000))
  const bytesEach = (residentOf(server) - before) / SOCKETS
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const mark = `round ${round} ${Math.random()}`
    let left = SOCKETS
    let sent = 0
    const all = new Promise<number>((resolve) => {
      for (const socket of sockets) {
        const hear = (data: Buffer) => {
          if (!data.includes(mark)) return
          socket.off('message', hear)
          if (--left === 0) resolve(performance.now() - sent)
        }
        socket.on('message', hear)
      }
    })
    sent = performance.now()
    void fetch(`${base}${desk.api}/conversations/1/messages`, {
      method: 'POST',
      headers: { api_access_token: desk.token, 'content-type': 'application/json' },
      body: JSON.stringify({ content: mark }),
    })
    times.push(await all)
  }
  for (const socket of sockets) socket.terminate()
  times.sort((a, b) => a - b)
  return { bytesEach, median: times[times.length >> 1]!, rounds: ROUNDS }
}

/** Kilobytes. */
function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}

function subscribe(base: string, identifier: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/cable`, 'actioncable-v1-json', { perMessageDeflate: false })
    socket.setMaxListeners(100)
    socket.once('error', reject)
    socket.once('open', () => socket.send(JSON.stringify({ command: 'subscribe', identifier })))
    const hear = (data: Buffer) => {
      if (!data.includes('confirm_subscription')) return
      socket.off('message', hear)
      resolve(socket)
    }
    socket.on('message', hear)
  })
}
