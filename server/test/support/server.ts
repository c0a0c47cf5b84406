import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PROJECT } from '../../src/lib/project.ts'

/** The real server as a process of its own, on a data folder of its own. */
export interface RealServer {
  base: string
  folder: string
  start: () => Promise<void>
  /** The signal to the server, its database, or both; resolves when they are gone. */
  kill: (whom: 'server' | 'database' | 'both') => Promise<void>
  stop: () => Promise<number | null>
  pid: () => number
  /** The process of its database. */
  postmaster: () => number
  output: () => string
  command: (...words: string[]) => Promise<{ status: number; stdout: string; stderr: string }>
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** Of this project, or of another checkout of it. */
export async function realServer(
  folder: string,
  env: Record<string, string> = {},
  project = PROJECT,
): Promise<RealServer> {
  const parley = join(project, 'bin/parley')
  const port = env.PORT ?? String(await freePort())
  const base = `http://127.0.0.1:${port}`
  const all: Record<string, string> = {
    PATH: process.env.PATH!,
    PARLEY_DATA: folder,
    PORT: port,
    LOG_LEVEL: 'fatal',
    NODE_ENV: 'production',
    WEBHOOK_ALLOW_PRIVATE_NETWORK: 'true',
    CONVERSATION_MESSAGE_PER_MINUTE_LIMIT: '100000',
    ...env,
  }
  let child: ChildProcess | undefined
  let said = ''
  const gone = (one: ChildProcess) =>
    new Promise<number | null>((done) =>
      one.exitCode !== null || one.signalCode ? done(one.exitCode) : one.once('exit', done),
    )
  const postmaster = () => Number(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
  return {
    base,
    folder,
    output: () => said,
    pid: () => child!.pid!,
    postmaster,
    async start() {
      child = spawn(process.execPath, [parley, 'start'], { env: all, stdio: ['ignore', 'pipe', 'pipe'] })
      const own = child
      for (const stream of [child.stdout!, child.stderr!])
        stream.on('data', (data: Buffer) => (said += data.toString()))
      for (const end = Date.now() + 60_000; Date.now() < end;) {
        if (own.exitCode !== null) throw new Error(`the server ended: ${said.slice(-500)}`)
        if (
          await fetch(`${base}/health`).then(
            (answer) => answer.ok,
            () => false,
          )
        )
          return
        await new Promise((done) => setTimeout(done, 25))
      }
      throw new Error('the server did not start')
    },
    async kill(whom) {
      if (whom !== 'server') process.kill(postmaster(), 'SIGKILL')
      if (whom === 'database') return
      child!.kill('SIGKILL')
      await gone(child!)
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode) return null
      child.kill('SIGTERM')
      return gone(child)
    },
    command: (...words) =>
      new Promise((done) => {
        execFile(process.execPath, [parley, ...words], { env: all }, (error, stdout, stderr) =>
          done({ status: error ? Number(error.code) : 0, stdout, stderr }),
        )
      }),
  }
}
