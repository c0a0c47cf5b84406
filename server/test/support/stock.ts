import type { TestProject } from 'vitest/node'
import { startStockPostgres } from './stock-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a PostgreSQL that somebody else set up, with the name of a database to be. */
    stock: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startStockPostgres()
  project.provide('stock', postgres.url)
  return postgres.stop
}
