import { beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type Client } from '../../../test/support.ts'

const t = startTestApp()

type Condition = [key: string, operator: string, values?: unknown, joint?: string | null]
const rule = ([attribute_key, filter_operator, values, query_operator = null]: Condition) => ({
  attribute_key,
  filter_operator,
  ...(values !== undefined && { values }),
  query_operator,
})

let admin: Client
let agent: Client
let base: string
let inbox: number

/** What stands under keys whose definitions say something else. */
const ODD = { amount: 'a lot', due: 'May 2024', rush: 'maybe', order: { number: 7 } }

beforeAll(async () => {
  const account = await t.buildAccount()
  admin = t.as(account.administrator)
  agent = t.as(account.agent)
  base = `/api/v1/accounts/${account.id}`
  const types = { order: 'text', amount: 'number', fee: 'currency', due: 'date', rush: 'checkbox' }
  for (const attribute_model of ['conversation_attribute', 'contact_attribute']) {
    for (const [key, type] of Object.entries(types)) {
      const names = { attribute_display_name: key, attribute_key: key }
      await admin.post(`${base}/custom_attribute_definitions`, {
        ...names,
        attribute_display_type: type,
        attribute_model,
      })
    }
  }
  const desk = async (name: string) =>
    (await admin.post(`${base}/inboxes`, { name, channel: { type: 'api' } })).body.id as number
  inbox = await desk('Mine')
  const other = await desk('Theirs')
  await admin.post(`${base}/inbox_members`, { inbox_id: inbox, user_ids: [account.agent.id] })
  const people: [name: string, custom: object, more: object][] = [
    [
      'Ada',
      { order: 'A-1', amount: 100, fee: 3, due: '2024-05-01', rush: true },
      { additional_attributes: { city: 'Åre' } },
    ],
    ['ÄDA', { order: 'b_2', amount: '20', fee: 2.5, due: '2024-09-01T10:00:00.000Z', rush: 'false' }, {}],
    ['Odd', ODD, { phone_number: '+15550001' }],
    ['Plain', {}, {}],
  ]
  for (const [name, custom_attributes, more] of people) {
    const contact = { name, email: `${t.unique('p')}@example.test`, custom_attributes, ...more }
    const { body } = await admin.post(`${base}/contacts`, contact)
    const where = { inbox_id: name === 'Plain' ? other : inbox, contact_id: body.payload.contact.id }
    const made = await admin.post(`${base}/conversations`, {
      ...where,
      custom_attributes,
      additional_attributes: { referer: `https://x.test/${name}` },
    })
    await admin.post(`${base}/conversations/${made.body.id}/labels`, { labels: name === 'Ada' ? ['vip', 'Late'] : [] })
    await admin.post(`${base}/contacts/${body.payload.contact.id}/labels`, { labels: name === 'Ada' ? ['vip'] : [] })
  }
})

const post = (noun: string, conditions: Condition[], client = admin) =>
  client.post(`${base}/${noun}/filter`, { payload: conditions.map(rule) })

/** Who is found, in the order in which they were made. */
async function found(noun: string, conditions: Condition[], client = admin): Promise<string[]> {
  const { status, body } = await post(noun, conditions, client)
  expect([status, body.error]).toEqual([200, undefined])
  const rows = body.payload.map((one: any) => (noun === 'contacts' ? one : one.meta.sender)) as {
    id: number
    name: string
  }[]
  return rows.sort((one, other) => one.id - other.id).map(({ name }) => name)
}

const ALL = ['Ada', 'ÄDA', 'Odd', 'Plain']

