import { beforeAll, expect, it } from 'vitest'
import type { Operation } from '../../src/http/operation.ts'
import { startTestApp, type Client } from '../support.ts'
import { repeatedBy, sampleOf } from '../support/sample.ts'
import {
  buildOffice,
  buildPlatformApp,
  isAccountOperation,
  nameOf,
  operations,
  pathOf,
  send,
  type Json,
  type Office,
} from './support.ts'

// No limit on tries: the table makes thousands of requests from one address.
const t = startTestApp({ RATE_LIMIT: 'false', ENABLE_RACK_ATTACK: 'false' })

let here: Office
let there: Office
let platform: { token: string; id: number; other: string }
const anyone = t.anyone
const withToken = (token: string) => t.with({ api_access_token: token })

beforeAll(async () => {
  here = await buildOffice(t)
  there = await buildOffice(t)
  platform = { ...(await buildPlatformApp(t)), other: (await buildPlatformApp(t)).token }
})

/** What each operation of a list answered that is not as it should be; a table fails with all of its rows at once. */
async function wrong(list: Operation[], check: (operation: Operation) => Promise<string | undefined>) {
  const problems: string[] = []
  for (const operation of list) {
    const problem = await check(operation)
    if (problem) problems.push(`${nameOf(operation)}: ${problem}`)
  }
  return problems
}

const guarded = operations.filter((one) => !['nobody', 'visitor'].includes(one.access))
const accountOperations = operations.filter((one) => isAccountOperation(one) && one.access !== 'nobody')

it('a stranger is refused by everything that is not public', async () => {
  const problems = await wrong(guarded, async (operation) => {
    const path = pathOf(operation, here)
    const none = await send(anyone, operation, path, {})
    const unknown = await send(withToken('no-such-token'), operation, path, {})
    const body =
      operation.family === 'platform'
        ? { error: 'Invalid access_token' }
        : { errors: ['You need to sign in or sign up before continuing.'] }
    const unknownBody = operation.family === 'platform' ? body : { error: 'Invalid Access Token' }
    const isRight =
      none.status === 401 && unknown.status === 401 && same(none.body, body) && same(unknown.body, unknownBody)
    return isRight ? undefined : `${none.status} ${none.text}; ${unknown.status} ${unknown.text}`
  })
  expect(problems).toEqual([])
})

it('what an operation needs is asked for', async () => {
  const fit = (example: Json) => {
    const own: Json = {
      inbox_id: here.ids.inboxes,
      account_id: here.account.id,
      base_contact_id: here.ids.contacts,
      mergee_contact_id: here.ids.other_contact,
      author_id: here.account.agent.id,
      category_id: here.ids.categories,
    }
    return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, own[name] ?? value]))
  }
  const needing = operations.filter((one) => one.needs && one.family !== 'auth')
  const problems = await wrong(needing, async (operation) => {
    const client =
      operation.family === 'platform' ? withToken(platform.token) : operation.access === 'nobody' ? anyone : here.admin
    const answers: string[] = []
    for (const field of operation.needs!) {
      const { [field]: _left, ...rest } = fit(operation.example as Json)
      const answer = await send(
        client,
        operation,
        pathOf(operation, here),
        operation.wrapper ? { [operation.wrapper]: rest } : rest,
      )
      if (answer.status < 400 || answer.status >= 500) answers.push(`without ${field}: ${answer.status} ${answer.text}`)
    }
    return answers.join('; ') || undefined
  })
  expect(problems).toEqual([])
})

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

it('a bot is refused where bots are not told to be welcome, and a platform app everywhere but at home', async () => {
  const problems = await wrong(guarded, async (operation) => {
    const path = pathOf(operation, here)
    const answers: string[] = []
    if (!operation.bots) {
      const bot = await send(withToken(here.botToken), operation, path, {})
      if (bot.status !== 401) answers.push(`bot: ${bot.status} ${bot.text}`)
    }
    if (operation.bots) {
      const bot = await send(withToken(there.botToken), operation, path, {})
      if (bot.status !== 401) answers.push(`bot of another account: ${bot.status} ${bot.text}`)
    }
    if (operation.family !== 'platform') {
      const app = await send(withToken(platform.token), operation, path, {})
      if (app.status !== 401) answers.push(`platform app: ${app.status} ${app.text}`)
    } else {
      const user = await send(here.admin, operation, path, {})
      if (user.status !== 401) answers.push(`administrator: ${user.status} ${user.text}`)
    }
    return answers.join('; ') || undefined
  })
  expect(problems).toEqual([])
})

