import { request as ask } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BODY_LIMITS } from '../../src/http/operation.ts'
import { nameOf, operations, pathOf, buildOffice, send, type Office } from '../contract/support.ts'
import { startTestApp } from '../support.ts'
import { watchStalls } from '../support/stalls.ts'
import { buildVisitor, formWith } from '../support/visitor.ts'

const t = startTestApp({ ENABLE_RACK_ATTACK: 'false', RATE_LIMIT: 'false' })
const stalls = watchStalls()
afterAll(() => stalls.stop())

const MEGABYTE = 1024 * 1024
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=x' }

/** Sends bytes as they are, at next to no cost of its own. */
function post(path: string, bytes: Buffer, headers: Record<string, string>): Promise<{ status: number }> {
  return new Promise((done, failed) => {
    const length = { 'content-length': String(bytes.length) }
    const sent = ask(t.base + path, { method: 'POST', headers: { ...headers, ...length } }, (answer) =>
      answer.resume().on('end', () => done({ status: answer.statusCode! })),
    )
    sent.on('error', failed).end(bytes)
  })
}

/** The longest that a request held the server up, at best: neither cold code nor what is collected is for the sender to choose. */
async function stallOf(work: () => Promise<{ status: number }>): Promise<{ status: number; stall: number }> {
  let stall = Infinity
  let status = 0
  for (let tries = 0; tries < 6 && stall > 50; tries++) {
    stalls.reset()
    ;({ status } = await work())
    stall = Math.min(stall, stalls.longest())
  }
  return { status, stall }
}

const list = <One>(count: number, make: (at: number) => One) => Array.from({ length: count }, (_, at) => make(at))
const parts = (...texts: [head: string, body: string][]) =>
  `${texts.map(([head, body]) => `--x\r\ncontent-disposition: form-data; ${head}\r\n\r\n${body}\r\n`).join('')}--x--\r\n`

/** What made parsers think for half a second, or eight. */
const HEAVY: [what: string, headers: Record<string, string>, body: string][] = [
  ['a list by its numbers', FORM, list(4096, (at) => `a[${4095 - at}]=1`).join('&')],
  ['items of a list', FORM, list(4095, () => 'a[][b]=1').join('&')],
  ['items that grow', FORM, list(4095, (at) => `a[][${at}]=1`).join('&')],
  ['items with lists', FORM, list(4095, () => 'a[][b][]=1').join('&')],
  ['deep names', FORM, list(4095, () => `a${'[b]'.repeat(30)}=1`).join('&')],
  ['open brackets', FORM, `${'['.repeat(200_000)}=1`],
  ['spaces', FORM, '+'.repeat(2 * MEGABYTE)],
  ['spaces, as many as may come', FORM, `a=${'+'.repeat(200_000)}`],
  ['escapes', FORM, `a=${'%41'.repeat(80_000)}`],
  ['pairs of nothing', FORM, '&'.repeat(200_000)],
  ['a verb that is none', FORM, 'x_method='.repeat(25_000)],
  [
    'percent signs in a form',
    MULTIPART,
    parts(...list(38, (at): [string, string] => [`name="a${at}"`, '%'.repeat(2 * MEGABYTE)])),
  ],
  [
    'as many fields as may come',
    MULTIPART,
    parts(...list(999, (): [string, string] => ['name="a[][b]"', '%'.repeat(200)])),
  ],
  ['a long name', MULTIPART, parts([`name="${'a[b]'.repeat(15_000)}"`, '1'])],
  ['names within JSON', JSON_TYPE, `{${list(19_000, (at) => `"${at}":"null"`).join()}}`],
  [
    'JSON as long as it may be',
    JSON_TYPE,
    `{"a":[${list(19_000, (at) => `{"${at}":"${'x'.repeat(36)}"}`).join()},null]}`,
  ],
  ['JSON within JSON', JSON_TYPE, `{"content_attributes":"{\\"a\\":[${'1,'.repeat(480_000)}1]}"}`],
  ['depth within JSON', JSON_TYPE, `{"content_attributes":"${'['.repeat(480_000)}${']'.repeat(480_000)}"}`],
  ['keys within JSON', JSON_TYPE, `{"content_attributes":"{${list(60_000, (at) => `\\"${at}\\":0`).join()}}"}`],
  ['two megabytes of JSON', JSON_TYPE, `{"a":[${list(19_000, (at) => `{"${at}":"${'x'.repeat(90)}"}`).join()}]}`],
]