describe.each(['conversations', 'contacts'])('custom attributes of %s', (noun) => {
  it.each<[string, Condition, string[]]>([
    ['text, small or large', ['order', 'equal_to', ['a-1']], ['Ada']],
    ['text, by the first value', ['order', 'equal_to', ['a-1', 'b_2']], ['Ada']],
    ['unlike a text, or without one', ['order', 'not_equal_to', ['A-1']], ['ÄDA', 'Odd', 'Plain']],
    ['any of several pieces', ['order', 'contains', ['A-', 'B_2']], ['Ada', 'ÄDA']],
    ['none of several pieces', ['order', 'does_not_contain', ['A-', 'B_2']], ['Odd']],
    ['any letter and any text, as in LIKE', ['order', 'contains', ['a_1', 'x%y']], ['Ada']],
    ['a value, whatever it is', ['amount', 'is_present'], ['Ada', 'ÄDA', 'Odd']],
    ['no value', ['amount', 'is_not_present', []], ['Plain']],
    ['a number that came as text', ['amount', 'equal_to', ['20']], ['ÄDA']],
    ['unlike a number', ['amount', 'not_equal_to', [100]], ['ÄDA', 'Odd', 'Plain']],
    ['above a number', ['amount', 'is_greater_than', [19.5]], ['Ada', 'ÄDA']],
    ['below a number', ['amount', 'is_less_than', ['1e2']], ['ÄDA']],
    ['money is a number', ['fee', 'is_greater_than', ['2.5']], ['Ada']],
    ['a day', ['due', 'equal_to', ['2024-9-1']], ['ÄDA']],
    ['after a day', ['due', 'is_greater_than', ['2024-05-01T12:00:00Z']], ['ÄDA']],
    ['before a day', ['due', 'is_less_than', ['2024-09-01']], ['Ada']],
    ['some days ago', ['due', 'days_before', ['30']], ['Ada', 'ÄDA']],
    ['many days ago', ['due', 'days_before', [99_999]], []],
    ['ticked', ['rush', 'equal_to', ['TRUE']], ['Ada']],
    ['not ticked', ['rush', 'equal_to', [false]], ['ÄDA']],
    ['unlike ticked', ['rush', 'not_equal_to', [true]], ['ÄDA', 'Odd', 'Plain']],
  ])('%s', async (_, condition, names) => {
    expect(await found(noun, [condition])).toEqual(names)
  })

  it('what is unlike is one condition, wherever it stands', async () => {
    const unlike: Condition = ['order', 'not_equal_to', ['a-1']]
    const key = noun === 'contacts' ? 'name' : 'referer'
    const odd = (joint?: string): Condition => [key, 'contains', ['odd'], joint]
    expect(await found(noun, [odd('and'), unlike])).toEqual(['Odd'])
    expect(await found(noun, [['order', 'not_equal_to', ['a-1'], 'AND'], odd()])).toEqual(['Odd'])
  })
})

it('numbers of conversations are compared with each value, those of contacts with the first', async () => {
  const either: Condition = ['amount', 'equal_to', [20, 100]]
  expect(await found('conversations', [either])).toEqual(['Ada', 'ÄDA'])
  expect(await found('contacts', [either])).toEqual(['ÄDA'])
})

it('letters beyond ASCII are the same, small or large', async () => {
  expect(await found('contacts', [['name', 'equal_to', ['äda']]])).toEqual(['ÄDA'])
  expect(await found('contacts', [['city', 'equal_to', ['ÅRE']]])).toEqual(['Ada'])
})

it('a telephone number is one with or without its plus; a piece of it is looked for as it is', async () => {
  for (const value of ['15550001', '+15550001']) {
    expect(await found('contacts', [['phone_number', 'equal_to', [value]]])).toEqual(['Odd'])
  }
  expect(await found('contacts', [['phone_number', 'contains', ['5500']]])).toEqual(['Odd'])
  expect(await found('contacts', [['phone_number', 'starts_with', ['+1555']]])).toEqual([])
})

it('AND binds closer than OR, and neither leaves the account or what one may list', async () => {
  const [ada, odd, mine]: Condition[] = [
    ['referer', 'contains', ['/Ada'], 'OR'],
    ['referer', 'contains', ['/Odd'], 'AND'],
    ['inbox_id', 'equal_to', [inbox]],
  ]
  expect(await found('conversations', [ada!, odd!, mine!])).toEqual(['Ada', 'Odd'])
  const anything: Condition[] = [
    ['status', 'equal_to', ['all'], 'or'],
    ['status', 'not_equal_to', ['open']],
  ]
  expect(await found('conversations', anything)).toEqual(ALL)
  expect(await found('conversations', anything, agent)).toEqual(['Ada', 'ÄDA', 'Odd'])
  const stranger = await t.buildAccount()
  const { body } = await t
    .as(stranger.administrator)
    .post(`/api/v1/accounts/${stranger.id}/conversations/filter`, { payload: anything.map(rule) })
  expect(body).toEqual({ meta: { mine_count: 0, unassigned_count: 0, all_count: 0 }, payload: [] })
})

it('a label is one in its spelling; who has none is unlike each', async () => {
  expect(await found('conversations', [['labels', 'equal_to', ['late', 'vip']]])).toEqual(['Ada'])
  expect(await found('conversations', [['labels', 'equal_to', ['late']]])).toEqual([])
  expect(await found('conversations', [['labels', 'not_equal_to', ['Late']]])).toEqual(['ÄDA', 'Odd', 'Plain'])
  expect(await found('contacts', [['labels', 'is_not_present']])).toEqual(['ÄDA', 'Odd', 'Plain'])
})

it('of a status or priority that does not exist nothing is like it, and nothing unlike it', async () => {
  for (const operator of ['equal_to', 'not_equal_to']) {
    expect(await found('conversations', [['status', operator, ['dormant']]])).toEqual([])
    expect(await found('conversations', [['priority', operator, ['dire']]])).toEqual([])
  }
})