it('an agent is refused where an administrator is asked for', async () => {
  const list = operations.filter((one) => one.access === 'administrator')
  expect(list.length).toBeGreaterThan(20)
  const problems = await wrong(list, async (operation) => {
    const { status, text } = await send(here.agent, operation, pathOf(operation, here), {})
    return status === 401 && text === '{"error":"You are not authorized to do this action"}'
      ? undefined
      : `${status} ${text}`
  })
  expect(problems).toEqual([])
})

it('what does not exist is not found before the role is looked at, where a door stands first', async () => {
  const absent = { id: 2_000_000_000, team_id: 2_000_000_000 }
  const administrators = operations.filter((one) => one.access === 'administrator' && /:(id|team_id)\b/.test(one.path))
  const statuses = await Promise.all(
    administrators.map(
      async (operation) => (await send(here.agent, operation, pathOf(operation, here, absent), {})).status,
    ),
  )
  const found = Object.fromEntries(administrators.map(({ id }, i) => [id, statuses[i]]))
  expect(found).toEqual(Object.fromEntries(administrators.map(({ id, door }) => [id, door ? 404 : 401])))
  // As Chatwoot's controllers have it.
  const nouns = new Set(administrators.filter(({ door }) => door).map(({ id }) => id.split('.')[0]))
  expect([...nouns].sort()).toEqual(['agents', 'conversations', 'inboxes', 'labels', 'team_members', 'teams'])
})

it('a member of another account is refused by every operation of this one', async () => {
  const problems = await wrong(accountOperations, async (operation) => {
    const answers = await Promise.all(
      [there.admin, there.agent].map((client) => send(client, operation, pathOf(operation, here), {})),
    )
    return answers.every(({ status }) => status === 401 || status === 404)
      ? undefined
      : answers.map(({ status, text }) => `${status} ${text}`).join('; ')
  })
  expect(problems).toEqual([])
})

it('a platform app has no part in what another app made', async () => {
  const mine = withToken(platform.token)
  const account = (await mine.post('/platform/api/v1/accounts', { name: t.unique('Platform') })).body
  const user = (
    await mine.post('/platform/api/v1/users', {
      name: 'P',
      email: `${t.unique('p')}@example.test`,
      password: 'Str0ng!Passw0rd',
    })
  ).body
  const bot = (await mine.post('/platform/api/v1/agent_bots', { name: 'B', account_id: account.id })).body
  const ids: Record<string, number> = { accounts: account.id, users: user.id, agent_bots: bot.id }
  const before = await digest(account.id)
  const list = operations.filter((one) => one.family === 'platform' && one.path.includes(':'))
  const problems = await wrong(list, async (operation) => {
    const path = operation.path.replace(/:\w+/, (name, at: number) =>
      String(
        ids[
          operation.path
            .slice(0, at - 1)
            .split('/')
            .at(-1)!
        ] ?? name,
      ),
    )
    const { status, text } = await send(withToken(platform.other), operation, path, {
      name: 'taken',
      user_id: user.id,
      role: 'administrator',
    })
    return status === 401 || status === 404 ? undefined : `${status} ${text}`
  })
  expect(problems).toEqual([])
  expect(await digest(account.id)).toEqual(before)
  for (const path of ['accounts', 'agent_bots']) {
    const { text } = await withToken(platform.other).get(`/platform/api/v1/${path}`)
    expect(JSON.parse(text)).toEqual([])
  }
})

async function digest(accountId: number) {
  const { rows } = await t.database.pool.query(
    `select (select json_agg(a) from accounts a where id = $1) as accounts, (select json_agg(b) from agent_bots b where account_id = $1) as bots`,
    [accountId],
  )
  return rows[0]
}

