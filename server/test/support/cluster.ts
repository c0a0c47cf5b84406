import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBalancer } from './balancer.ts'
import { freePort, realServer, type RealServer } from './server.ts'

/** Parley as it runs where one machine is outgrown: processes for people behind a balancer, and one for jobs. */
export interface Cluster {
  /** The balancer's address. */
  base: string
  web: RealServer[]
  worker: RealServer
  stop: () => Promise<void>
}

interface ClusterOptions {
  databaseUrl: string
  processes?: number
  env?: Record<string, string>
}

export async function startCluster({ databaseUrl, processes = 2, env = {} }: ClusterOptions): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cluster-'))
  const ports = await Promise.all(Array.from({ length: processes }, freePort))
  const balancer = await startBalancer(ports.map((port) => `http://127.0.0.1:${port}`))
  const all = { DATABASE_URL: databaseUrl, FRONTEND_URL: balancer.base, ...env }
  const web = await Promise.all(
    ports.map((port) => realServer(folder, { ...all, PORT: String(port), PARLEY_RUN: 'web,cable' })),
  )
  const worker = await realServer(folder, { ...all, PARLEY_RUN: 'worker' })
  const stop = async () => {
    await Promise.all([...web, worker].map((server) => server.stop()))
    await balancer.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all([...web, worker].map((server) => server.start()))
  } catch (error) {
    await stop()
    throw error
  }
  return { base: balancer.base, web, worker, stop }
}