describe('a body does not hold the others up', () => {
  let office: Office
  let visitor: Awaited<ReturnType<typeof buildVisitor>>
  beforeAll(async () => {
    office = await buildOffice(t)
    visitor = await buildVisitor(t)
  })

  it.each(HEAVY)('of %s, whoever sends it', async (_what, headers, body) => {
    const bytes = Buffer.from(body)
    const token = { api_access_token: office.account.administrator.access_token }
    const places: [who: Record<string, string>, path: string][] = [
      [{}, '/auth/sign_in'],
      [{}, '/public/api/v1/inboxes/nobody/contacts'],
      [{}, '/public/api/v1/inboxes/nobody/contacts/none/conversations/1/messages'],
      [{}, '/api/v1/profile'],
      [{}, '/nowhere'],
      [{}, visitor.contacts],
      [{}, visitor.messages],
      [token, `${office.base}/contacts`],
      [token, `${office.base}/conversations/${office.ids.conversations}/messages`],
    ]
    const slow: string[] = []
    for (const [who, path] of places) {
      const { status, stall } = await stallOf(() => post(path, bytes, { ...headers, ...who }))
      if (stall > 50 || status >= 500) slow.push(`${path}: ${status} after ${stall.toFixed(0)} ms`)
    }
    expect(slow).toEqual([])
  })

  it('in the query, nor in the headers', async () => {
    const slow: string[] = []
    for (const query of [
      list(1800, (at) => `a[${4095 - at}]=1`)
        .join('&')
        .slice(0, 15_000),
      list(1600, () => 'a[][b]=1')
        .join('&')
        .slice(0, 15_000),
      '['.repeat(15_000),
      '+'.repeat(15_000),
      '%41'.repeat(5000),
    ]) {
      const { status, stall } = await stallOf(() => t.anyone.get(`/health?${query}`))
      if (stall > 50 || status >= 500) slow.push(`${query.slice(0, 20)}: ${status} after ${stall.toFixed(0)} ms`)
    }
    for (const name of [
      'authorization',
      'accept',
      'x-request-id',
      'content-type',
      'api_access_token',
      'x-forwarded-for',
    ]) {
      for (const value of ['bearer ', 'a,', '/', ';', '"', '=', ' x'].map((one) =>
        one.repeat(14_000 / one.length).trim(),
      )) {
        const { status, stall } = await stallOf(() => post('/api/v1/profile', Buffer.from('x'), { [name]: value }))
        if (stall > 50 || status >= 500)
          slow.push(`${name} ${value.slice(0, 9)}: ${status} after ${stall.toFixed(0)} ms`)
      }
    }
    expect(slow).toEqual([])
  })

  it('between boundaries that look alike, or in headers of parts', async () => {
    const length = 15_000
    const boundary = 'a'.repeat(length)
    const long = { 'content-type': `multipart/form-data; boundary=${boundary}` }
    const file = 'content-disposition: form-data; name="attachments[]"; filename="a.bin"\r\n'
    const fill = (text: string) => text.repeat((20 * MEGABYTE) / text.length)
    const slow: string[] = []
    for (const [what, headers, body] of [
      ['one letter', long, `--${boundary}\r\n${file}\r\n${fill('a')}`],
      ['almost', long, `--${boundary}\r\n${file}\r\n${fill(`\r\n--${boundary.slice(1)}b`)}`],
      ['beginnings', long, `--${boundary}\r\n${file}\r\n${fill('\r\n--aaa')}`],
      ['before the first', long, fill('-')],
      ['breaks', MULTIPART, `--x\r\n${file}\r\n${fill('\r\n')}`],
      ['dashes', MULTIPART, `--x\r\n${file}\r\n${fill('\r\n--')}`],
      ['headers', MULTIPART, `--x\r\n${fill('a: b\r\n')}`],
      ['a header', MULTIPART, `--x\r\n${file.trim()}${fill('; a="')}`],
      ['parameters', MULTIPART, list(900, () => `--x\r\n${file.trim()}${'; a=%'.repeat(4000)}\r\n\r\n\r\n`).join('')],
      ['parts', MULTIPART, fill('--x\r\n\r\n\r\n')],
    ] as const) {
      const bytes = Buffer.from(body)
      const { status, stall } = await stallOf(() => post(visitor.messages, bytes, headers))
      if (stall > 50 || status >= 500) slow.push(`${what}: ${status} after ${stall.toFixed(0)} ms`)
    }
    expect(slow).toEqual([])
  }, 120_000)

  it('that is a file of forty megabytes, from a visitor', async () => {
    const [before, after] = parts(['name="attachments[]"; filename="a.bin"', 'CONTENT']).split('CONTENT')
    const bytes = Buffer.concat([Buffer.from(before!), Buffer.alloc(39 * MEGABYTE, 'x'), Buffer.from(after!)])
    const { status, stall } = await stallOf(() => post(visitor.messages, bytes, MULTIPART))
    expect([status, stall < 50 ? 'at once' : stall]).toEqual([200, 'at once'])
  })
})

