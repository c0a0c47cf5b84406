import { defineConfig } from 'vitest/config'

const common = { pool: 'threads', testTimeout: 30_000, hookTimeout: 60_000 } as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'server',
          include: ['server/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.browser.test.ts', 'server/test/processes/**'],
          globalSetup: ['server/test/support/database.ts'],
          isolate: false,
          // Much of the time they wait: for hashes, for the disk, for what is due in a second.
          maxWorkers: 3,
        },
      },
      {
        test: {
          ...common,
          name: 'processes',
          include: ['server/test/processes/*.test.ts'],
          globalSetup: ['server/test/support/stock.ts'],
          // Each of them runs several servers.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
