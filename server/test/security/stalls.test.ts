import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Operation } from '../../src/http/operation.ts'
import { buildOffice, buildPlatformApp, nameOf, operations, pathOf, send, type Office } from '../contract/support.ts'
import { startTestApp, type Client } from '../support.ts'
import { watchStalls } from '../support/stalls.ts'

const t = startTestApp({ ENABLE_RACK_ATTACK: 'false' })
const stalls = watchStalls()
afterAll(() => stalls.stop())

let office: Office
let platform: Client
let person: Client
beforeAll(async () => {
  office = await buildOffice(t)
  platform = t.with({ api_access_token: (await buildPlatformApp(t)).token })
  person = t.as(await t.buildPerson())
})

const JSON_TYPE = { 'content-type': 'application/json' }
/** Enough for what grows with the square of it to take seconds. */
const LENGTH = 40_000
const many = (text: string, length = LENGTH) => text.repeat(Math.floor(length / text.length))

/** What makes a backtracking pattern think, and what is merely much; none with a character that JSON escapes. */
const LONG = ['x', ' ', '0', 'a@', '@a.a', '-', '<', '](', '{{', '*', '`', 'http://', '+1']
/** As many values as a body may have. */
const repeated = (text: string) => `[${Array.from({ length: 19_000 }, () => text).join()}]`
const LISTS = ['1', '"a"', '{}', '[]'].map(repeated)
const BAGS = [
  `{${Array.from({ length: 19_000 }, (_, i) => `"k${i}":1`).join()}}`,
  `{"a":${many('[', 40)}1${many(']', 40)}}`,
  `{"a":${repeated('{"b":1}')}}`,
  `{"a":"${many('x')}"}`,
]

/** One body for each value, in all fields of that kind at once; but a list or a bag fills a body by itself. */
function bodiesOf(operation: Operation, kind: 'string' | 'array' | 'object'): string[] {
  const takes = Object.entries(operation.body?.properties ?? {}).flatMap(([field, schema]) =>
    JSON.stringify(schema).includes(`"${kind}"`) ? [field] : [],
  )
  const length = Math.min(LENGTH, (operation.bodyLimit * 0.9) / takes.length)
  const together = LONG.map((text) => `{${takes.map((field) => `"${field}":"${many(text, length)}"`).join()}}`)
  const apart = takes.flatMap((field) => (kind === 'array' ? LISTS : BAGS).map((value) => `{"${field}":${value}}`))
  const bodies = kind !== 'string' ? apart : takes.length ? [...together, BAGS[0]!] : [BAGS[0]!]
  return bodies.map((text) => (operation.wrapper ? `{"${operation.wrapper}":${text}}` : text))
}

function clientFor(operation: Operation): Client {
  if (operation.family === 'platform') return platform
  if (operation.access === 'user') return person
  return ['nobody', 'client'].includes(operation.access) ? t.anyone : office.admin
}

// Bags are kept, and shown again by whatever follows: so they come last.
it.each(['string', 'array', 'object'] as const)(
  'no %s that is sent holds the others up for more than 50 ms (CVE-2021-3649)',
  async (kind) => {
    const problems: string[] = []
    for (const operation of operations.filter((one) => one.method !== 'GET' && one.body)) {
      for (const body of bodiesOf(operation, kind)) {
        // The best of a few: what is compiled or collected the first time is not for the sender to choose.
        let stall = Infinity
        let status = 0
        for (let tries = 0; tries < 8 && stall > 50; tries++) {
          stalls.reset()
          ;({ status } = await send(clientFor(operation), operation, pathOf(operation, office), body, JSON_TYPE))
          stall = Math.min(stall, stalls.longest())
        }
        if (stall > 50 || status >= 500)
          problems.push(`${nameOf(operation)} ${body.slice(0, 60)} → ${status}, ${stall.toFixed(0)} ms`)
      }
    }
    expect(problems).toEqual([])
  },
  120_000,
)

it('more values than any field needs are refused before they are read', async () => {
  const path = `${office.base}/contacts/${office.ids.contacts}/destroy_custom_attributes`
  stalls.reset()
  const { status, body } = await office.admin.post(path, `{"custom_attributes":[${'1,'.repeat(100_000)}1]}`, JSON_TYPE)
  expect([status, body]).toEqual([413, { error: 'The body holds too many values' }])
  const form = (pairs: number) => office.admin.post(path, new URLSearchParams('custom_attributes[]=a&'.repeat(pairs)))
  expect([(await form(5000)).status, (await form(4000)).status]).toEqual([400, 200])
  expect(stalls.longest()).toBeLessThan(250)
})

const MARKS = ['*_', '_', '> ', '[a](b ', '<a', '`', '- *a_\n', '\n', '&']

it('no text holds the others up while it becomes HTML for a webhook', async () => {
  const received: string[] = []
  const receiver = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => received.push(String(chunk))).on('end', () => response.end())
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const { base, admin } = office
  await admin.post(`${base}/webhooks`, { url, subscriptions: ['message_created'] })
  const channel = { type: 'web_widget', website_url: 'https://site.test' }
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Site', channel })
  const { body: talk } = await admin.post(`${base}/conversations`, {
    inbox_id: inbox.id,
    contact_id: office.ids.contacts,
  })
  const problems: string[] = []
  for (const marks of MARKS) {
    let stall = Infinity
    for (let tries = 0; tries < 8 && stall > 50; tries++) {
      received.length = 0
      stalls.reset()
      await admin.post(`${base}/conversations/${talk.id}/messages`, { content: `begin${many(marks, 140_000)}end` })
      await vi.waitFor(() => expect(received.join('')).toMatch(/<p>begin[^]*end<[^]*"event":"message_created"/), {
        timeout: 10_000,
      })
      stall = Math.min(stall, stalls.longest())
    }
    if (stall > 50) problems.push(`${JSON.stringify(marks)}: ${stall.toFixed(0)} ms`)
  }
  receiver.close()
  expect(problems).toEqual([])
}, 120_000)
