import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['examples/**/*.browser.test.ts', 'server/**/*.browser.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['server/test/support/database.ts'],
    pool: 'threads',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
})