it('a piece of a number, a value that is no list, and no conditions at all', async () => {
  expect(await found('conversations', [['display_id', 'contains', ['1']]])).toEqual(['Ada'])
  expect(await found('contacts', [['name', 'equal_to', 'plain']])).toEqual(['Plain'])
  expect(await found('contacts', [])).toEqual(ALL)
})

const invalid = (key: string) => `Invalid value. The values provided for ${key} are invalid`
const JOINT = 'Query operator must be either "AND" or "OR".'

it.each<[string, string, Condition[], string]>([
  [
    'an operator of no custom attribute',
    'contacts',
    [['order', 'resembles', ['a']]],
    'Invalid operator. The allowed operators for order are [equal_to,not_equal_to,contains,does_not_contain,is_present,is_not_present].',
  ],
  [
    'a piece of a day',
    'contacts',
    [['due', 'contains', ['2024']]],
    'Invalid operator. The allowed operators for due are [equal_to,not_equal_to,is_greater_than,is_less_than,days_before,is_present,is_not_present].',
  ],
  [
    'no operator',
    'conversations',
    [['status', '', ['open']]],
    'Invalid operator. The allowed operators for status are [equal_to,not_equal_to].',
  ],
  ['a word for a number', 'contacts', [['amount', 'equal_to', ['many']]], invalid('amount')],
  ['a word for an id', 'conversations', [['inbox_id', 'equal_to', ['one']]], invalid('inbox_id')],
  ['nothing for an id', 'conversations', [['team_id', 'equal_to', ['']]], invalid('team_id')],
  ['a word for a box', 'contacts', [['blocked', 'equal_to', ['perhaps']]], invalid('blocked')],
  ['a word for a day', 'contacts', [['created_at', 'is_less_than', ['yesterday']]], invalid('created_at')],
  ['a day that no month has', 'contacts', [['created_at', 'is_less_than', ['2024-02-30']]], invalid('created_at')],
  ['a day before there were days', 'contacts', [['created_at', 'is_less_than', ['0000-01-01']]], invalid('created_at')],
  ['more days than there were', 'conversations', [['created_at', 'days_before', ['999999']]], invalid('created_at')],
  ['an object for a value', 'contacts', [['name', 'equal_to', [{ a: 1 }]]], invalid('name')],
  ['null for a value', 'contacts', [['name', 'equal_to', [null]]], invalid('name')],
  ['a list of lists', 'contacts', [['name', 'equal_to', [['a']]]], invalid('name')],
  [
    'no joint between two',
    'contacts',
    [
      ['name', 'equal_to', ['a']],
      ['name', 'equal_to', ['b']],
    ],
    JOINT,
  ],
  [
    'a joint after the last',
    'contacts',
    [['name', 'equal_to', ['a'], 'AND']],
    'Query operator of the last condition must be null.',
  ],
  [
    'too many pieces in all',
    'contacts',
    [
      ['name', 'contains', Array(10).fill('a'), 'AND'],
      ['email', 'does_not_contain', Array(11).fill('a')],
    ],
    'The payload looks for too many pieces of text (the maximum is 20).',
  ],
  [
    'too long a piece',
    'contacts',
    [['name', 'contains', ['a'.repeat(256)]]],
    'Invalid value. The values provided for name are too long (the maximum is 255 characters)',
  ],
  [
    'too many conditions',
    'contacts',
    Array(51).fill(['name', 'equal_to', ['a'], 'AND']),
    'The payload has too many conditions (the maximum is 50).',
  ],
])('%s is refused', async (_, noun, conditions, error) => {
  const { status, body } = await post(noun, conditions)
  expect([status, body]).toEqual([422, { error }])
})

it('a payload is needed, and is a list of conditions', async () => {
  for (const noun of ['contacts', 'conversations']) {
    const answers = await Promise.all(
      [{}, { payload: null }, { payload: 'all' }, { payload: {} }, { payload: ['name'] }].map((body) =>
        admin.post(`${base}/${noun}/filter`, body),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422])
    expect(answers.map(({ body }) => /payload/i.test(body.error ?? body.message))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
  }
})

it('conversations come by their newest activity, contacts as they are sorted, page by page', async () => {
  const names = async (query: string) =>
    (await admin.post(`${base}/contacts/filter${query}`, { payload: [] })).body.payload.map((one: any) => one.name)
  expect(await names('?sort=-name')).toEqual(['ÄDA', 'Plain', 'Odd', 'Ada'].sort().reverse())
  const { body } = await admin.post(`${base}/contacts/filter?page=2`, { payload: [] })
  expect(body).toEqual({ meta: { count: 4, current_page: '2' }, payload: [] })
  const list = (await admin.get(`${base}/conversations?status=all`)).body.data
  const filtered = (await post('conversations', [])).body
  expect(filtered.payload).toEqual(list.payload)
  const { assigned_count: _, ...meta } = list.meta
  expect(filtered.meta).toEqual(meta)
})
