import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { humanize } from '../../src/http/errors.ts'
import type { Operation } from '../../src/http/operation.ts'
import { MOST_CHARACTERS } from '../../src/http/params.ts'
import { buildOffice, buildPlatformApp, nameOf, operations, pathOf, send, type Office } from '../contract/support.ts'
import { startTestApp, type Client } from '../support.ts'
import { eventually } from '../support/eventually.ts'
import { watchStalls } from '../support/stalls.ts'
import { buildVisitor } from '../support/visitor.ts'

const t = startTestApp({ ENABLE_RACK_ATTACK: 'false' })

let office: Office
let platform: Client
let person: Client
beforeAll(async () => {
  office = await buildOffice(t)
  platform = t.with({ api_access_token: (await buildPlatformApp(t)).token })
  person = t.as(await t.buildPerson())
})

const TOO_LARGE = 'is too large (maximum is 64 kB and 1000 keys)'
const half = (key: string) => ({ [key]: 'x'.repeat(40_000) })
const keys = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${from + i}`, i]))

describe('attributes', () => {
  it('of a contact have a limit that many small changes do not get around', async () => {
    const { contacts, contact, admin, base } = await buildVisitor(t)
    const refused = {
      status: 422,
      body: { message: `Custom attributes ${TOO_LARGE}`, attributes: ['custom_attributes'] },
    }
    const own = `${contacts}/${contact.source_id}`
    const agents = `${base}/contacts/${contact.id}`
    expect(await t.anyone.patch(own, { custom_attributes: half('a') })).toMatchObject({ status: 200 })
    expect(await t.anyone.patch(own, { custom_attributes: half('b') })).toMatchObject(refused)
    expect(await admin.patch(agents, { custom_attributes: half('b') })).toMatchObject(refused)
    expect(await admin.patch(agents, { additional_attributes: half('a') })).toMatchObject({ status: 200 })
    expect(await admin.patch(agents, { additional_attributes: half('b') })).toMatchObject({
      status: 422,
      body: { attributes: ['additional_attributes'] },
    })
    const { body } = await admin.get(agents)
    expect(Object.keys(body.payload.custom_attributes)).toEqual(['a'])
    await admin.post(`${agents}/destroy_custom_attributes`, { custom_attributes: ['a'] })
    expect(await t.anyone.patch(own, { custom_attributes: keys(600) })).toMatchObject({ status: 200 })
    expect(await t.anyone.patch(own, { custom_attributes: { deep: keys(600, 600) } })).toMatchObject(refused)
  })

  it('of two contacts that become one stay within it', async () => {
    const { base, admin } = office
    const make = async (key: string) =>
      (await admin.post(`${base}/contacts`, { name: key, custom_attributes: half(key) })).body.payload.contact.id
    const pair = { base_contact_id: await make('a'), mergee_contact_id: await make('b') }
    expect(await admin.post(`${base}/actions/contact_merge`, pair)).toMatchObject({
      status: 422,
      body: { attributes: ['custom_attributes'] },
    })
    expect((await admin.get(`${base}/contacts/${pair.mergee_contact_id}`)).status).toBe(200)
  })

  it('of a user stay within it, whatever was there before', async () => {
    const made = await platform.post('/platform/api/v1/users', {
      name: 'Ada',
      email: `${t.unique('ada')}@example.test`,
      password: 'Secret-1234!',
      custom_attributes: half('a'),
    })
    const at = `/platform/api/v1/users/${made.body.id}`
    expect(await platform.patch(at, { name: 'Eve', custom_attributes: half('b') })).toMatchObject({
      status: 422,
      body: { attributes: ['custom_attributes'] },
    })
    expect((await platform.get(at)).body.name).toBe('Ada')
  })
})

const LONG_TEXT = 'x'.repeat(200_000)
const LARGE_BAG = { filler: LONG_TEXT }
/** Fields without a kind of their own are read as text, as a list, or as an object. */
const WHOLE = [LARGE_BAG, [LARGE_BAG], LONG_TEXT]

type Schema = {
  type?: string | string[]
  format?: string
  enum?: unknown
  maxLength?: number
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
}

/** Leads into a list. */
const ITEM = '[]'

/** What is too much for a field of that kind, each under the keys that lead to it. */
function tooMuch(schema: Schema, at: string[] = []): [path: string[], value: unknown][] {
  if (schema.anyOf) return schema.anyOf.flatMap((option) => tooMuch(option, at))
  if (schema.enum || schema.format === 'binary') return []
  if (schema.type === 'string') return [[at, 'x'.repeat((schema.maxLength ?? MOST_CHARACTERS) + 1)]]
  if (schema.type === 'array') return tooMuch(schema.items ?? {}, [...at, ITEM])
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {})
    return properties.length ? properties.flatMap(([key, inner]) => tooMuch(inner, [...at, key])) : [[at, LARGE_BAG]]
  }
  return schema.type === undefined ? WHOLE.map((value) => [at, value]) : []
}

const nest = (path: string[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, key) => (key === ITEM ? [inner] : { [key]: inner }), value)

function clientFor(operation: Operation): Client {
  if (operation.family === 'platform') return platform
  if (operation.access === 'user') return person
  return ['nobody', 'visitor'].includes(operation.access) ? t.anyone : office.admin
}

it('every field of every operation has a limit, and its refusal names the field', async () => {
  const problems: string[] = []
  for (const operation of operations.filter((one) => one.method !== 'GET' && one.body)) {
    for (const [path, value] of tooMuch(operation.body as Schema)) {
      const sent = nest(path, value)
      const answer = await send(
        clientFor(operation),
        operation,
        pathOf(operation, office),
        operation.wrapper ? { [operation.wrapper]: sent } : sent,
      )
      const keys = path.filter((key) => key !== ITEM)
      const names = [keys[0]!, keys.at(-1)!, keys.join('.')]
      const isNamed = names.some((name) =>
        operation.invalid === 'text'
          ? answer.text.includes(`Validation failed: ${humanize(name)} is too l`)
          : answer.body?.attributes?.includes(name),
      )
      if (answer.status !== 422 || !isNamed)
        problems.push(`${nameOf(operation)} ${path.join('.')}: ${answer.status} ${answer.text.slice(0, 200)}`)
    }
  }
  expect(problems).toEqual([])
}, 120_000)

const stalls = watchStalls()
afterAll(() => stalls.stop())

/** How many bytes an answer has, and the longest that it held the others up; nothing is done with it here. */
async function costOfReading(path: string, token?: string): Promise<{ status: number; bytes: number; stall: number }> {
  const read = () =>
    new Promise<{ status: number; bytes: number }>((resolve, reject) => {
      const headers = token ? { api_access_token: token } : {}
      request(t.base + path, { headers }, (answer) => {
        let bytes = 0
        answer.on('data', (chunk: Buffer) => (bytes += chunk.length))
        answer.on('end', () => resolve({ status: answer.statusCode!, bytes }))
      })
        .on('error', reject)
        .end()
    })
  let best = { status: 0, bytes: 0, stall: Infinity }
  for (let tries = 0; tries < 6 && best.stall > 50; tries++) {
    stalls.reset()
    const answer = await read()
    best = { ...answer, stall: Math.min(best.stall, stalls.longest()) }
  }
  return best
}

/** In bytes. */
const CEILING = 8 * 1024 * 1024
const MOST_STALL = 50

async function expectBounded(paths: [path: string, token?: string][]): Promise<void> {
  const problems: string[] = []
  for (const [path, token] of paths) {
    const { status, bytes, stall } = await costOfReading(path, token)
    if (status !== 200 || bytes > CEILING || stall > MOST_STALL)
      problems.push(`${path}: ${status}, ${bytes} bytes, ${stall.toFixed(0)} ms`)
  }
  expect(problems).toEqual([])
}

/** All that tells of a visitor and what they said. */
async function placesOf({
  contacts,
  contact,
  talks,
  talk,
  messages,
  at,
  base,
  account,
}: Awaited<ReturnType<typeof buildVisitor>>) {
  const { access_token: token } = account.administrator
  const first = (await t.database.pool.query('select min(id) as id from messages where account_id = $1', [account.id]))
    .rows[0].id
  const own = ['', `/${talk.id}`].map((path): [string] => [talks + path])
  const agents = [
    `${base}/conversations?status=all`,
    `${base}/conversations/search?q=x`,
    at,
    `${at}/messages`,
    `${at}/messages?after=${first}`,
    `${at}/messages?after=${first}&before=2147483647`,
    `${base}/contacts`,
    `${base}/contacts/${contact.id}`,
    `${base}/contacts/${contact.id}/conversations`,
    `${base}/notifications`,
  ]
  return [...own, [messages], [`${contacts}/${contact.source_id}`], ...agents.map((path) => [path, token])] as [
    string,
    string?,
  ][]
}

describe('what is answered', () => {
  it('of a conversation to its visitor are the latest twenty messages', async () => {
    const { talks, talk, say } = await buildVisitor(t)
    for (let i = 1; i <= 23; i++) await say(`${i}`)
    const shown = (conversation: any) => conversation.messages.map(({ content }: any) => Number(content))
    const latest = Array.from({ length: 20 }, (_, i) => i + 4)
    expect(shown((await t.anyone.get(`${talks}/${talk.id}`)).body)).toEqual(latest)
    expect((await t.anyone.get(talks)).body.map(shown)).toEqual([latest])
  })

  it('has a ceiling, and holds nobody up, however much was said by however large a contact', async () => {
    const visitor = await buildVisitor(t, { inbox: { enable_auto_assignment: false } })
    const { contacts, contact, talks, say, admin, base } = visitor
    await t.anyone.patch(`${contacts}/${contact.source_id}`, {
      custom_attributes: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'v'.repeat(50)])),
    })
    await admin.patch(`${base}/contacts/${contact.id}`, { additional_attributes: { about: 'x'.repeat(60_000) } })
    for (let i = 0; i < 30; i++) await say('x'.repeat(150_000))
    for (let i = 0; i < 30; i++) {
      const { body: talk } = await t.anyone.post(talks, {
        custom_attributes: Object.fromEntries(Array.from({ length: 40 }, (_, k) => [`k${k}`, 'v'.repeat(1500)])),
      })
      await t.anyone.post(`${talks}/${talk.id}/messages`, { content: 'x'.repeat(150_000) })
    }
    await expectBounded(await placesOf(visitor))
  }, 120_000)

  it('has a ceiling where a list has no pages: the first rows, as many as there is room for', async () => {
    const { account, base, contact, admin } = await buildVisitor(t)
    const fill = (insert: string, values: unknown[] = []) =>
      t.database.pool.query(`${insert}, now(), now() from generate_series(1, 500) i`, [account.id, ...values])
    await fill(
      `insert into notes (account_id, contact_id, content, created_at, updated_at) select $1, $2, repeat('x', 20000)`,
      [contact.id],
    )
    await fill(
      `insert into canned_responses (account_id, short_code, content, created_at, updated_at) select $1, 'c' || i, repeat('x', 20000)`,
    )
    await fill(
      `insert into macros (account_id, name, visibility, actions, created_at, updated_at)
        select $1, 'm' || i, 1, jsonb_build_array(jsonb_build_object('action_name', 'send_message', 'action_params', jsonb_build_array(repeat('x', 20000))))`,
    )
    await fill(
      `insert into dashboard_apps (account_id, title, content, created_at, updated_at)
        select $1, 'd' || i, jsonb_build_array(jsonb_build_object('type', 'frame', 'url', 'https://a.test/' || repeat('x', 20000)))`,
    )
    await fill(
      `insert into portals (account_id, name, slug, header_text, created_at, updated_at) select $1, 'p', $2::text || i, repeat('x', 20000)`,
      [t.unique('p')],
    )
    const lists = [
      'portals',
      `contacts/${contact.id}/notes`,
      'canned_responses',
      'canned_responses?search=x',
      'macros',
      'dashboard_apps',
    ]
    const { access_token: token } = account.administrator
    await expectBounded(lists.map((list) => [`${base}/${list}`, token]))
    for (const list of lists) {
      const { body } = await admin.get(`${base}/${list}`)
      const rows: { id: number }[] = body.payload ?? body
      const ids = rows.map(({ id }) => id)
      const sorted = [...ids].sort((one, other) => (list.endsWith('notes') ? other - one : one - other))
      expect([list, ids.length > 50 && ids.length < 110, ids]).toEqual([list, true, sorted])
    }
  }, 120_000)

  it('holds nobody up where a database that was taken over holds more', async () => {
    const visitor = await buildVisitor(t)
    const { contacts, contact, say, admin, base } = visitor
    for (let i = 0; i < 12; i++) await say('x')
    await t.database.pool.query(
      `update contacts set custom_attributes = (select jsonb_object_agg('k' || i, repeat('x', 1000)) from generate_series(1, 12000) i)
        where id = $1`,
      [contact.id],
    )
    await expectBounded(await placesOf(visitor))
    const own = `${contacts}/${contact.source_id}`
    expect((await t.anyone.patch(own, { name: 'Ada' })).body).toMatchObject({ name: 'Ada', custom_attributes: {} })
    expect(await t.anyone.patch(own, { custom_attributes: { one: 1 } })).toMatchObject({
      status: 422,
      body: { attributes: ['custom_attributes'] },
    })
    const keys = Array.from({ length: 11_999 }, (_, i) => `k${i + 1}`)
    for (let i = 0; i < keys.length; i += 4000) {
      await admin.post(`${base}/contacts/${contact.id}/destroy_custom_attributes`, {
        custom_attributes: keys.slice(i, i + 4000),
      })
    }
    const { body } = await admin.get(`${base}/contacts/${contact.id}`)
    expect(Object.keys(body.payload.custom_attributes)).toEqual(['k12000'])
  }, 120_000)
})

describe('a help center', () => {
  it('has a ceiling, and holds nobody up, however much is written in it', async () => {
    const { account, admin, base, texts } = await buildOffice(t)
    const at = `${base}/portals/${texts.slug}`
    const { id } = (await admin.get(at)).body
    const { pool } = t.database
    await pool.query(
      `with roots as (insert into articles (account_id, portal_id, title, slug, description, content, status, locale, author_id, created_at, updated_at)
         select $1, $2, repeat('é', 200), $3::text || n, repeat('é', 20000), repeat('é', 20000), 1, 'en', $4, now(), now()
         from generate_series(1, 150) n returning id)
       insert into articles (account_id, portal_id, title, slug, description, content, status, locale, author_id, associated_article_id, created_at, updated_at)
       select $1, $2, repeat('é', 200), $3::text || id || '-' || n, repeat('é', 20000), repeat('é', 2000), 1, 'es', $4, id, now(), now()
       from roots, generate_series(1, 50) n`,
      [account.id, id, texts.slug, account.agent.id],
    )
    const { access_token: token } = account.administrator
    const articles: [string, string?][] = [
      [`${at}/articles`, token],
      [`${at}/articles?locale=en`, token],
      [`${at}/articles?query=éé`, token],
      ...['en', 'es'].map((locale): [string] => [`/hc/${texts.slug}/${locale}/articles`]),
    ]
    await expectBounded(articles)
    const locales = Array.from({ length: 99 }, (_, i) => `long-locale-code-${i}`)
    await admin.patch(at, { header_text: 'é'.repeat(20_000), config: { allowed_locales: ['en', ...locales] } })
    await pool.query(
      `insert into categories (account_id, portal_id, name, slug, description, locale, created_at, updated_at)
       select $1, $2, repeat('é', 100), 'many-' || n, repeat('é', 20000), 'en', now(), now() from generate_series(1, 1500) n`,
      [account.id, id],
    )
    await pool.query(
      `insert into related_categories (category_id, related_category_id, created_at, updated_at)
       select one.id, other.id, now(), now() from (select id from categories where portal_id = $1 order by id limit 20) one,
         (select id from categories where portal_id = $1 order by id desc limit 50) other`,
      [id],
    )
    await expectBounded([
      ...articles,
      [`${base}/portals`, token],
      ...['', '/categories', '/categories?page=2'].map((path): [string, string] => [at + path, token]),
      ...['en', 'en/categories', `articles/${texts.article_slug}`].map((path): [string] => [
        `/hc/${texts.slug}/${path}`,
      ]),
    ])
  }, 120_000)
})

describe('catching up on the cable', () => {
  it('holds nobody up, however much was said meanwhile to others', async () => {
    const { contacts, contact, messages, admin, at } = await buildVisitor(t)
    await t.anyone.patch(`${contacts}/${contact.source_id}`, {
      custom_attributes: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'v'.repeat(50)])),
    })
    await t.anyone.post(messages, { content: 'x'.repeat(150_000) })
    // All of the same conversation, which is read once for many of them.
    for (let i = 0; i < 200; i++) await admin.post(`${at}/toggle_typing_status`, { typing_status: 'on' })
    const { body: other } = await t.anyone.post(contacts, {})
    let stall = Infinity
    for (let tries = 0; tries < 4 && stall > MOST_STALL; tries++) {
      const socket = new WebSocket(`${t.base.replace('http', 'ws')}/cable`)
      let isThrough = false
      socket.on('message', (data: Buffer) => {
        if (data.subarray(0, 400).includes('presence.update')) isThrough = true
      })
      await new Promise((done) => socket.once('open', done))
      stalls.reset()
      const identifier = JSON.stringify({ channel: 'RoomChannel', pubsub_token: other.pubsub_token, after: 0 })
      socket.send(JSON.stringify({ command: 'subscribe', identifier }))
      await eventually(() => isThrough, 'the end of what was missed')
      stall = Math.min(stall, stalls.longest())
      socket.terminate()
    }
    expect(stall).toBeLessThan(MOST_STALL)
  }, 120_000)
})
