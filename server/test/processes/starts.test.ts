import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, it } from 'vitest'
import { schedule } from '../../src/catalog/schedule.ts'
import { realServer } from '../support/server.ts'
import { ask, createDatabase } from '../support/stock-postgres.ts'

const folder = mkdtempSync(join(tmpdir(), 'parley-starts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PARTS = ['web,cable', 'web,cable,worker', 'worker']

it(
  'three processes that start at once on an empty database make one desk between them',
  { timeout: 120_000 },
  async () => {
    const DATABASE_URL = await createDatabase(inject('stock'))
    const servers = await Promise.all(
      PARTS.map((PARLEY_RUN) =>
        realServer(folder, { DATABASE_URL, PARLEY_RUN, NODE_ENV: 'development', LOG_LEVEL: 'warn' }),
      ),
    )
    try {
      await Promise.all(servers.map((server) => server.start()))
      await expect
        .poll(() => servers.filter((server) => server.output().includes('A demo desk was made')).length, {
          timeout: 20_000,
        })
        .toBe(1)
      const [{ desks }] = await ask(DATABASE_URL, 'select count(*)::integer as desks from accounts')
      expect(desks).toBe(1)
      const said = servers.map((server) => server.output())
      expect(said.filter((text) => text.includes('0001_chatwoot'))).toHaveLength(1)
      expect(said.filter((text) => /error|warn|duplicate/i.test(text))).toEqual([])
      const crons = async () =>
        (await ask(DATABASE_URL, 'select identifier from parley_jobs._private_known_crontabs')).map(
          (one) => one.identifier,
        )
      await expect.poll(async () => (await crons()).sort()).toEqual(Object.keys(schedule).sort())
      const answers = await Promise.all(
        servers.map((server) => fetch(`${server.base}/api`).then((answer) => answer.json())),
      )
      expect(answers).toMatchObject(servers.map(() => ({ queue_services: 'ok', data_services: 'ok' })))
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
    }
  },
)

it('two that set up at once make one installation', { timeout: 60_000 }, async () => {
  const DATABASE_URL = await createDatabase(inject('stock'))
  const servers = await Promise.all([1, 2].map(() => realServer(folder, { DATABASE_URL })))
  const ended = await Promise.all(servers.map((server) => server.command('setup', '--json')))
  expect(ended.map(({ status }) => status).sort()).toEqual([0, 1])
  expect(ended.find(({ status }) => status)!.stderr).toContain('is set up already')
})
