import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function apiInbox(channel: object = {}) {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const { body } = await admin.post(`/api/v1/accounts/${account.id}/inboxes`, {
    name: 'Front desk',
    channel: { type: 'api', ...channel },
  })
  return { account, admin, inbox: body, path: `/public/api/v1/inboxes/${body.inbox_identifier}/contacts` }
}

describe('a visitor who arrives', () => {
  it('is one contact with one answer however many say so at once', async () => {
    const { path } = await apiInbox()
    const body = { source_id: 'phone-1', identifier: 'ada', email: 'Ada@Acme.example', name: 'Ada' }
    const answers = await Promise.all(Array.from({ length: 25 }, () => t.anyone.post(path, body)))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1)
    expect(t.events.filter((event) => event.name === 'contact.created')).toHaveLength(1)
  })

  it('is one contact when only the e-mail is the same, each with a place of its own', async () => {
    const { path } = await apiInbox()
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => t.anyone.post(path, { email: 'ada@acme.example' })),
    )
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(new Set(answers.map((answer) => answer.body.source_id)).size).toBe(15)
  })

  it('is not changed by what they say about somebody known', async () => {
    const { account, admin, path } = await apiInbox()
    await t.anyone.post(path, { identifier: 'ada', name: 'Ada', custom_attributes: { plan: 'gold' } })
    const again = await t.anyone.post(path, { identifier: 'ada', name: 'Mallory', email: 'mallory@acme.example' })
    const { body } = await admin.get(`/api/v1/accounts/${account.id}/contacts/${again.body.id}`)
    expect(body.payload).toMatchObject({ name: 'Ada', email: null })
  })

  it('is refused with a source id of blanks', async () => {
    const { path } = await apiInbox()
    expect(await t.anyone.post(path, { source_id: '' })).toMatchObject({
      status: 422,
      body: { attributes: ['source_id'] },
    })
  })
})

describe('a proof of identity', () => {
  it('is asked for where the inbox says so, and refused when it is wrong', async () => {
    const { inbox, path } = await apiInbox({ hmac_mandatory: true })
    const hash = (identifier: string) => createHmac('sha256', inbox.hmac_token).update(identifier).digest('hex')
    const made = await t.anyone.post(path, { identifier: 'ada', identifier_hash: hash('ada') })
    const own = `${path}/${made.body.source_id}`
    const wrong = [
      t.anyone.post(path, { identifier: 'eve' }),
      t.anyone.post(path, { identifier: 'eve', identifier_hash: hash('ada') }),
      t.anyone.get(own),
      t.anyone.patch(own, { name: 'Eve', identifier: 'ada', identifier_hash: hash('ada').toUpperCase() }),
    ]
    for (const answer of await Promise.all(wrong))
      expect(answer).toMatchObject({ status: 401, body: { error: expect.stringContaining('HMAC') } })
    expect(await t.anyone.get(`${own}?identifier=ada&identifier_hash=${hash('ada')}`)).toMatchObject({ status: 200 })
  })
})

describe('a visitor who says who they are', () => {
  it('becomes one with whoever has that e-mail', async () => {
    const { account, admin, path } = await apiInbox()
    const ada = await t.anyone.post(path, {
      email: 'ada@acme.example',
      name: 'Ada',
      custom_attributes: { plan: 'gold' },
    })
    const visitor = await t.anyone.post(path, { custom_attributes: { plan: 'free', source: 'web' } })
    const talk = await t.anyone.post(`${path}/${visitor.body.source_id}/conversations`, {})
    await t.anyone.post(`${path}/${visitor.body.source_id}/conversations/${talk.body.id}/messages`, {
      content: 'Hello',
    })
    t.events.length = 0
    const merged = await t.anyone.patch(`${path}/${visitor.body.source_id}`, { email: 'ADA@acme.example' })
    expect(merged.body.id).toBe(ada.body.id)
    expect(t.events.map((event) => event.name)).toEqual([
      'conversation.contact_changed',
      'message.updated',
      'contact.deleted',
      'contact.merged',
      'contact.updated',
      'contact.updated',
    ])
    const shown = (id: number) => admin.get(`/api/v1/accounts/${account.id}/contacts/${id}`)
    expect((await shown(ada.body.id)).body.payload).toMatchObject({
      name: 'Ada',
      custom_attributes: { plan: 'gold', source: 'web' },
    })
    expect(await shown(visitor.body.id)).toMatchObject({ status: 404 })
  })

  it('is known across accounts to nobody', async () => {
    const here = await apiInbox()
    const there = await apiInbox()
    const ada = await t.anyone.post(here.path, { source_id: 'ada', email: 'ada@acme.example' })
    const other = await t.anyone.post(there.path, { email: 'ada@acme.example' })
    expect(other.body.id).not.toBe(ada.body.id)
    expect(await t.anyone.get(`${there.path}/ada`)).toMatchObject({
      status: 404,
      body: { status: 404, error: 'Not Found' },
    })
  })
})
