import type { LookupAddress } from 'node:dns'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSafeFetch, safeFetch } from '../../src/lib/safe-fetch.ts'
import { startTestApp } from '../support.ts'

// CVE-2026-5205 and its kin: addresses that people give must not reach the inside of a network.
const guarded = startTestApp({ WEBHOOK_ALLOW_PRIVATE_NETWORK: 'false' })

let inside: Server
let port = 0
const met: string[] = []
beforeAll(async () => {
  inside = createServer((request, response) => {
    met.push(request.url!)
    // Each call makes a connection of its own.
    response.setHeader('connection', 'close')
    response.setHeader('x-reached', request.socket.localAddress!.replace('::ffff:', ''))
    if (request.url === '/redirect') response.writeHead(302, { location: '/secret' })
    const [, status, to] = /^\/(30\d)\?(.*)/.exec(request.url!) ?? []
    if (status) response.writeHead(Number(status), { location: decodeURIComponent(to!) })
    response.end('inside')
  })
  await new Promise<void>((resolve) => inside.listen(0, resolve))
  port = (inside.address() as AddressInfo).port
})
afterAll(() => inside.close())

// One machine, in the ways there are to write it.
const SPELLINGS = [
  '127.0.0.1',
  'localhost',
  'LOCALHOST.',
  '2130706433',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0x7f000001',
  '127.1',
  '0',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '127.0.0.2',
  '①②⑦.0.0.1',
]

it.each(SPELLINGS)('loopback written as %s is refused', async (host) => {
  met.length = 0
  await expect(safeFetch(`http://${host}:${port}/`)).rejects.toThrow()
  expect(met).toEqual([])
})

it.each([
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '[fd00::1]',
  '[fe80::1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
])('the private address %s is refused before anything is sent', async (host) => {
  await expect(safeFetch(`http://${host}:${port}/`)).rejects.toThrow(/private network/)
})

it.each([
  'file:///etc/passwd',
  'ftp://127.0.0.1/',
  'gopher://127.0.0.1/',
  'http://user:pass@example.test/',
  'javascript:alert(1)',
  'http://',
])('%s is no address to call', async (address) => {
  await expect(safeFetch(address, { allowPrivateNetwork: true })).rejects.toThrow()
})

it('a redirect is not followed', async () => {
  met.length = 0
  const { status } = await safeFetch(`http://127.0.0.1:${port}/redirect`, { allowPrivateNetwork: true })
  expect([status, met]).toEqual([302, ['/redirect']])
})

// A world in which one loopback address is public and one is inside, and names lead where a test says, another way each time.
const OUTSIDE = '127.0.0.2'
const INSIDE = '127.0.0.1'

function fetchIn(names: Record<string, string[][]>) {
  const asked: string[] = []
  const lookup = (name: string, _options: object, callback: (error: Error | null, found: LookupAddress[]) => void) => {
    asked.push(name)
    const found = names[name]!
    const addresses = found.length > 1 ? found.shift()! : found[0]!
    // As a resolver does: later.
    setImmediate(() =>
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      ),
    )
  }
  const fetch = createSafeFetch({ lookup: lookup as never, isPublic: (address) => address === OUTSIDE })
  return { fetch, asked }
}

it('a name that leads outside when it is checked and inside a moment later is called where it was checked', async () => {
  met.length = 0
  const { fetch, asked } = fetchIn({ 'rebind.test': [[OUTSIDE], [INSIDE]] })
  const url = `http://rebind.test:${port}/`
  const { headers } = await fetch(url)
  expect([headers['x-reached'], asked]).toEqual([OUTSIDE, ['rebind.test']])
  await expect(fetch(url)).rejects.toThrow(/private network/)
  expect(asked).toEqual(['rebind.test', 'rebind.test'])
  expect(met).toEqual(['/'])
})

it('a name that leads outside and inside at once is not called at all', async () => {
  met.length = 0
  for (const both of [
    [OUTSIDE, INSIDE],
    [INSIDE, OUTSIDE],
  ]) {
    const { fetch } = fetchIn({ 'both.test': [both] })
    await expect(fetch(`http://both.test:${port}/`)).rejects.toThrow(/private network/)
  }
  expect(met).toEqual([])
})

