import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildOffice, nameOf, operations, pathOf, send, type Office } from '../contract/support.ts'
import { startTestApp, type Answer } from '../support.ts'

// What a stranger can learn of the inside of a server in production, also where it breaks: nothing.
const t = startTestApp({ NODE_ENV: 'production' })

let office: Office
const answers: [what: string, answer: Answer][] = []

const LOST = [
  'users',
  'accounts',
  'access_tokens',
  'conversations',
  'contact_inboxes',
  'channel_api',
  'active_storage_blobs',
]
const rename = (from: string, to: string) => t.database.pool.query(`alter table ${from} rename to ${to}`)

const PAGES = [
  '/',
  '/nowhere',
  '/health',
  '/swagger/swagger.json',
  '/survey/responses/0d1d9e4a-0000-4000-8000-000000000000',
  '/rails/active_storage/blobs/redirect/broken/file.png',
  '/api/v1/profile.xml',
  '/api/v1/profile?a=%ff',
  '/%ff',
]

beforeAll(async () => {
  office = await buildOffice(t)
  await ask('well')
  // The database is not as the server expects it: every statement that asks these tables is a fault of its own.
  for (const table of LOST) await rename(table, `lost_${table}`)
  await ask('broken')
})
afterAll(async () => {
  for (const table of LOST) await rename(`lost_${table}`, table)
})

async function ask(state: string): Promise<void> {
  for (const operation of operations) {
    if (state === 'well' && operation.method !== 'GET') continue
    const client = operation.family === 'application' ? office.admin : t.anyone
    const answer = await send(client, operation, pathOf(operation, office), { email: 'a@example.test', password: 'x' })
    answers.push([`${nameOf(operation)}, ${state}`, answer])
  }
  for (const path of PAGES) answers.push([`GET ${path}, ${state}`, await t.anyone.get(path)])
}

it('a fault is told as one, and in no word more', () => {
  const faults = answers.filter(([, { status }]) => status === 500)
  expect(faults.length).toBeGreaterThan(60)
  const told = new Set(faults.map(([, { text }]) => text))
  expect([...told]).toEqual(['{"status":500,"error":"Internal Server Error"}'])
})

it('no answer holds a stack, a statement, a path of the server or a name of a table that is lost', () => {
  const inside = /\bat .+:\d+:\d+|node_modules|\/server\/src|relation .*does not exist|42P01|select .+ from |lost_/
  expect(
    answers.filter(([, { text }]) => inside.test(text)).map(([what, { text }]) => [what, text.slice(0, 200)]),
  ).toEqual([])
})

it('every answer has the headers that keep browsers from guessing, and none that names the software or is kept as a cookie', () => {
  const wrong = answers.filter(
    ([, { headers }]) =>
      headers.get('x-content-type-options') !== 'nosniff' ||
      headers.get('x-frame-options') !== 'SAMEORIGIN' ||
      !headers.get('x-request-id') ||
      ['set-cookie', 'server', 'x-powered-by'].some((name) => headers.has(name)),
  )
  expect(wrong.map(([what, { headers }]) => [what, ...headers.keys()])).toEqual([])
})

it('what is no HTTP is refused without a word about the server', async () => {
  for (const bytes of [
    'NONSENSE\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(Number(new URL(t.base).port), '127.0.0.1', () => socket.write(bytes))
      socket.on('data', (data) => (text += data.toString()))
      socket.on('close', () => resolve(text))
      socket.on('error', () => {})
    })
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(answer).not.toMatch(/fastify|node|HPE_|stack/i)
  }
})