it('PUT is PATCH; a slash at the end and .json change nothing', async () => {
  const reads = operations.filter((one) => one.method === 'GET' && one.access === 'agent')
  const problems = await wrong(reads, async (operation) => {
    const path = pathOf(operation, here)
    const query = operation.id === 'assignable_agents.index' ? `?inbox_ids[]=${here.ids.inboxes}` : ''
    const [plain, slash, json] = await Promise.all(
      [path + query, `${path}/${query}`, `${path}.json${query}`].map((one) => here.admin.get(one)),
    )
    return plain!.text === slash!.text && plain!.text === json!.text && plain!.status === 200
      ? undefined
      : `${plain!.status} ${slash!.status} ${json!.status} ${plain!.text.slice(0, 100)}`
  })
  expect(problems).toEqual([])
  // With nothing sent, what is answered is the same, but for the time of the change.
  const patches = operations.filter((one) => one.method === 'PATCH' && one.access === 'administrator')
  const different = await wrong(patches, async (operation) => {
    const path = pathOf(operation, here)
    const patch = await here.admin.patch(path, {})
    const put = await here.admin.put(path, {})
    return patch.status === put.status && timeless(patch.text) === timeless(put.text)
      ? undefined
      : `${patch.status} ${put.status}`
  })
  expect(different).toEqual([])
})

const timeless = (text: string) => text.replace(/"(updated_at|last_activity_at|latest_chatwoot_version)":[^,}]*/g, '')

// --- Nothing that is sent may break the server. Of the thousands of requests here `npm test` sends a sample, other ones each day.

const LONG = 'x'.repeat(1024 * 1024)
const DEEP = `${'['.repeat(200)}${']'.repeat(200)}`
const NUMBERS = ['9223372036854775808', '-1', '1e400', '-1e400', '0', '1.5', '2147483648', '"9223372036854775808"']
const ODD = [
  'null',
  '""',
  '{}',
  '[]',
  '[[]]',
  '[{}]',
  '{"0":{"a":1}}',
  // What becomes text by what it says itself, and breaks where it is put into a sentence.
  '{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":-1}',
  '[{"toString":1}]',
  'true',
  '1',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"%00"',
  `"' or 1=1 --"`,
]

const isFile = (schema: Json) => JSON.stringify(schema).includes('"binary"')

/** Broken values of one field, as JSON text: a number that JSON cannot say is written as text would. */
const broken = () => [
  ...ODD,
  ...NUMBERS,
  '["\\u0000", -1, 9223372036854775808, null, {}]',
  '{"__proto__":{"x":1},"constructor":{"prototype":1},"a\\u0000":1}',
]

let person: Client
beforeAll(async () => {
  person = t.as(await t.buildPerson())
})

