import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from './server.ts'

const ROUNDS = 7
const PROJECT = new URL('..', import.meta.url).pathname

export interface Start {
  /** Milliseconds from the command to the first answer on an empty folder, which gets its database. */
  first: number
  /** The median on that folder from then on. */
  used: number
  /** What npm adds in front. */
  npm: number
  rounds: number
}

/** On a folder of its own, whose database nobody else holds open. */
export async function measureStart(): Promise<Start> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  const used: number[] = []
  const npm: number[] = []
  try {
    const first = await timeOfStart(folder)
    for (let round = 0; round < ROUNDS; round++) {
      used.push(await timeOfStart(folder))
      npm.push(timeOf('npm', ['start', '--', '--help']) - timeOf(process.execPath, ['bin/parley', 'start', '--help']))
    }
    return { first, used: medianOf(used), npm: medianOf(npm), rounds: ROUNDS }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function timeOfStart(folder: string): Promise<number> {
  const server = await startServer(folder)
  await server.stop()
  return server.startedIn
}

function timeOf(command: string, args: string[]): number {
  const begin = performance.now()
  const { status } = spawnSync(command, args, { cwd: PROJECT })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
  return performance.now() - begin
}

function medianOf(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1]!
}
