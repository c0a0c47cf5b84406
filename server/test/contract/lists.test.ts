import { beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type Client } from '../support.ts'

const t = startTestApp({ CONVERSATION_RESULTS_PER_PAGE: '15' })
const MANY = 40
const PAGES = ['1', '2', '3']

let admin: Client
let base: string
let contacts: number[]
let conversations: number[]
let notifications: number[]

/** Rows that are equal in all that lists are sorted by, and lie in the tables in no order. */
beforeAll(async () => {
  const account = await t.buildAccount()
  admin = t.as(account.administrator)
  base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' } })
  const { body: made } = await admin.post(`${base}/contacts`, {
    name: 'Ada',
    email: 'ada@example.test',
    inbox_id: inbox.id,
  })
  const contact = made.payload.contact.id
  const { rows: places } = await t.database.pool.query('select id from contact_inboxes where contact_id = $1', [
    contact,
  ])
  const query = async (text: string, values: unknown[]): Promise<number[]> =>
    (await t.database.pool.query(text, values)).rows.map(({ id }) => Number(id))
  contacts = await query(
    `insert into contacts (account_id, name, identifier, contact_type, additional_attributes, last_activity_at, created_at, updated_at)
     select $1, 'Bob', 'bob-' || n, 1, '{"city": "Rome", "country": "Italy", "company_name": "Acme"}', '2026-01-01', '2026-01-01', '2026-01-01'
     from generate_series(1, ${MANY}) n returning id`,
    [account.id],
  )
  conversations = await query(
    `insert into conversations (account_id, inbox_id, contact_id, contact_inbox_id, status, priority, waiting_since, display_id,
       last_activity_at, created_at, updated_at)
     select $1, $2, $3, $4, 0, 1, '2026-01-01', 0, '2026-01-01', '2026-01-01', '2026-01-01'
     from generate_series(1, ${MANY}) returning display_id as id`,
    [account.id, inbox.id, contact, places[0].id],
  )
  notifications = await query(
    `insert into notifications (account_id, user_id, notification_type, primary_actor_type, primary_actor_id, last_activity_at, created_at, updated_at)
     select account_id, $2, 1, 'Conversation', id, '2026-01-01', '2026-01-01', '2026-01-01' from conversations
     where account_id = $1 returning id`,
    [account.id, account.administrator.id],
  )
  for (const table of ['contacts', 'conversations', 'notifications']) {
    await t.database.pool.query(`do $$ declare row record; begin
      for row in select id from ${table} where account_id = ${account.id} order by random() loop
        update ${table} set account_id = account_id where id = row.id;
      end loop; end $$`)
  }
})

/** What a list shows over all its pages. */
async function shown(path: string, rowsOf: (body: any) => { id: number }[], filter?: object): Promise<number[]> {
  const ids: number[] = []
  for (const page of PAGES) {
    const paged = `${base}${path}${path.includes('?') ? '&' : '?'}page=${page}`
    const { status, body } = await (filter ? admin.post(paged, filter) : admin.get(paged))
    expect(status).toBe(200)
    ids.push(...rowsOf(body).map(({ id }) => id))
  }
  return ids
}

const sorted = (ids: number[]) => [...ids].sort((one, other) => one - other)
/** Each once, and equal ones by id: up or down. */
const expectWhole = (rows: number[], ids: number[]) => expect([sorted(ids), sorted(ids).reverse()]).toContainEqual(rows)
const SORTS = ['last_activity_at', 'created_at', 'priority', 'waiting_since'].flatMap((name) => [
  `${name}_asc`,
  `${name}_desc`,
])
const FIELDS = ['name', 'email', 'phone_number', 'last_activity_at', 'created_at', 'company', 'city', 'country']

describe('a list of equal rows shows each once, page by page', () => {
  it.each(SORTS)('conversations by %s', async (sort) => {
    const rows = await shown(`/conversations?sort_by=${sort}`, (body) => body.data.payload)
    expectWhole(rows, conversations)
  })

  it.each(SORTS)('conversations found, by %s', async (sort) => {
    const rows = await shown(`/conversations/search?sort_by=${sort}`, (body) => body.payload)
    expectWhole(rows, conversations)
  })

  it('conversations that a filter finds', async () => {
    const payload = [{ attribute_key: 'status', filter_operator: 'equal_to', values: ['open'] }]
    expectWhole(await shown('/conversations/filter', (body) => body.payload, { payload }), conversations)
  })

  it.each(FIELDS.flatMap((field) => [field, `-${field}`]))('contacts by %s', async (sort) => {
    const all = await shown(`/contacts?sort=${sort}`, (body) => body.payload)
    const found = await shown(`/contacts/search?q=Bob&sort=${sort}`, (body) => body.payload)
    expectWhole(
      all.filter((id) => contacts.includes(id)),
      contacts,
    )
    expectWhole(found, contacts)
    const payload = [{ attribute_key: 'name', filter_operator: 'equal_to', values: ['Bob'] }]
    const filtered = await shown(`/contacts/filter?sort=${sort}`, (body) => body.payload, { payload })
    expectWhole(filtered, contacts)
  })

  it.each(['asc', 'desc'])('notifications, %s', async (order) => {
    const rows = await shown(`/notifications?sort_order=${order}`, (body) => body.data.payload)
    expectWhole(rows, notifications)
  })

  it('the conversations of a contact, the latest twenty', async () => {
    const { body } = await admin.get(`${base}/contacts/${sorted(contacts)[0]! - 1}/conversations`)
    expect(body.payload.map(({ id }: { id: number }) => id)).toEqual(sorted(conversations).reverse().slice(0, 20))
  })
})
