import { fork, spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createSocket } from 'node:net'

export interface Running {
  /** Of several processes all. */
  pid: number | number[]
  base: string
  /** From `npm start` on, to its first answer. */
  startedIn: number
  stop: () => Promise<void>
}

/** As an operator starts it. */
export async function startServer(data: string, nodeOptions: string[] = []): Promise<Running & { pid: number }> {
  const port = await freePort()
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    PARLEY_DATA: data,
    PORT: String(port),
    LOG_LEVEL: 'error',
    SECRET_KEY_BASE: 'a'.repeat(64),
    CONVERSATION_MESSAGE_PER_MINUTE_LIMIT: '1000000',
    WEBHOOK_ALLOW_PRIVATE_NETWORK: 'true',
  }
  const begin = performance.now()
  const parley = new URL('../bin/parley', import.meta.url).pathname
  const child = spawn(process.execPath, [...nodeOptions, parley, 'start'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const base = `http://127.0.0.1:${port}`
  for (let i = 0; i < 6000; i++) {
    if (child.exitCode !== null) throw new Error('the server ended')
    const up = await fetch(`${base}/health`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (up) return { pid: child.pid!, base, startedIn: performance.now() - begin, stop: () => stopped(child) }
    await new Promise((done) => setTimeout(done, 5))
  }
  throw new Error('the server did not start')
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await new Promise((done) => child.once('exit', done))
}

export interface Floor {
  pid: number
  base: string
  stop: () => void
}

/** A bare node:http that answers these bytes. */
export function startFloor(answer: { status: number; body: string }): Promise<Floor> {
  return new Promise((resolve) => {
    const child = fork(new URL('./floor.mjs', import.meta.url).pathname, [], { execArgv: [] })
    child.send(answer)
    child.once('message', (port) => {
      resolve({ pid: child.pid!, base: `http://127.0.0.1:${String(port)}`, stop: () => void child.kill() })
    })
  })
}

/** Where webhooks arrive. */
export async function startSink(): Promise<{ base: string; stop: () => void }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.end())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { base: `http://127.0.0.1:${port}`, stop }
}

export async function freePort(): Promise<number> {
  const socket = createSocket()
  await new Promise<void>((listening) => socket.listen(0, '127.0.0.1', listening))
  const { port } = socket.address() as AddressInfo
  await new Promise((closed) => socket.close(closed))
  return port
}
