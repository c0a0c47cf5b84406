import { Writable } from 'node:stream'
import { pino } from 'pino'
import { beforeAll, expect, it } from 'vitest'
import { buildOffice, operations, pathOf, type Office } from '../contract/support.ts'
import { PASSWORD, startTestApp } from '../support.ts'

const t = startTestApp()

let office: Office
const lines: string[] = []
beforeAll(async () => {
  // All that the server says while these tests run, as loud as it can be.
  t.app.log = pino(
    { level: 'trace' },
    new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }),
  )
  office = await buildOffice(t)
})

const INJECTIONS = [
  `' OR 1=1 --`,
  `'; drop table messages; --`,
  `") or ("1"="1`,
  '1) union select token from access_tokens --',
  `\\'; select pg_sleep(9); --`,
  '$1',
  '%',
  '{}',
]

it('SQL in a query value or a list of labels stays text (CVE-2025-21628, CVE-2026-44706)', async () => {
  const { pool } = t.database
  const count = async () =>
    (
      await pool.query(
        'select (select count(*) from messages where message_type <> 2) as m, (select count(*) from access_tokens) as a',
      )
    ).rows
  const before = await count()
  const secrets = (await pool.query('select token from access_tokens')).rows.map((row) => row.token as string)
  const problems: string[] = []
  for (const operation of operations.filter((one) => one.method === 'GET' && one.query)) {
    for (const field of Object.keys(operation.query!.properties)) {
      for (const value of INJECTIONS) {
        for (const name of [field, `${field}[]`]) {
          const path = `${pathOf(operation, office)}?${new URLSearchParams({ [name]: value })}`
          const { status, text } = await (operation.family === 'client' ? t.anyone : office.admin).get(path)
          if (status >= 500 || /syntax error|SQLSTATE/i.test(text))
            problems.push(`${path}: ${status} ${text.slice(0, 100)}`)
          if (secrets.some((secret) => text.includes(secret)) && !operation.id.startsWith('agent_bots'))
            problems.push(`${path} shows a token`)
        }
      }
    }
  }
  expect(problems).toEqual([])
  expect(await count()).toEqual(before)
}, 120_000)

it('text with markup comes back as JSON text, and pages run no script of others', async () => {
  const script = '<script>alert(1)</script>'
  const { headers, status } = await office.admin.post(
    `${office.base}/conversations/${office.ids.conversations}/messages`,
    { content: script },
  )
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('application/json')])
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  for (const path of ['/swagger', `/survey/responses/${office.texts.conversation_uuid}`]) {
    const page = await t.anyone.get(path, undefined, { accept: 'text/html' })
    const policy = page.headers.get('content-security-policy') ?? ''
    expect([path, page.status < 500, policy]).toEqual([path, true, expect.stringContaining('script-src')])
    const scripts = /script-src([^;]*)/.exec(policy)![1]
    expect([path, scripts]).toEqual([path, expect.not.stringContaining('unsafe-inline')])
    expect(page.text).not.toMatch(/<script>[^<]|\son\w+=/)
  }
})

it('a visitor reaches its own conversations only', async () => {
  const other = await buildOffice(t)
  const visitor = (inbox: string, source: string) => `/public/api/v1/inboxes/${inbox}/contacts/${source}`
  const { inbox_identifier: inbox, source_id: source } = office.texts
  // The contact of one inbox under the address of another one, and the numbers of somebody else.
  expect((await t.anyone.get(visitor(inbox, other.texts.source_id))).status).toBe(404)
  expect((await t.anyone.get(`${visitor(other.texts.inbox_identifier, source)}/conversations`)).status).toBe(404)
  const stranger = (await t.anyone.post(`/public/api/v1/inboxes/${inbox}/contacts`, { name: 'Eve' })).body
  const number = office.ids.conversations
  for (const [verb, path] of [
    ['get', `conversations/${number}`],
    ['get', `conversations/${number}/messages`],
    ['post', `conversations/${number}/messages`],
    ['post', `conversations/${number}/toggle_status`],
    ['post', `conversations/${number}/update_last_seen`],
    ['patch', `conversations/${number}/messages/${office.ids.messages}`],
  ] as const) {
    const answer = await t.anyone[verb](
      `${visitor(inbox, stranger.source_id)}/${path}`,
      verb === 'get' ? undefined : { content: 'x', submitted_values: [] },
    )
    expect([path, answer.status, answer.text.includes(office.mark)]).toEqual([path, 404, false])
  }
})

it('no secret stands in the log (CVE-2022-1021)', async () => {
  const { administrator } = office.account
  await t.anyone.post('/auth/sign_in', { email: administrator.email, password: PASSWORD })
  await t.anyone.post('/auth/sign_in', { email: administrator.email, password: 'Wr0ng!Passw0rd' })
  await office.admin.put('/api/v1/profile', {
    profile: { current_password: 'Wr0ng!Passw0rd', password: 'N3w!Passw0rd', password_confirmation: 'N3w!Passw0rd' },
  })
  // A request that breaks is told in full: here by a database that says no.
  await t.database.pool.query("alter table labels add constraint no_more check (title <> 'breaks')")
  const broken = await office.admin.post(`${office.base}/labels`, { title: 'breaks' })
  await t.database.pool.query('alter table labels drop constraint no_more')
  expect([broken.status, broken.text]).toEqual([500, expect.not.stringMatching(/no_more|labels/)])
  expect(lines.some((line) => line.includes('a request broke'))).toBe(true)
  // A database tells a whole row to say what is wrong with it.
  await t.database.pool.query("alter table users add constraint no_more check (name <> 'breaks') not valid")
  expect((await office.admin.put('/api/v1/profile', { profile: { name: 'breaks' } })).status).toBe(500)
  await t.database.pool.query('alter table users drop constraint no_more')
  const { rows } = await t.database.pool.query('select token from access_tokens')
  const secrets = [
    PASSWORD,
    'Wr0ng!Passw0rd',
    'N3w!Passw0rd',
    administrator.pubsub_token,
    'a'.repeat(128),
    ...rows.map((row) => row.token as string),
  ]
  expect(lines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([])
})
