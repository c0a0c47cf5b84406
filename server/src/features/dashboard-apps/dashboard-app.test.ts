import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  return { account, agent: t.as(account.agent), apps: `/api/v1/accounts/${account.id}/dashboard_apps` }
}
const frame = (url: unknown, type: unknown = 'frame') => ({ url, type })

it('any agent makes, changes and removes them', async () => {
  const { account, agent, apps } = await office()
  const content = [frame('https://orders.example.test/a'), frame('http://localhost:3000/b?c=d#e')]
  const { body: made } = await agent.post(apps, { title: 'Orders', content })
  expect(made).toEqual({ id: made.id, title: 'Orders', content, created_at: made.created_at })
  expect(made.created_at).toMatch(/^\d{4}-.*\.\d{3}Z$/)
  const { rows } = await t.database.pool.query('select user_id from dashboard_apps where id = $1', [made.id])
  expect(rows).toEqual([{ user_id: account.agent.id }])
  const { body: changed } = await agent.put(`${apps}/${made.id}`, { dashboard_app: { title: 'All orders' } })
  expect(changed).toEqual({ ...made, title: 'All orders' })
  expect((await agent.get(apps)).body).toEqual([changed])
  expect((await agent.get(`${apps}/${made.id}`)).body).toEqual(changed)
  const gone = await agent.delete(`${apps}/${made.id}`)
  expect([gone.status, gone.text]).toEqual([204, ''])
  expect((await agent.get(`${apps}/${made.id}`)).status).toBe(404)
})

it('shows pages of the web in frames, and nothing else', async () => {
  const { agent, apps } = await office()
  const { body: made } = await agent.post(apps, { title: 'Orders', content: [frame('https://a.test/')] })
  const refused = { message: 'Content : Invalid data', attributes: ['content'] }
  for (const content of [
    undefined,
    null,
    [],
    'frame',
    [frame('https://a.test/', 'window')],
    [{ url: 'https://a.test/' }],
    [{ type: 'frame' }],
    ...[
      'javascript:alert(1)',
      'JavaScript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'vbscript:x',
      'file:///etc/passwd',
      '//a.test/',
      'a.test',
      'https://',
      'https:///a',
      'javascript:alert(1)//\nhttps://a.test/',
      'https://a.test/\njavascript:alert(1)',
      null,
    ].map((url) => [frame('https://a.test/'), frame(url)]),
  ]) {
    expect([content, (await agent.post(apps, { title: 'Bad', content })).body]).toEqual([content, refused])
    if (content !== undefined) {
      const { body } = await agent.patch(`${apps}/${made.id}`, { title: 'Bad', content })
      expect([content, body]).toEqual([content, content === 'frame' ? { ...made, title: 'Bad' } : refused])
    }
  }
  expect((await agent.get(apps)).body).toHaveLength(1)
})

it('has a title, of 255 characters at most', async () => {
  const { agent, apps } = await office()
  const content = [frame('https://a.test/')]
  const make = async (title?: string) => (await agent.post(apps, { title, content })).body
  expect(await make()).toEqual({ message: "Title can't be blank", attributes: ['title'] })
  expect(await make('x'.repeat(256))).toMatchObject({ message: 'Title is too long (maximum is 255 characters)' })
  expect(await make('😀'.repeat(255))).toMatchObject({ content })
})
