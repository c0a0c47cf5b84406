import { describe, expect, it } from 'vitest'
import { startTestApp, type TestAccount } from '../../../test/support.ts'

describe('webhooks', () => {
  const t = startTestApp()
  const at = (account: TestAccount, path = '') => `/api/v1/accounts/${account.id}/webhooks${path}`

  it('listens to the first eight events unless it says which', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const { body } = await admin.post(at(account), { webhook: { url: 'https://hooks.example.test/a' } })
    const { webhook } = body.payload
    expect(webhook).toMatchObject({ name: null, url: 'https://hooks.example.test/a', account_id: account.id })
    expect(webhook.subscriptions).toHaveLength(8)
    expect(webhook.secret).toMatch(/^whsec_/)
    expect(webhook).not.toHaveProperty('inbox')
    const { body: changed } = await admin.patch(at(account, `/${webhook.id}`), {
      name: 'All',
      subscriptions: ['contact_updated'],
    })
    expect(changed.payload.webhook).toEqual({ ...webhook, name: 'All', subscriptions: ['contact_updated'] })
    expect((await admin.get(at(account))).body).toEqual({ payload: { webhooks: [changed.payload.webhook] } })
    expect((await admin.delete(at(account, `/${webhook.id}`))).text).toBe('')
    expect((await admin.get(at(account))).body).toEqual({ payload: { webhooks: [] } })
  })

  it('refuses unknown events, what is no web address and an address that is taken', async () => {
    const account = await t.buildAccount()
    const make = async (webhook: object) => (await t.as(account.administrator).post(at(account), { webhook })).body
    const url = 'https://hooks.example.test/a'
    await make({ url })
    expect(await make({ url })).toEqual({ message: 'Url has already been taken', attributes: ['url'] })
    expect(await make({ url, subscriptions: ['moon_landing'] })).toEqual({
      message: 'Url has already been taken, Subscriptions Invalid events',
      attributes: ['url', 'subscriptions'],
    })
    expect(await make({ url: `${url}/b`, subscriptions: [] })).toMatchObject({
      message: 'Subscriptions Invalid events',
    })
    expect(await make({ url: `${url}/b`, subscriptions: ['moon_landing'] })).toMatchObject({
      attributes: ['subscriptions'],
    })
    expect(await make({ url: 'hooks.example.test' })).toMatchObject({ message: 'Url is invalid' })
    expect(await make({ name: 'Nowhere' })).toMatchObject({ message: 'Url is invalid' })
    expect((await t.as(account.administrator).post(at(account), { nothing: 1 })).body.error).toMatch(/webhook$/)
  })

  it('counts characters, of which an emoji is one', async () => {
    const account = await t.buildAccount()
    const make = async (length: number) =>
      t
        .as(account.administrator)
        .post(at(account), { webhook: { url: `https://a.test/${length}`, name: '😀'.repeat(length) } })
    expect((await make(255)).status).toBe(200)
    expect((await make(256)).body).toEqual({
      message: 'Name is too long (maximum is 255 characters)',
      attributes: ['name'],
    })
  })

  it('takes an inbox of the account, and is for its administrators', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    const { body: inbox } = await t
      .as(other.administrator)
      .post(`/api/v1/accounts/${other.id}/inboxes`, { name: 'Theirs', channel: { type: 'api' } })
    const admin = t.as(account.administrator)
    const { body: refused } = await admin.post(at(account), { url: 'https://a.test/', inbox_id: inbox.id })
    expect(refused).toEqual({ message: 'Inbox must exist', attributes: ['inbox_id'] })
    const { body } = await admin.post(at(account), { url: 'https://a.test/' })
    const { id } = body.payload.webhook
    expect((await admin.patch(at(account, `/${id}`), { inbox_id: inbox.id })).status).toBe(422)
    expect((await t.as(other.administrator).patch(at(other, `/${id}`), { name: 'Mine' })).status).toBe(404)
    expect((await t.as(account.agent).get(at(account))).status).toBe(401)
  })
})