it.each([
  [301, 'http://inside.test/'],
  [302, 'http://inside.test/'],
  [307, 'http://inside.test/'],
  [308, 'http://inside.test/'],
])('a redirect of kind %i is not followed, whatever it was asked', async (status, to) => {
  met.length = 0
  const { fetch, asked } = fetchIn({ 'outside.test': [[OUTSIDE]], 'inside.test': [[INSIDE]] })
  const path = `/${status}?${encodeURIComponent(to)}`
  const answer = await fetch(`http://outside.test:${port}${path}`, { followSeeOther: true })
  expect([answer.status, met, asked]).toEqual([status, [path], ['outside.test']])
})

it('a 303 is checked as the first address was: by name, by number and by kind', async () => {
  for (const to of [
    `http://${INSIDE}:${port}/secret`,
    `//${INSIDE}:${port}/secret`,
    `http://inside.test:${port}/secret`,
    `http://[::1]:${port}/secret`,
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'javascript:alert(1)',
    `http://${OUTSIDE}\\@${INSIDE}:${port}/secret`,
  ]) {
    met.length = 0
    const { fetch } = fetchIn({ 'outside.test': [[OUTSIDE]], 'inside.test': [[INSIDE]] })
    const path = `/303?${encodeURIComponent(to)}`
    await expect(fetch(`http://outside.test:${port}${path}`, { followSeeOther: true }), to).rejects.toThrow()
    expect([to, met]).toEqual([to, [path]])
  }
})

it('a chain of 303 is followed once, and a name that changes between is checked anew', async () => {
  met.length = 0
  const { fetch } = fetchIn({ 'outside.test': [[OUTSIDE]], 'turning.test': [[OUTSIDE], [INSIDE]] })
  const last = `/303?${encodeURIComponent(`http://${INSIDE}:${port}/secret`)}`
  const first = `/303?${encodeURIComponent(`http://turning.test:${port}${last}`)}`
  const { status } = await fetch(`http://outside.test:${port}${first}`, { followSeeOther: true })
  expect([status, met]).toEqual([303, [first, last]])
})

it('neither a webhook, an inbox, a bot, a picture nor a macro reaches the inside', async () => {
  met.length = 0
  const account = await guarded.buildAccount()
  const admin = guarded.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const url = `http://localhost:${port}`
  await admin.post(`${base}/webhooks`, {
    url: `${url}/webhook`,
    subscriptions: ['contact_created', 'conversation_created', 'message_created'],
  })
  const inbox = (
    await admin.post(`${base}/inboxes`, { name: 'API', channel: { type: 'api', webhook_url: `${url}/inbox` } })
  ).body
  const bot = (
    await admin.post(`${base}/agent_bots`, { name: 'Bot', outgoing_url: `${url}/bot`, avatar_url: `${url}/bot.png` })
  ).body
  await admin.post(`${base}/inboxes/${inbox.id}/set_agent_bot`, { agent_bot: bot.id })
  const made = (await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id, avatar_url: `${url}/ada.png` }))
    .body.payload
  const conversation = await admin.post(`${base}/conversations`, {
    source_id: made.contact_inbox.source_id,
    inbox_id: inbox.id,
  })
  expect(conversation.status).toBe(200)
  await admin.post(`${base}/conversations/${conversation.body.id}/messages`, {
    content: 'Hello',
    message_type: 'incoming',
  })
  const { body: macro } = await admin.post(`${base}/macros`, {
    name: 'Tell',
    actions: [{ action_name: 'send_webhook_event', action_params: [`${url}/macro`] }],
  })
  const ids = { conversation_ids: [conversation.body.id] }
  expect((await admin.post(`${base}/macros/${macro.payload.id}/execute`, ids)).status).toBe(200)
  // Each delivery has had its first try when it says why it failed.
  await expect
    .poll(
      async () => {
        const { rows } = await guarded.database.pool.query(
          'select last_error from parley.deliveries where account_id = $1',
          [account.id],
        )
        return rows.some((row) => /private network/.test(row.last_error ?? ''))
      },
      { timeout: 10_000 },
    )
    .toBe(true)
  await expect
    .poll(
      async () => {
        const { rowCount } = await guarded.database.pool.query(
          `select 1 from parley_jobs.jobs where task_identifier like '%avatar%' and attempts = 0
             or task_identifier like 'actions.%'`,
        )
        return rowCount
      },
      { timeout: 10_000 },
    )
    .toBe(0)
  expect(met).toEqual([])
})
