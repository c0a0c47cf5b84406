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
    const { rows } = await t.database.pool.query(
      'select name, taggings_count from tags where name = any($1) order by id',
      [names],
    )
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

it('a conversation shows its labels in the order in which they were last sent, before and after a renaming', async () => {
  const { account, admin, base } = await office()
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' } })
  const { body: contact } = await admin.post(`${base}/contacts`, {
    name: 'Ada',
    inbox_id: inbox.id,
    source_id: t.unique('ada'),
  })
  const { source_id } = contact.payload.contact_inbox
  const { body: conversation } = await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })
  const labels = `${base}/conversations/${conversation.id}/labels`
  await admin.post(labels, { labels: ['vip'] })
  await admin.post(labels, { labels: ['one, two', 'vip'] })
  expect((await admin.get(labels)).body).toEqual({ payload: ['one', 'two', 'vip'] })
  await t.run((ctx) => renameLabel(ctx, { account_id: account.id, from: 'one', to: 'three' }))
  expect((await admin.get(labels)).body).toEqual({ payload: ['two', 'vip', 'three'] })
})
