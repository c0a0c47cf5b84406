import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: site } = await admin.post(`${base}/inboxes`, {
    name: 'Site',
    channel: { type: 'web_widget', website_url: 'https://shop.test' },
  })
  const { body: label } = await admin.post(`${base}/labels`, { title: 'customers' })
  const make = (fields: object) =>
    admin.post(`${base}/campaigns`, { title: 'Welcome', message: 'Hi', inbox_id: site.id, ...fields })
  return { account, admin, agent: t.as(account.agent), base, campaigns: `${base}/campaigns`, site, label, make }
}

/** As a database that Chatwoot wrote may have one. */
async function buildSmsInbox(accountId: number): Promise<number> {
  const { rows } = await t.database.pool.query(
    `insert into inboxes (account_id, name, channel_id, channel_type, created_at, updated_at)
     values ($1, 'SMS', 1, 'Channel::Sms', now(), now()) returning id`,
    [accountId],
  )
  return rows[0].id
}

it('a campaign of a website goes on, is numbered in its account and shows its inbox and sender', async () => {
  const { account, admin, base, campaigns, site, make } = await office()
  const { body: bare } = await make({})
  expect(bare).toEqual({
    id: 1,
    title: 'Welcome',
    description: null,
    account_id: account.id,
    inbox: (await admin.get(`${base}/inboxes/${site.id}`)).body,
    message: 'Hi',
    template_params: null,
    campaign_status: 'active',
    enabled: true,
    campaign_type: 'ongoing',
    trigger_rules: {},
    trigger_only_during_business_hours: false,
    created_at: bare.created_at,
    updated_at: bare.created_at,
  })
  const fields = {
    description: 'For new ones',
    enabled: false,
    trigger_only_during_business_hours: true,
    trigger_rules: { url: 'https://shop.test/*', time_on_page: 5 },
    template_params: { name: 'hello' },
  }
  const sent = { ...fields, sender_id: account.agent.id, scheduled_at: '2031-01-01T10:00:00Z' }
  const { body: full } = await make(sent)
  expect(full).toMatchObject({ id: 2, ...fields, sender: { id: account.agent.id, role: 'agent' } })
  expect(full).not.toHaveProperty('scheduled_at')
  expect((await admin.get(campaigns)).body).toEqual([bare, full])
  expect((await admin.get(`${base}/inboxes/${site.id}/campaigns`)).body).toEqual([bare, full])
  expect((await admin.get(`${campaigns}/2`)).body).toEqual(full)
  const { body: changed } = await admin.put(`${campaigns}/2`, { campaign: { sender_id: null, title: 'Hello' } })
  expect(changed).toMatchObject({ ...fields, title: 'Hello' })
  expect(changed).not.toHaveProperty('sender')
})

it('a campaign where there are telephone numbers goes out once, at its time or at once', async () => {
  const { account, admin, campaigns, label, make } = await office()
  const inbox_id = await buildSmsInbox(account.id)
  const audience = [{ id: label.id, type: 'Label' }]
  const { body: later } = await make({ inbox_id, audience, scheduled_at: '2031-01-01T10:00:00Z' })
  expect(later).toMatchObject({ campaign_type: 'one_off', scheduled_at: 1925028000, audience })
  const { body: soon } = await make({ inbox_id })
  expect(Math.abs(soon.scheduled_at - Date.now() / 1000)).toBeLessThan(60)
  expect(soon.audience).toEqual([])
  const { body: moved } = await admin.patch(`${campaigns}/${later.id}`, {
    scheduled_at: '2032-02-02T10:00:00Z',
    audience: [],
  })
  expect(moved).toMatchObject({ scheduled_at: 1959328800, audience: [] })
  for (const scheduled_at of ['tomorrow', 1925028000, '+275760-09-13T00:00:00Z']) {
    expect((await make({ inbox_id, scheduled_at })).body.attributes).toEqual(['scheduled_at'])
  }
  await t.database.pool.query('update campaigns set campaign_status = 1 where account_id = $1', [account.id])
  expect((await admin.patch(`${campaigns}/${later.id}`, { title: 'Too late' })).body).toEqual({
    message: 'Status The campaign is already completed',
    attributes: ['status'],
  })
  expect((await admin.get(`${campaigns}/${later.id}`)).body.campaign_status).toBe('completed')
})

it('refuses what it cannot do', async () => {
  const [here, there] = [await office(), await office()]
  const { admin, base, campaigns, make } = here
  const { body: api } = await admin.post(`${base}/inboxes`, { name: 'API', channel: { type: 'api' } })
  const refused = async (fields: object) => {
    const { status, body } = await make(fields)
    expect(status).toBe(422)
    return body.message
  }
  expect(await refused({ title: ' ', message: null })).toBe("Title can't be blank, Message can't be blank")
  expect(await refused({ title: 'x'.repeat(256) })).toBe('Title is too long (maximum is 255 characters)')
  expect(await refused({ inbox_id: null })).toBe("Inbox can't be blank, Inbox must exist")
  expect(await refused({ inbox_id: there.site.id })).toBe('Inbox must exist')
  expect(await refused({ inbox_id: api.id })).toBe('Inbox Unsupported Inbox type')
  expect(await refused({ trigger_rules: null })).toBe("Trigger rules can't be blank")
  for (const url of ['shop.test', 'ftp://shop.test', 'javascript:alert(1)', '', 5, { http: 1 }])
    expect(await refused({ trigger_rules: { url } })).toBe('Url invalid')
  const elsewhere = 'Sender must belong to the same account as the campaign'
  expect(await refused({ sender_id: there.account.agent.id })).toBe(elsewhere)
  expect(await refused({ sender_id: 999_999_999 })).toBe(elsewhere)
  for (const part of [{ type: 'Label', id: there.label.id }, { type: 'Team', id: here.label.id }, { type: 'Label' }])
    expect(await refused({ audience: [part] })).toBe('Audience must be labels of the account')
  expect((await admin.get(campaigns)).body).toEqual([])
  expect((await here.agent.get(campaigns)).status).toBe(401)
  expect((await here.agent.get(`${base}/inboxes/${api.id}/campaigns`)).status).toBe(401)
})

it('a campaign that is removed leaves its conversations', async () => {
  const { account, admin, base, campaigns, make } = await office()
  const { body: campaign } = await make({})
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'API', channel: { type: 'api' } })
  const { body: contact } = await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })
  const { source_id } = contact.payload.contact_inbox
  await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })
  const { rows } = await t.database.pool.query(
    `update conversations set campaign_id = (select id from campaigns where account_id = $1)
     where account_id = $1 returning campaign_id`,
    [account.id],
  )
  expect(rows[0].campaign_id).not.toBe(null)
  expect((await admin.delete(`${campaigns}/${campaign.id}`)).text).toBe('')
  expect((await admin.get(`${campaigns}/${campaign.id}`)).status).toBe(404)
  const { rows: left } = await t.database.pool.query('select campaign_id from conversations where account_id = $1', [
    account.id,
  ])
  expect(left).toEqual([{ campaign_id: null }])
})
