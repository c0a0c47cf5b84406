import { expect, it } from 'vitest'
import { startTestApp, type TestAccount } from '../../../test/support.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  return { account, agent: t.as(account.agent), filters: `/api/v1/accounts/${account.id}/custom_filters` }
}

/** So many of an agent's that one more is one too many. */
async function fill(account: TestAccount, count: number, query = '{}') {
  await t.database.pool.query(
    `insert into custom_filters (name, account_id, user_id, query, created_at, updated_at)
     select 'Many', $1, $2, $4::jsonb, now(), now() from generate_series(1, $3)`,
    [account.id, account.agent.id, count, query],
  )
}

it('a filter is its owner’s alone, whoever else works in the account', async () => {
  const { account, agent, filters } = await office()
  const { body } = await agent.post(filters, { name: 'Mine', query: { payload: [] } })
  const admin = t.as(account.administrator)
  expect((await admin.get(filters)).body).toEqual([])
  for (const verb of ['get', 'patch', 'delete'] as const) {
    expect((await admin[verb](`${filters}/${body.id}`, verb === 'patch' ? { name: 'Theirs' } : undefined)).status).toBe(
      404,
    )
  }
  expect((await agent.get(filters)).body).toEqual([body])
})

it('a filter without a query has the text that Chatwoot shows, and keeps the one it has', async () => {
  const { agent, filters } = await office()
  const { body } = await agent.post(filters, { name: 'Bare', filter_type: 1 })
  expect(body).toMatchObject({ query: '{}', filter_type: 'contact' })
  const query = { payload: [{ attribute_key: 'name', values: [null, 'a'] }], note: null }
  expect((await agent.patch(`${filters}/${body.id}`, { query })).body.query).toEqual({
    payload: [{ attribute_key: 'name', values: ['a'] }],
    note: null,
  })
  expect((await agent.patch(`${filters}/${body.id}`, { name: 'Dressed', query: null })).body).toMatchObject({
    name: 'Dressed',
    query: { note: null },
    filter_type: 'contact',
  })
})

it('a list is of one type, of conversations where none is named', async () => {
  const { agent, filters } = await office()
  for (const filter_type of ['conversation', 'contact', 'report']) await agent.post(filters, { name: 'F', filter_type })
  const types = async (query: string) => (await agent.get(filters + query)).body.map((one: any) => one.filter_type)
  const found = await Promise.all(['', '?filter_type=2', '?filter_type=contact', '?filter_type=odd'].map(types))
  expect(found).toEqual([['conversation'], ['report'], ['contact'], []])
})

it('a name and a type are needed', async () => {
  const { agent, filters } = await office()
  for (const [field, body] of [
    ['name', { query: {} }],
    ['name', { name: 'n'.repeat(256) }],
    ['filter_type', { name: 'F', filter_type: null }],
    ['filter_type', { name: 'F', filter_type: 'odd' }],
  ] as const) {
    const answer = await agent.post(filters, body)
    expect([body, answer.status, answer.body.attributes]).toEqual([body, 422, [field]])
  }
})

it('of a thousand filters each can be changed, and no other made', async () => {
  const { account, agent, filters } = await office()
  await fill(account, 999)
  const [one, other] = await Promise.all([agent.post(filters, { name: 'One' }), agent.post(filters, { name: 'Other' })])
  const [refused] = [one, other].filter(({ status }) => status === 422)
  const [made] = [one, other].filter(({ status }) => status === 200)
  expect(refused!.body).toEqual({
    message: 'Account Limit reached. The maximum number of allowed custom filters for a user per account is 1000.',
    attributes: ['account_id'],
  })
  expect((await agent.patch(`${filters}/${made!.body.id}`, { name: 'Still' })).status).toBe(200)
  expect((await t.as(account.administrator).post(filters, { name: 'Theirs' })).status).toBe(200)
})

it('the filters of a person fit into one answer', async () => {
  const { account, agent, filters } = await office()
  await fill(account, 20, JSON.stringify({ text: 'x'.repeat(50_000) }))
  const { status, body } = await agent.post(filters, { name: 'More', query: { text: 'x'.repeat(60_000) } })
  expect([status, body.attributes]).toEqual([422, ['query']])
  expect((await agent.post(filters, { name: 'Small' })).status).toBe(200)
})