/** Whom an operation welcomes. What is done to oneself is done by somebody whom no other row of the table needs. */
function clientFor(operation: Operation): Client {
  if (operation.family === 'platform') return withToken(platform.token)
  if (operation.access === 'user') return person
  return ['nobody', 'visitor'].includes(operation.access) ? anyone : here.admin
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Requests for one row of a table, eight at a time; answers what broke. */
async function sendSample<Request>(
  row: string,
  requests: Request[],
  one: (request: Request) => Promise<string | undefined>,
) {
  const bad: string[] = []
  const sample = sampleOf(row, requests)
  for (let at = 0; at < sample.length; at += 8) {
    const answers = await Promise.all(sample.slice(at, at + 8).map(one))
    bad.push(...answers.filter((answer) => answer !== undefined))
  }
  return bad
}

const shortly = (bad: string[]) => (bad.length ? bad.slice(0, 4).join('\n   ') : undefined)

// They end what the table needs: sent to ids that are not there.
const isGone = (operation: Operation) =>
  operation.method === 'DELETE' || /destroy|sign_out|reset_access_token|mutes|snooze/.test(operation.id)

it('no body and no query breaks an operation', async () => {
  const problems = await wrong(operations, async (operation) => {
    const client = clientFor(operation)
    const path = isGone(operation) ? pathOf(operation, here, { id: 2_147_483_000 }) : pathOf(operation, here)
    const requests: [string, string | undefined][] = []
    for (const field of Object.keys(operation.query?.properties ?? {})) {
      for (const value of [
        '%00',
        '%ED%A0%80',
        '-1',
        '9223372036854775808',
        '1e400',
        "'%20or%201=1--",
        'abc',
        '',
        LONG.slice(0, 8000),
      ]) {
        requests.push(
          [`${path}?${field}=${value}`, undefined],
          [`${path}?${field}[]=${value}`, undefined],
          [`${path}?${field}[a]=${value}`, undefined],
          [`${path}?${field}[toString]=${value}`, undefined],
        )
      }
    }
    if (operation.method !== 'GET') {
      for (const text of [
        '{',
        '',
        '{}',
        '[]',
        '"text"',
        '1',
        'null',
        '{"a":',
        DEEP,
        `{"a":${DEEP}}`,
        '{"__proto__":{"a":1}}',
        '{"constructor":1}',
        '\u0000',
      ]) {
        requests.push([path, text])
      }
      const fields = Object.keys(operation.body?.properties ?? {})
      const wrap = (text: string) => (operation.wrapper ? `{"${operation.wrapper}":${text}}` : text)
      for (const field of fields) for (const value of broken()) requests.push([path, wrap(`{"${field}":${value}}`)])
      if (fields.length) {
        for (const value of broken())
          requests.push([path, wrap(`{${fields.map((field) => `"${field}":${value}`).join()}}`)])
        const texts = fields.filter((field) => !isFile(operation.body!.properties[field] as Json))
        requests.push([
          path,
          wrap(
            `{${texts
              .slice(0, 1)
              .map((field) => `"${field}":"${LONG}"`)
              .join()}}`,
          ),
        ])
      }
    }
    let isIn = !requests.length || clientFor(operation) === anyone || /reset_access_token/.test(operation.id)
    const bad = await sendSample(`body ${operation.id}`, requests, async ([url, body]) => {
      const { status, text } = await send(client, operation, url, body, body === undefined ? {} : JSON_TYPE)
      isIn ||= status !== 401
      return status >= 500 ? `${url.slice(0, 120)} ${body?.slice(0, 160)} → ${status} ${text.slice(0, 80)}` : undefined
    })
    // Its token is another now.
    if (operation.id === 'profiles.reset_access_token') person = t.as(await t.buildPerson())
    if (!isIn) bad.push('nothing came past the door')
    return shortly(bad)
  })
  expect(problems, repeatedBy).toEqual([])
}, 120_000)

/** What a schema declares below its own fields: `channel.webhook_url`, `items[].title`. */
function below(schema: Json, around: (text: string) => string): ((text: string) => string)[] {
  const kinds: Json[] = schema.anyOf ?? [schema]
  return kinds.flatMap((kind) => {
    const fields = Object.entries((kind.properties ?? {}) as Record<string, Json>).flatMap(([field, inner]) => {
      const here = (text: string) => around(`{"${field}":${text}}`)
      return [here, ...below(inner, here)]
    })
    const inItem = (text: string) => around(`[${text},${text}]`)
    return [...fields, ...(kind.items ? [inItem, ...below(kind.items, inItem)] : [])]
  })
}

it('nothing inside a field breaks an operation', async () => {
  const problems = await wrong(
    operations.filter((one) => one.body && one.method !== 'GET' && !isGone(one)),
    async (operation) => {
      const wrap = (text: string) => (operation.wrapper ? `{"${operation.wrapper}":${text}}` : text)
      const requests = Object.entries(operation.body!.properties as Record<string, Json>)
        .flatMap(([field, schema]) => below(schema, (text) => `{"${field}":${text}}`))
        .flatMap((around) => broken().map((value) => wrap(around(value))))
      const bad = await sendSample(`inside ${operation.id}`, requests, async (body) => {
        const { status, text } = await send(clientFor(operation), operation, pathOf(operation, here), body, JSON_TYPE)
        return status >= 500 ? `${body.slice(0, 160)} → ${status} ${text.slice(0, 80)}` : undefined
      })
      return shortly(bad)
    },
  )
  expect(problems, repeatedBy).toEqual([])
}, 60_000)

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** A file where a text is meant, and a text where a file is. */
function oddForm(name: string): FormData {
  const form = new FormData()
  form.append(name, new Blob(['\u0000'], { type: 'image/png' }), '../../a"\r\nb.png')
  form.append(`${name}[]`, new Blob([''], { type: 'text/html' }), '')
  form.append(name, '\u0001file:7')
  form.append(`${name}[__proto__]`, 'x')
  return form
}

it('no form breaks an operation', async () => {
  const problems = await wrong(
    operations.filter((one) => one.body && one.method !== 'GET' && !isGone(one)),
    async (operation) => {
      const requests = Object.keys(operation.body!.properties).flatMap(
        (field): [string, string | (() => FormData)][] => {
          const name = operation.wrapper ? `${operation.wrapper}[${field}]` : field
          const pairs = [
            `${name}=%00`,
            `${name}=%ED%A0%80`,
            `${name}=\u00ff`,
            `${name}[]=a&${name}[b]=c&${name}=d`,
            `${name}[__proto__][x]=1`,
            `${name}[toString]=1&${name}[valueOf]=1`,
            `${name}[][][a]=1`,
            `${name}${'[a]'.repeat(200)}=1`,
            `${name}[99999999]=1`,
          ]
          return [
            ...pairs.map((text): [string, string] => [text.slice(0, 80), text]),
            [`a file as ${name}`, () => oddForm(name)],
          ]
        },
      )
      const bad = await sendSample(`form ${operation.id}`, requests, async ([what, body]) => {
        const sent = typeof body === 'string' ? body : body()
        const { status, text } = await send(
          clientFor(operation),
          operation,
          pathOf(operation, here),
          sent,
          typeof body === 'string' ? FORM : {},
        )
        return status >= 500 ? `${what} → ${status} ${text.slice(0, 80)}` : undefined
      })
      return shortly(bad)
    },
  )
  expect(problems, repeatedBy).toEqual([])
}, 60_000)

it('no id in a path breaks an operation', async () => {
  const numbered = operations.filter((one) => one.path.includes(':'))
  const problems = await wrong(numbered, async (operation) => {
    const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
    const requests = names.flatMap((name) =>
      [
        '0',
        '-1',
        '2147483647',
        '2147483648',
        '9223372036854775808',
        'abc',
        '%00',
        '%20',
        '%ED%A0%80',
        '%zz',
        '..%2f',
        'x'.repeat(5000),
      ].map((id) => pathOf(operation, here, isGone(operation) ? { id: 2_147_483_000, [name]: id } : { [name]: id })),
    )
    const bad = await sendSample(`path ${operation.id}`, requests, async (path) => {
      const { status, text } = await send(clientFor(operation), operation, path, {})
      return status >= 500 ? `${path.slice(0, 120)} → ${status} ${text}` : undefined
    })
    return shortly(bad)
  })
  expect(problems, repeatedBy).toEqual([])
}, 60_000)

it('a value that cannot be kept is a 422 that names its field', async () => {
  const problems = await wrong(
    operations.filter((one) => one.body && one.access === 'administrator' && one.invalid === 'record'),
    async (operation) => {
      const bad: string[] = []
      for (const [field, schema] of Object.entries(operation.body!.properties) as [string, Json][]) {
        const kinds = JSON.stringify(schema)
        const isText = schema.type === 'string' || schema.anyOf?.some((one: Json) => one.type === 'string' && !one.enum)
        if (!isText || isFile(schema) || schema.enum || kinds.includes('x-')) continue
        const sent = { [field]: 'a\u0000b' }
        const path = pathOf(operation, here)
        const { status, body, text } = await send(
          here.admin,
          operation,
          path,
          operation.wrapper ? { [operation.wrapper]: sent } : sent,
        )
        if (status !== 422 || !body.attributes?.includes(field)) bad.push(`${field}: ${status} ${text.slice(0, 120)}`)
      }
      return bad.join('; ') || undefined
    },
  )
  expect(problems).toEqual([])
})

it('broken JSON, broken escapes and wrong encodings of a body are refused', async () => {
  const path = `${here.base}/labels`
  expect((await here.admin.post(path, '{"title":', JSON_TYPE)).status).toBe(400)
  expect((await here.admin.get(`${here.base}/contacts/search?q=%zz`)).status).toBe(400)
  expect(
    (await here.admin.post(path, 'title=%zz', { 'content-type': 'application/x-www-form-urlencoded' })).status,
  ).toBeLessThan(500)
  expect((await here.admin.post(path, 'title', { 'content-type': 'application/no-such-type' })).status).toBe(422)
  const form = { 'content-type': 'multipart/form-data; boundary=right' }
  for (const [body, headers] of [
    ['--wrong\r\ncontent-disposition: form-data; name="title"\r\n\r\nx\r\n--wrong--', form],
    ['', form],
    ['--right\r\n', form],
    ['x', { 'content-type': 'multipart/form-data' }],
  ] as const) {
    const { status } = await here.admin.post(path, body, headers)
    expect(status).toBeGreaterThanOrEqual(400)
    expect([body, status < 500]).toEqual([body, true])
  }
})
