import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { FEATURES } from '../accounts/account.features.ts'
import { recountCompanies } from '../companies/company.model.ts'
import { fetchAvatar } from './avatar.model.ts'

const t = startTestApp()
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

async function office() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Front desk', channel: { type: 'api' } })
  return { account, admin, agent: t.as(account.agent), base, inbox, contacts: `${base}/contacts` }
}

const make = async (client: ReturnType<typeof t.as>, path: string, body: object) =>
  (await client.post(path, body)).body.payload.contact

describe('contacts of an account', () => {
  it('are sent lists without what is null in them, at any depth; a field that is null stays', async () => {
    const { admin, contacts } = await office()
    const sent = {
      list: [1, 'two', null],
      nothing: [null, null],
      deep: { lists: [[null, 3], { list: [null], field: null }] },
      field: null,
    }
    const kept = { list: [1, 'two'], nothing: [], deep: { lists: [[3], { list: [], field: null }] }, field: null }
    const contact = await make(admin, contacts, { name: 'Ada', custom_attributes: sent })
    expect(contact.custom_attributes).toEqual(kept)
    const { body } = await admin.get(`${contacts}/${contact.id}`)
    expect(body.payload.custom_attributes).toEqual(kept)
    const text = await make(admin, contacts, { name: 'null', custom_attributes: { word: 'null', [`__proto__`]: 1 } })
    expect([text.name, text.custom_attributes]).toEqual(['null', { word: 'null' }])
  })

  it('are counted as they come, change, merge and go', async () => {
    const { account, admin, base, contacts, inbox } = await office()
    const other = await office()
    const both = async () => {
      const { body } = await admin.get(contacts)
      const { rows } = await t.database.pool.query(
        `select count(*) filter (where email <> '' or phone_number <> '' or identifier <> '')::integer as known,
          count(*) filter (where contact_type = 1)::integer as leads from contacts where account_id = $1`,
        [account.id],
      )
      const { rows: kept } = await t.database.pool.query(
        'select known, leads from parley.contact_counts where account_id = $1',
        [account.id],
      )
      expect(kept[0]).toEqual(rows[0])
      expect(body.meta.count).toBe(rows[0].known)
      return body.meta.count
    }
    const ada = await make(admin, contacts, { name: 'Ada', email: 'ada@acme.example' })
    const bob = await make(admin, contacts, { name: 'Bob', inbox_id: inbox.id })
    const cy = await make(admin, contacts, { name: 'Cy', phone_number: '+15550100' })
    await make(other.admin, other.contacts, { name: 'Dee', email: 'dee@acme.example' })
    expect(await both()).toBe(2)
    await admin.patch(`${contacts}/${bob.id}`, { identifier: 'bob' })
    await admin.patch(`${contacts}/${bob.id}`, { name: 'Robert' })
    expect(await both()).toBe(3)
    await admin.post(`${base}/actions/contact_merge`, { base_contact_id: ada.id, mergee_contact_id: bob.id })
    expect(await both()).toBe(2)
    await admin.patch(`${contacts}/${cy.id}`, { phone_number: '' })
    expect(await both()).toBe(1)
    await admin.delete(`${contacts}/${ada.id}`)
    expect(await both()).toBe(0)
  })

  it('are out of reach for another account, by every path and in every body', async () => {
    const here = await office()
    const there = await office()
    const mine = await make(here.admin, here.contacts, {
      name: 'Mine',
      email: 'mine@acme.example',
      inbox_id: here.inbox.id,
      source_id: 'mine',
    })
    const theirs = await make(there.admin, there.contacts, { name: 'Theirs' })
    const own = `${there.contacts}/${mine.id}`
    const { admin, base } = there
    const answers = await Promise.all([
      admin.get(own),
      admin.patch(own, { name: 'Taken' }),
      admin.delete(own),
      admin.delete(`${own}/avatar`),
      admin.post(`${own}/destroy_custom_attributes`, { custom_attributes: ['plan'] }),
      admin.get(`${own}/contactable_inboxes`),
      admin.get(`${own}/conversations`),
      admin.get(`${own}/labels`),
      admin.post(`${own}/labels`, { labels: ['taken'] }),
      admin.post(`${own}/contact_inboxes`, { inbox_id: there.inbox.id }),
      admin.post(`${there.contacts}/${theirs.id}/contact_inboxes`, { inbox_id: here.inbox.id }),
      admin.post(there.contacts, { name: 'New', inbox_id: here.inbox.id }),
      admin.post(`${base}/contact_inboxes/filter`, { inbox_id: here.inbox.id, source_id: 'mine' }),
      admin.post(`${base}/actions/contact_merge`, { base_contact_id: theirs.id, mergee_contact_id: mine.id }),
      admin.post(`${base}/actions/contact_merge`, { base_contact_id: mine.id, mergee_contact_id: theirs.id }),
    ])
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 404))
    expect((await here.admin.get(`${here.contacts}/${mine.id}`)).body.payload).toMatchObject({ name: 'Mine' })
  })

  it('keep what no one may send out of their rows', async () => {
    const { admin, contacts, account } = await office()
    const contact = await make(admin, contacts, {
      name: 'Ada',
      account_id: 1,
      id: 7,
      contact_type: 2,
      company_id: 3,
      created_at: 0,
    })
    expect(contact.id).not.toBe(7)
    const { rows } = await t.database.pool.query(
      'select account_id, contact_type, company_id from contacts where id = $1',
      [contact.id],
    )
    expect(rows[0]).toEqual({ account_id: account.id, contact_type: 0, company_id: null })
  })

  it('are told in one list what is wrong with them', async () => {
    const { admin, contacts } = await office()
    await make(admin, contacts, { name: 'Ada', email: 'ada@acme.example' })
    const answer = await admin.post(contacts, { email: 'ADA@acme.example', phone_number: '12', name: 'n'.repeat(256) })
    expect(answer).toMatchObject({
      status: 422,
      body: {
        message:
          'Name is too long (maximum is 255 characters), Email has already been taken, Phone number should be in e164 format',
        attributes: ['name', 'email', 'phone_number'],
      },
    })
  })

  it('say so every time they are saved; webhooks hear only of changes', async () => {
    const { admin, contacts } = await office()
    const contact = await make(admin, contacts, { name: 'Ada' })
    t.events.length = 0
    await admin.patch(`${contacts}/${contact.id}`, {})
    await admin.patch(`${contacts}/${contact.id}`, { name: 'Ada King' })
    const changes = t.events.map((event) => Object.keys((event.data as { changes: object }).changes))
    expect(changes).toEqual([[], ['name', 'updated_at']])
  })

  it('are listed by what can be known of them; by their type where the account has the new CRM', async () => {
    const { account, admin, contacts } = await office()
    await make(admin, contacts, { name: 'Nobody' })
    await make(admin, contacts, { name: 'By identifier', identifier: 'crm-1' })
    await make(admin, contacts, { name: 'By mail', email: 'mail@acme.example' })
    const names = async () => (await admin.get(contacts)).body.payload.map((contact: { name: string }) => contact.name)
    expect(await names()).toEqual(['By identifier', 'By mail'])
    const flag = String(1n << BigInt(FEATURES.indexOf('crm_v2')))
    await t.database.pool.query('update accounts set feature_flags = feature_flags | $2 where id = $1', [
      account.id,
      flag,
    ])
    expect(await names()).toEqual(['By mail'])
  })

  it('are filtered by labels, of which an empty name is none, and shown without inboxes only when that is said', async () => {
    const { admin, contacts } = await office()
    const contact = await make(admin, contacts, { name: 'Ada', email: 'ada@acme.example' })
    await admin.post(`${contacts}/${contact.id}/labels`, { labels: ['vip'] })
    const count = async (query: string) => (await admin.get(`${contacts}?${query}`)).body.meta.count
    expect([await count('labels[]=VIP&labels[]=x'), await count('labels[]='), await count('labels=')]).toEqual([
      1, 0, 1,
    ])
    const shown = async (value: string) =>
      'contact_inboxes' in (await admin.get(`${contacts}/${contact.id}?include_contact_inboxes=${value}`)).body.payload
    expect([await shown(''), await shown('true'), await shown('false'), await shown('1')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it('lose attributes by one name or many, and are neither blocked nor unblocked by nothing', async () => {
    const { admin, contacts } = await office()
    const contact = await make(admin, contacts, { name: 'Ada', blocked: true, custom_attributes: { a: 1, b: 2, c: 3 } })
    const drop = async (custom_attributes: unknown) =>
      (await admin.post(`${contacts}/${contact.id}/destroy_custom_attributes`, { custom_attributes })).body.payload
        .custom_attributes
    expect(await drop('a')).toEqual({ b: 2, c: 3 })
    expect(await drop(['b', 'x'])).toEqual({ c: 3 })
    expect((await admin.patch(`${contacts}/${contact.id}`, { blocked: null })).body.attributes).toEqual(['blocked'])
    expect((await admin.get(`${contacts}/${contact.id}`)).body.payload.blocked).toBe(true)
    const placed = await admin.post(contacts, { name: 'Nowhere', inbox_id: 0 })
    expect([placed.status, placed.body]).toEqual([404, { error: 'Resource could not be found' }])
  })

  it('leave no file behind when they are refused', async () => {
    const { admin, contacts } = await office()
    const contact = await make(admin, contacts, { name: 'Ada' })
    const kept = () => readdirSync(t.folder, { recursive: true }).length
    const before = kept()
    const form = new FormData()
    form.append('avatar', new Blob([PNG]), 'ada.png')
    form.append('phone_number', '12')
    expect((await admin.patch(`${contacts}/${contact.id}`, form)).body.attributes).toEqual(['phone_number'])
    expect(kept()).toBe(before)
    form.set('phone_number', '+15555550100')
    expect((await admin.patch(`${contacts}/${contact.id}`, form)).status).toBe(200)
    expect(kept()).toBeGreaterThan(before)
  })

  it('get a picture from elsewhere once, however often its address is sent, until it is taken away', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked++
      response.end(PNG)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ada.png`
    const { admin, contacts } = await office()
    const contact = await make(admin, contacts, { name: 'Ada' })
    const fetchIt = () => t.run((ctx) => fetchAvatar(ctx, { contact_id: contact.id, url }))
    await fetchIt()
    await fetchIt()
    const { body } = await admin.get(`${contacts}/${contact.id}`)
    expect([asked, body.payload.thumbnail]).toEqual([1, expect.stringMatching(/ada\.png$/)])
    expect(Object.keys(body.payload.additional_attributes)).toEqual(['avatar_url_hash', 'last_avatar_sync_at'])
    await admin.delete(`${contacts}/${contact.id}/avatar`)
    await fetchIt()
    expect(asked).toBe(2)
  })

  it('share a company by their domain, unless it is a mail provider', async () => {
    const { admin, contacts, account } = await office()
    const ids: number[] = []
    for (const email of ['a@acme-tools.example', 'b@acme-tools.example', 'c@gmail.com']) {
      const { id } = await make(admin, contacts, { name: email, email })
      ids.push(id)
    }
    await t.run(recountCompanies)
    const { rows } = await t.database.pool.query(
      'select id, name, domain, contacts_count from companies where account_id = $1',
      [account.id],
    )
    expect(rows).toEqual([{ id: rows[0].id, name: 'Acme Tools', domain: 'acme-tools.example', contacts_count: 2 }])
    const { rows: people } = await t.database.pool.query(
      'select company_id from contacts where id = any($1) order by id',
      [ids],
    )
    expect(people.map((row) => row.company_id)).toEqual([rows[0].id, rows[0].id, null])
  })
})

describe('two contacts that become one', () => {
  it('leave no trace of the other but what it had', async () => {
    const { admin, agent, base, contacts, inbox } = await office()
    const ada = await make(admin, contacts, {
      name: 'Ada',
      email: 'ada@acme.example',
      custom_attributes: { a: { x: 1 } },
    })
    const other = await make(admin, contacts, {
      name: 'Other',
      email: 'other@acme.example',
      identifier: 'crm-1',
      custom_attributes: { a: { x: 2, y: 3 } },
      inbox_id: inbox.id,
      source_id: 'other',
    })
    await admin.post(`${contacts}/${other.id}/labels`, { labels: ['vip'] })
    const merged = await agent.post(`${base}/actions/contact_merge`, {
      base_contact_id: ada.id,
      mergee_contact_id: other.id,
    })
    expect(merged.body).toMatchObject({
      id: ada.id,
      email: 'ada@acme.example',
      identifier: 'crm-1',
      custom_attributes: { a: { x: 1, y: 3 } },
    })
    const { body } = await admin.post(`${base}/contact_inboxes/filter`, { inbox_id: inbox.id, source_id: 'other' })
    expect(body.id).toBe(ada.id)
    const { rows } = await t.database.pool.query(
      `select count(*) from taggings where taggable_type = 'Contact' and taggable_id = $1`,
      [other.id],
    )
    expect(rows[0].count).toBe(0)
  })
})
