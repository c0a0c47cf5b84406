import { beforeAll, describe, expect, it } from 'vitest'
import { ATTRIBUTES } from '../../src/features/filters/filter.attributes.ts'
import { OPERATORS } from '../../src/features/filters/filter.schema.ts'
import { buildOffice, type Json, type Office } from '../contract/support.ts'
import { startTestApp } from '../support.ts'

const t = startTestApp()

let office: Office
let other: Office
/** What was sent to the database since the last question, without parameters. */
let texts: string[] = []

const INJECTIONS = [
  `' OR 1=1 --`,
  `AND 1=1) OR (1=1`,
  `'; drop table messages; --`,
  `a') is null or 1=1 --`,
  `"$1"`,
  `\\'; select pg_sleep(9); --`,
  'x::int',
  '%',
  '__proto__',
  'constructor',
]
const TYPES = ['text', 'number', 'currency', 'percent', 'link', 'date', 'list', 'checkbox']

beforeAll(async () => {
  office = await buildOffice(t)
  other = await buildOffice(t)
  // Keys may be any text: each of these is one, of every type.
  for (const [place, key] of INJECTIONS.entries()) {
    for (const attribute_model of ['conversation_attribute', 'contact_attribute']) {
      await office.admin.post(`${office.base}/custom_attribute_definitions`, {
        attribute_display_name: key,
        attribute_key: key,
        attribute_display_type: TYPES[place % TYPES.length],
        attribute_model,
      })
    }
  }
  const watched = new WeakSet<object>()
  t.database.pool.on('acquire', (client) => {
    if (watched.has(client)) return
    watched.add(client)
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      const [first] = args as [string | { text: string }]
      texts.push(typeof first === 'string' ? first : first.text)
      return query(...args)
    }) as never
  })
})

const SENTINEL = 'zqx'

async function ask(noun: string, rules: Json[]) {
  texts = []
  const answer = await office.admin.post(`${office.base}/${noun}/filter`, { payload: rules })
  const problems: string[] = []
  if (answer.status >= 500 || /syntax error|SQLSTATE/i.test(answer.text))
    problems.push(`${answer.status} ${answer.text}`)
  if (answer.text.includes(other.mark)) problems.push(`shows ${answer.text.slice(0, 200)}`)
  if (answer.status === 200 && !texts.length) problems.push('nothing was seen of the statements')
  for (const text of texts) if (text.includes(SENTINEL)) problems.push(`sends ${text}`)
  return { ...answer, problems }
}

const rule = (fields: Json) => ({ filter_operator: 'equal_to', values: ['a'], query_operator: null, ...fields })

describe.each([
  ['conversations', 'status', Object.keys(ATTRIBUTES.conversation)],
  ['contacts', 'name', Object.keys(ATTRIBUTES.contact)],
] as const)('%s', (noun, known, keys) => {
  it('a joint is one of two words, whatever is sent (CVE-2025-21628)', async () => {
    for (const injection of INJECTIONS) {
      for (const joint of [injection, `AND ${injection}`, `or ${SENTINEL}`, { toString: 'AND' }, ['AND']]) {
        const { status, problems } = await ask(noun, [
          rule({ attribute_key: known, query_operator: joint }),
          rule({ attribute_key: known }),
        ])
        expect([joint, status, problems]).toEqual([joint, 422, []])
      }
    }
  })

  it('an operator is one of a closed list', async () => {
    for (const operator of [...INJECTIONS, SENTINEL, 'equal_to --', 'EQUAL_TO', 'toString', '__proto__']) {
      const { status, problems } = await ask(noun, [rule({ attribute_key: known, filter_operator: operator })])
      expect([operator, status, problems]).toEqual([operator, 422, []])
    }
  })

  it('a value is a parameter, with every key and operator, own or defined (CVE-2026-44706)', async () => {
    let turn = 0
    for (const key of [...keys, ...INJECTIONS]) {
      for (const filter_operator of OPERATORS) {
        turn++
        // Each comes first at times: of some values no other counts.
        const values = INJECTIONS.map((_, place) => INJECTIONS[(place + turn) % INJECTIONS.length] + SENTINEL)
        const { status, problems } = await ask(noun, [rule({ attribute_key: key, filter_operator, values })])
        expect([key, filter_operator, values[0], problems]).toEqual([key, filter_operator, values[0], []])
        expect([200, 422]).toContain(status)
      }
    }
  }, 60_000)

  it('a key is a parameter too (CVE-2026-44706)', async () => {
    for (const key of INJECTIONS) {
      const { status, problems, body } = await ask(noun, [rule({ attribute_key: key, filter_operator: 'is_present' })])
      expect([key, status, problems, body.payload]).toEqual([key, 200, [], []])
      expect(texts.filter((text) => key.length > 5 && text.includes(key))).toEqual([])
    }
    const { status } = await ask(noun, [rule({ attribute_key: 'toString', filter_operator: 'is_present' })])
    expect(status).toBe(422)
  })
})
