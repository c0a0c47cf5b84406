import { readdirSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import type { ConnectOptions } from '../server/src/db/connect.ts'

const TICKS = Number(execFileSync('getconf', ['CLK_TCK']).toString())

/** CPU milliseconds a process has used, and with it every process of the database; those that ended count for their parent. */
export function cpuOf(pid: number | number[], database?: ConnectOptions): number {
  const pids = [pid].flat().filter(Boolean)
  if (database) pids.push(...databaseProcesses(database))
  return pids.reduce((sum, one) => sum + cpuOfOne(one), 0)
}

function cpuOfOne(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    return (ticks * 1000) / TICKS
  } catch {
    return 0
  }
}

/** Proportional set size in megabytes. */
export function memoryOf(pid: number | number[], database: ConnectOptions): number {
  const pids = [pid].flat()
  const kilobytes = [...pids, ...pids.flatMap(childrenOf), ...databaseProcesses(database)].reduce((sum, one) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {
      return sum
    }
  }, 0)
  return kilobytes / 1024
}

const postmasters = new WeakMap<ConnectOptions, number>()
/** For a database that is reached otherwise than by the socket of a data folder. */
export const notePostmaster = (database: ConnectOptions, pid: number) => void postmasters.set(database, pid)

/** The postmaster of a database, and its children. */
export function databaseProcesses(database: ConnectOptions): number[] {
  const known = postmasters.get(database)
  if (known !== undefined) return known ? [known, ...childrenOf(known)] : []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      if (command.includes(`unix_socket_directories=${database.host}`))
        return [Number(name), ...childrenOf(Number(name))]
    } catch {}
  }
  return []
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
    .map(Number)
}
