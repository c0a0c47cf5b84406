import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  return { agent: t.as(account.agent), canned: `/api/v1/accounts/${account.id}/canned_responses` }
}

it('any agent makes, changes and removes them', async () => {
  const { agent, canned } = await office()
  const { status, body: made } = await agent.post(canned, { short_code: 'hours', content: 'From nine to five' })
  expect(status).toBe(200)
  expect(made).toMatchObject({ short_code: 'hours', content: 'From nine to five', updated_at: made.created_at })
  const { body: changed } = await agent.put(`${canned}/${made.id}`, { canned_response: { content: 'From eight' } })
  expect(changed).toEqual({ ...made, content: 'From eight', updated_at: changed.updated_at })
  expect((await agent.get(canned)).body).toEqual([changed])
  expect((await agent.delete(`${canned}/${made.id}`)).text).toBe('')
  expect((await agent.get(canned)).body).toEqual([])
  expect((await agent.patch(`${canned}/${made.id}`, { content: 'Late' })).status).toBe(404)
})

it('a search shows first what begins so, and nothing of other accounts', async () => {
  const [here, there] = [await office(), await office()]
  await there.agent.post(there.canned, { short_code: 'help', content: 'theirs' })
  for (const [short_code, content] of [
    ['bye', 'Say hello later'],
    ['shelf', 'It is on the shelf'],
    ['help', 'We are happy to'],
    ['Hello', 'Hello'],
    ['other', 'Nothing of it'],
  ]) {
    await here.agent.post(here.canned, { short_code, content })
  }
  const found = async (search: string) =>
    (await here.agent.get(`${here.canned}?search=${encodeURIComponent(search)}`)).body.map(
      (one: { short_code: string }) => one.short_code,
    )
  expect(await found('hel')).toEqual(['help', 'Hello', 'shelf', 'bye'])
  expect(await found('SHELF')).toEqual(['shelf'])
  expect(await found('zebra')).toEqual([])
  expect(await found('\\')).toEqual([])
  expect(await found(' ')).toEqual(['bye', 'shelf', 'help', 'Hello', 'other'])
})

it('refuses what is blank, too long or there already', async () => {
  const { agent, canned } = await office()
  const refused = async (body: object) => (await agent.post(canned, body)).body.message
  expect(await refused({ short_code: ' ' })).toBe("Content can't be blank, Short code can't be blank")
  expect(await refused({ short_code: 'x'.repeat(256), content: 'y' })).toBe(
    'Short code is too long (maximum is 255 characters)',
  )
  const { body: one } = await agent.post(canned, { short_code: 'one', content: 'One' })
  const { body: two } = await agent.post(canned, { short_code: 'One', content: 'With a capital' })
  expect(await refused({ short_code: 'one', content: 'Again' })).toBe('Short code has already been taken')
  expect((await agent.patch(`${canned}/${two.id}`, { short_code: 'one' })).body.attributes).toEqual(['short_code'])
  expect((await agent.patch(`${canned}/${one.id}`, { short_code: 'one', content: 'Same' })).status).toBe(200)
  expect((await agent.patch(`${canned}/${one.id}`, { content: null })).body.message).toBe("Content can't be blank")
})

it('of many who want a short code at the same time, one has it', async () => {
  const { agent, canned } = await office()
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, at) => agent.post(canned, { short_code: 'race', content: `${at}` })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 422)])
})
