import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { renameLabel } from './label.jobs.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body } = await admin.post(`${base}/contacts`, { name: 'Ada' })
  return { account, admin, base, labelsOf: `${base}/contacts/${body.payload.contact.id}/labels` }
}

it('tags are parted at commas, kept once and counted', async () => {
  const { admin, labelsOf } = await office()
  const names = [t.unique('vip'), t.unique('late')]
  expect((await admin.post(labelsOf, { labels: [names.join(', '), `${names[0]} `] })).body).toEqual({ payload: names })
  const count = async () => {
    const { rows } = await t.database.pool.query('select name, taggings_count from tags where name = any($1) order by id', [names])
    return Object.fromEntries(rows.map((row) => [row.name, row.taggings_count]))
  }
  expect(await count()).toEqual({ [names[0]!]: 1, [names[1]!]: 1 })
  await admin.post(labelsOf, { labels: [names[1]] })
  expect(await count()).toEqual({ [names[0]!]: 0, [names[1]!]: 1 })
  expect((await admin.get(labelsOf)).body).toEqual({ payload: [names[1]] })
})

it('a renamed label is renamed on what carries it, in its own account only', async () => {
  const here = await office()
  const there = await office()
  const old = t.unique('old')
  for (const { admin, labelsOf } of [here, there]) await admin.post(labelsOf, { labels: [old] })
  await t.run((ctx) => renameLabel(ctx, { account_id: here.account.id, from: old, to: 'fresh' }))
  expect((await here.admin.get(here.labelsOf)).body).toEqual({ payload: ['fresh'] })
  expect((await there.admin.get(there.labelsOf)).body).toEqual({ payload: [old] })
})

it('a title is made of letters, digits, hyphens and underscores', async () => {
  const { admin, base } = await office()
  const titles = { 'two words': 422, x: 422, '-ab': 422, größe: 200, 'a-b_c': 200, [`a${'b'.repeat(255)}`]: 422 }
  for (const [title, status] of Object.entries(titles)) {
    expect([title, (await admin.post(`${base}/labels`, { title })).status]).toEqual([title, status])
  }
})
