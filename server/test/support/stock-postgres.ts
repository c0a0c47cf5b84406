import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { findBinaries, unprivileged, type Binaries } from '../../src/db/embedded.ts'
import { freePort } from './server.ts'

export interface StockPostgres {
  version: string
  /** Of its first database. */
  url: string
  stop: () => Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'
const PASSWORD = 'stock'

/**
 * A PostgreSQL as somebody else set it up: Debian's where it is installed, else the binaries that come with Parley; as initdb
 * leaves it (JIT, durability and all), reached by TCP with a password.
 */
export async function startStockPostgres(settings: Record<string, string> = {}): Promise<StockPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-stock-'))
  chmodSync(folder, 0o711)
  const identity = unprivileged(folder)
  const { bin, lib } = installed() ?? findBinaries(folder, identity)
  const data = join(folder, 'data')
  const secret = join(folder, 'password')
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(secret, PASSWORD)
  if (identity) for (const path of [data, secret]) chownSync(path, identity.uid, identity.gid)
  const run = { ...identity, env: { PATH: process.env.PATH, ...(lib && { LD_LIBRARY_PATH: lib }) }, cwd: '/' }
  const locale = ['--locale=C.UTF-8', '--encoding=UTF8', '--no-sync']
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', secret, ...locale],
    { ...run, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr || made.error?.message}`)

  const port = await freePort()
  const all = { port: String(port), unix_socket_directories: '', ...settings }
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...run,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  // Should whoever started it end by an error.
  const end = () => void server.kill('SIGQUIT')
  process.once('exit', end)
  let said = ''
  server.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)))
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`
  const version = async (): Promise<string> => {
    for (;;) {
      const answer = await ask(url, 'show server_version').catch(() => undefined)
      if (answer) return answer[0].server_version
      if (server.exitCode !== null) throw new Error(`postgres ended: ${said}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }
  return {
    version: await version(),
    url,
    async stop() {
      process.off('exit', end)
      const gone = once(server, 'exit')
      if (server.exitCode === null && server.kill('SIGINT')) await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** One statement on a connection of its own. */
export async function ask(url: string, text: string): Promise<any[]> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query(text).finally(() => client.end())
  return rows
}

/** The address of a new empty database beside one. */
export async function createDatabase(beside: string, settings: Record<string, string> = {}): Promise<string> {
  const url = new URL(beside)
  const name = `db_${randomBytes(6).toString('hex')}`
  await ask(beside, `create database ${name}`)
  for (const [setting, value] of Object.entries(settings))
    await ask(beside, `alter database ${name} set ${setting} = '${value}'`)
  url.pathname = name
  return url.href
}

function installed(): (Partial<Binaries> & Pick<Binaries, 'bin'>) | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : []
  const newest = Math.max(...versions)
  const bin = join(DEBIAN, String(newest), 'bin')
  return newest >= 15 && existsSync(join(bin, 'initdb')) ? { bin } : undefined
}