describe('a body is read', () => {
  it('once it is known who sends it', async () => {
    const account = await t.buildAccount()
    const labels = `/api/v1/accounts/${account.id}/labels`
    const visitors = '/public/api/v1/inboxes/nobody/contacts'
    for (const [headers, body] of [
      [JSON_TYPE, '{'],
      [FORM, 'a=%zz'],
      [MULTIPART, 'x'],
    ] as const) {
      expect((await t.anyone.post(labels, body, headers)).status).toBe(401)
      expect((await t.as(account.agent).post(labels, body, headers)).status).toBe(401)
      expect((await t.anyone.post(visitors, body, headers)).status).toBe(404)
      expect((await t.as(account.administrator).post(labels, body, headers)).status).toBe(400)
    }
  })

  it('up to what its operation takes, in any kind', async () => {
    const office = await buildOffice(t)
    const person = t.as(await t.buildPerson())
    const wrong: string[] = []
    for (const operation of operations.filter(
      ({ body, access, family }) => body && access !== 'visitor' && family !== 'platform',
    )) {
      const client = operation.access === 'nobody' ? t.anyone : operation.access === 'user' ? person : office.admin
      const text = 'x'.repeat(operation.bodyLimit)
      for (const [kind, headers, body] of [
        ['JSON', JSON_TYPE, `{"unknown":"${text}"}`],
        ['form', FORM, `unknown=${text}`],
        ['multipart', MULTIPART, parts(['name="unknown"', text])],
      ] as const) {
        const { status, body: answer } = await send(client, operation, pathOf(operation, office), body, headers)
        if (operation.method === 'GET') continue
        if (status !== 413 || !/larger than the \d+ bytes/.test(answer.error))
          wrong.push(`${nameOf(operation)} ${kind}: ${status} ${JSON.stringify(answer).slice(0, 80)}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('with the longest texts its operation knows, however they are written', () => {
    const longest = (schema: any): number =>
      Math.max(
        schema.maxLength ?? 0,
        ...[schema.items, ...(schema.anyOf ?? []), ...Object.values(schema.properties ?? {})]
          .filter(Boolean)
          .map(longest),
      )
    const short = operations.filter(({ body, bodyLimit }) => body && longest(body) * '\\u044f'.length > bodyLimit)
    expect(short.map(nameOf)).toEqual([])
  })

  it('as long as a message may be, in letters of six bytes', async () => {
    const { messages } = await buildVisitor(t)
    const content = 'я'.repeat(150_000)
    const escaped = `{"content":"${'\\u044f'.repeat(150_000)}"}`
    for (const [body, headers] of [
      [JSON.stringify({ content }), JSON_TYPE],
      [escaped, JSON_TYPE],
      [new URLSearchParams({ content }), FORM],
      [formWith([], { content }), {}],
    ] as const) {
      const answer = await t.anyone.post(messages, body, headers)
      expect([answer.status, answer.body.content === content]).toEqual([200, true])
    }
    expect((await t.anyone.post(messages, { content: `${content}!` })).body.attributes).toEqual(['content'])
  })

  it('in pieces, no further than it may be', async () => {
    const limit = BODY_LIMITS.stranger
    const inPieces = (bytes: number) =>
      new Promise<number>((done, failed) => {
        const sent = ask(`${t.base}/auth/sign_in`, { method: 'POST', headers: JSON_TYPE }, (answer) => {
          answer.resume().on('end', () => done(answer.statusCode!))
        }).on('error', failed)
        sent.write('{"unknown":"')
        for (let at = 0; at < bytes; at += 1000) sent.write('x'.repeat(1000))
        sent.end('"}')
      })
    expect([await inPieces(limit - 2000), await inPieces(limit), await inPieces(20 * limit)]).toEqual([401, 413, 413])
  })
})

describe('a form', () => {
  it('nests as in Rack', async () => {
    const { admin, base, contact } = await buildVisitor(t)
    const read = async (form: string) => {
      const path = `${base}/contacts/${contact.id}`
      const { status, body } = await admin.patch(
        path,
        `custom_attributes=&${form}`.replace('custom_attributes=&', ''),
        FORM,
      )
      return status === 200 ? body.payload.custom_attributes.a : status
    }
    expect(await read('custom_attributes[a][]=1&custom_attributes[a][]=2')).toEqual(['1', '2'])
    expect(await read('custom_attributes[a][][b]=1&custom_attributes[a][][c]=2&custom_attributes[a][][b]=3')).toEqual([
      { b: '1', c: '2' },
      { b: '3' },
    ])
    expect(await read('custom_attributes[a][][b][]=1&custom_attributes[a][][b][]=2')).toEqual([{ b: ['1', '2'] }])
    expect(await read('custom_attributes[a][4095]=1&custom_attributes[a][7]=2')).toEqual({ 4095: '1', 7: '2' })
    expect(await read('custom_attributes[a]=1&custom_attributes[a]=2+%2B')).toBe('2 +')
    expect(await read('custom_attributes%5Ba%5D%5Bb%5D=%C3%A9')).toEqual({ b: 'é' })
    for (const broken of [
      'custom_attributes[a]=1&custom_attributes[a][]=2',
      'custom_attributes[a][]=1&custom_attributes[a][b]=2',
      'custom_attributes[a][b]=1&custom_attributes[a][]=2',
      `custom_attributes${'[a]'.repeat(40)}=1`,
    ])
      expect([broken, await read(broken)]).toEqual([broken, 400])
  })

  it('reaches no prototype', async () => {
    const { admin, base, contact } = await buildVisitor(t)
    for (const name of [
      '__proto__[polluted]',
      'constructor[prototype][polluted]',
      'custom_attributes[__proto__][polluted]',
      'custom_attributes[][__proto__][polluted]',
    ])
      await admin.patch(`${base}/contacts/${contact.id}`, `${name}=1`, FORM)
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })
})

describe('a file', () => {
  it('is only where one is declared: elsewhere the field is refused, and nothing is kept of a name that nobody knows', async () => {
    const { admin, base, contact, messages, at } = await buildVisitor(t)
    const formOf = (name: string, fields: Record<string, string> = {}) => {
      const form = new FormData()
      for (const [key, value] of Object.entries(fields)) form.append(key, value)
      form.append(name, new Blob([Buffer.alloc(MEGABYTE)]), 'a.bin')
      return form
    }
    const one = `${base}/contacts/${contact.id}`
    for (const [name, field] of [
      ['custom_attributes[a]', 'custom_attributes'],
      ['custom_attributes[a][][b]', 'custom_attributes'],
      ['custom_attributes', 'custom_attributes'],
      ['name', 'name'],
      ['avatar[a]', 'avatar'],
    ] as const) {
      const { status, body } = await admin.patch(one, formOf(name))
      expect([name, status, body.attributes]).toEqual([name, 422, [field]])
    }
    expect(await admin.post(`${at}/messages`, formOf('content_attributes[items][]'))).toMatchObject({ status: 422 })
    expect(await t.anyone.post(messages, formOf('content'))).toMatchObject({
      status: 422,
      body: { attributes: ['content'] },
    })
    expect(await t.anyone.post(messages, formOf('unknown[a]', { content: 'Hello' }))).toMatchObject({
      status: 200,
      body: { content: 'Hello' },
    })
    const { rows } = await t.database.pool.query(
      'select length(custom_attributes::text) as length from contacts where id = $1',
      [contact.id],
    )
    expect(rows).toEqual([{ length: 2 }])
  })

  it('is refused when it is larger than a file may be, and so are more files than may come', async () => {
    const { messages } = await buildVisitor(t)
    const big = Buffer.alloc(41 * MEGABYTE)
    expect(await t.anyone.post(messages, formWith([['a.bin', '', big]]))).toMatchObject({
      status: 413,
      body: { error: expect.stringContaining('Attachments') },
    })
    const many = list(31, (at): [string, string, string] => [`${at}.txt`, 'text/plain', 'x'])
    expect(await t.anyone.post(messages, formWith(many))).toMatchObject({ status: 413 })
    expect((await t.anyone.get(messages)).body).toEqual([])
  })
})

it('a file in the place of a wrapper is refused by its name, and ends nothing', async () => {
  const account = await t.buildAccount()
  const form = new FormData()
  form.append('notification_settings', new Blob(['x']), 'x.txt')
  const answer = await fetch(`${t.base}/api/v1/accounts/${account.id}/notification_settings`, {
    method: 'PATCH',
    headers: { api_access_token: account.administrator.access_token },
    body: form,
  })
  expect(answer.status).toBe(422)
  expect(((await answer.json()) as { attributes: string[] }).attributes).toEqual(['notification_settings'])
})
