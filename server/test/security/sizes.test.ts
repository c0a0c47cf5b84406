import { beforeAll, describe, expect, it } from 'vitest'
import { humanize } from '../../src/http/errors.ts'
import type { Operation } from '../../src/http/operation.ts'
import { MOST_CHARACTERS } from '../../src/http/params.ts'
import { buildOffice, buildPlatformApp, nameOf, operations, pathOf, send, type Office } from '../contract/support.ts'
import { startTestApp, type Client } from '../support.ts'
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

/** What is too much for a field of that kind, each under the keys that lead to it. */
function tooMuch(schema: Schema, at: string[] = []): [path: string[], value: unknown][] {
  if (schema.anyOf) return schema.anyOf.flatMap((option) => tooMuch(option, at))
  if (schema.enum || schema.format === 'binary') return []
  if (schema.type === 'string') return [[at, 'x'.repeat((schema.maxLength ?? MOST_CHARACTERS) + 1)]]
  if (schema.type === 'array') return tooMuch(schema.items ?? {}, at).map(([path, value]) => [path, [value]])
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {})
    return properties.length ? properties.flatMap(([key, inner]) => tooMuch(inner, [...at, key])) : [[at, LARGE_BAG]]
  }
  return schema.type === undefined ? WHOLE.map((value) => [at, value]) : []
}

const nest = (path: string[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)

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
      const names = [path[0]!, path.at(-1)!, path.join('.')]
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
