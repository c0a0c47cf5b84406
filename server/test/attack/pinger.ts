// A process of its own: asks for the health of a server all the time, and tells its parent of every answer that took long.
import { Agent, get } from 'node:http'
import { now } from './send.ts'

export interface SlowPing {
  from: number
  until: number
}

const PAUSE = 4
const LATE = 25

const [base, limit] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

function ping(): void {
  const from = now()
  get(`${base}/health`, { agent }, (answer) => {
    answer.resume()
    answer.on('end', () => {
      const until = now()
      if (until - from > Number(limit)) process.send!({ from, until } satisfies SlowPing)
      again()
    })
  }).on('error', again)
}

/** A pinger that did not get its own turn says nothing of the server. */
function again(): void {
  const due = now() + PAUSE
  setTimeout(() => (now() - due > LATE ? again() : ping()), PAUSE)
}

process.on('disconnect', () => process.exit())
ping()
