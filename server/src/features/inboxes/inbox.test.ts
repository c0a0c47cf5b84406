import { describe, expect, it } from 'vitest'
import { startTestApp, type TestAccount } from '../../../test/support.ts'
import { deleteInbox } from './inbox.jobs.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

describe('inboxes', () => {
  const t = startTestApp()
  const at = (account: TestAccount, path = '') => `/api/v1/accounts/${account.id}/inboxes${path}`
  const members = (account: TestAccount, path = '') => `/api/v1/accounts/${account.id}/inbox_members${path}`
  const make = async (account: TestAccount, fields: object = {}) =>
    (await t.as(account.administrator).post(at(account), { name: 'Orders', channel: { type: 'api' }, ...fields })).body

  it('makes an API inbox with its channel and a week of hours, and says that the list is old', async () => {
    const account = await t.buildAccount()
    const inbox = await make(account, { channel: { type: 'api', webhook_url: 'https://hooks.example.test/a' } })
    expect(inbox).toMatchObject({
      name: 'Orders',
      channel_type: 'Channel::Api',
      webhook_url: 'https://hooks.example.test/a',
      hmac_mandatory: false,
      timezone: 'UTC',
      widget_color: null,
      additional_attributes: {},
    })
    expect(inbox.inbox_identifier).toMatch(/^[1-9A-HJ-NP-Za-km-z]{24}$/)
    expect(inbox.hmac_token).toMatch(/^[1-9A-HJ-NP-Za-km-z]{24}$/)
    expect(inbox.webhook_secret).toMatch(/^whsec_/)
    expect(inbox.working_hours.map((day: any) => day.open_hour)).toEqual([null, 9, 9, 9, 9, 9, null])
    expect(t.events).toEqual([
      { name: 'account.cache_invalidated', data: expect.objectContaining({ account_id: account.id, model: 'inbox' }) },
    ])
  })

  it('refuses what does not hold, naming it', async () => {
    const account = await t.buildAccount()
    const refused = async (fields: object) => {
      const { status, body } = await t
        .as(account.administrator)
        .post(at(account), { name: 'Orders', channel: { type: 'api' }, ...fields })
      return [status, body.message]
    }
    expect(await refused({ name: ' ' })).toEqual([422, "Name can't be blank"])
    expect(await refused({ timezone: 'Mars/Olympus' })).toEqual([422, 'Timezone is not included in the list'])
    expect(await refused({ channel: { type: 'pigeon' } })).toEqual([422, 'Channel must exist'])
    expect(await refused({ channel: { type: 'email' } })).toEqual([422, expect.stringContaining('cannot be made yet')])
    expect(await refused({ channel: undefined })).toEqual([422, 'Channel must exist'])
    expect(
      await refused({ channel: { type: 'api', additional_attributes: { agent_reply_time_window: '-1' } } }),
    ).toEqual([422, 'Agent reply time window agent_reply_time_window must be greater than 0'])
    expect(await refused({ greeting_message: '🙂'.repeat(10_001) })).toEqual([
      422,
      'Greeting message is too long (maximum is 10000 characters)',
    ])
    expect(await refused({ portal_id: 1_000_000 })).toEqual([422, 'Portal must exist'])
    expect((await t.as(account.administrator).get(at(account))).body).toEqual({ payload: [] })
  })

  it('makes no more than the account may have', async () => {
    const account = await t.buildAccount()
    await t.database.pool.query(`update accounts set limits = '{"inboxes": "1"}' where id = $1`, [account.id])
    await make(account)
    const second = await t.as(account.administrator).post(at(account), { name: 'Second', channel: { type: 'api' } })
    expect([second.status, second.body]).toEqual([402, { error: 'Account limit exceeded. Upgrade to a higher plan' }])
  })

  it('counts a picture sign as one character', async () => {
    const account = await t.buildAccount()
    const greeting_message = '🙂'.repeat(10_000)
    expect((await make(account, { greeting_message })).greeting_message).toBe(greeting_message)
  })

  it('shows agents their own inboxes only, and no secret of them', async () => {
    const account = await t.buildAccount()
    const [first, second] = [await make(account), await make(account, { name: 'Second' })]
    await t.as(account.administrator).post(members(account), { inbox_id: first.id, user_ids: [account.agent.id] })
    const agent = t.as(account.agent)
    const { body } = await agent.get(at(account))
    expect(body.payload.map((inbox: any) => inbox.id)).toEqual([first.id])
    expect(body.payload[0]).not.toHaveProperty('hmac_token')
    expect(body.payload[0]).not.toHaveProperty('webhook_secret')
    expect((await agent.get(at(account, `/${second.id}`))).status).toBe(401)
    expect((await agent.get(at(account, '/0'))).status).toBe(404)
    const stranger = await t.buildAccount()
    expect((await t.as(stranger.administrator).get(at(stranger, `/${first.id}`))).status).toBe(404)
  })

  it('changes working hours by their day and passes over a row that does not hold', async () => {
    const account = await t.buildAccount()
    const { id } = await make(account)
    const change = (working_hours: object[]) =>
      t.as(account.administrator).patch(at(account, `/${id}`), { working_hours })
    const { body } = await change([
      { day_of_week: 0, closed_all_day: false, open_hour: 10, open_minutes: 30, close_hour: 16, close_minutes: 15 },
      { day_of_week: 1, open_all_day: true },
      { day_of_week: 3, open_hour: 18, open_minutes: 0, close_hour: 9, close_minutes: 0 },
    ])
    expect(body.working_hours[0]).toMatchObject({ closed_all_day: false, open_hour: 10, close_minutes: 15 })
    expect(body.working_hours[1]).toMatchObject({ open_hour: 0, close_hour: 23, close_minutes: 59, open_all_day: true })
    expect(body.working_hours[3]).toMatchObject({ open_hour: 9, close_hour: 17 })
    expect(await change([{ day_of_week: 9 }])).toMatchObject({ status: 422, body: { attributes: ['day_of_week'] } })
  })

  it('replaces the survey as a whole, reads "null" as null and leaves what is not named', async () => {
    const account = await t.buildAccount()
    const { id } = await make(account, { greeting_message: 'Hello' })
    const change = async (fields: object) =>
      (await t.as(account.administrator).patch(at(account, `/${id}`), fields)).body
    await change({ csat_config: { display_type: 'star', message: 'How was it?' } })
    expect((await change({ csat_config: { message: 'Short' } })).csat_config).toEqual({
      display_type: 'emoji',
      message: 'Short',
      button_text: 'Please rate us',
      language: 'en',
      survey_rules: { operator: 'contains', values: [] },
    })
    expect((await change({ csat_config: {} })).csat_config.message).toBe('Short')
    expect((await change({ sender_name_type: 'professional' })).greeting_message).toBe('Hello')
    expect(await change({ greeting_message: 'null', greeting_enabled: 'null' })).toMatchObject({
      greeting_message: null,
      greeting_enabled: null,
      sender_name_type: 'professional',
    })
    expect(await change({ account_id: 1, channel: { identifier: 'mine', webhook_url: '' } })).toMatchObject({
      id,
      webhook_url: '',
    })
  })

  it('keeps a limit of assignments and the attributes of its channel as they were sent', async () => {
    const account = await t.buildAccount()
    const { id } = await make(account)
    const change = (fields: object) => t.as(account.administrator).patch(at(account, `/${id}`), fields)
    const limit = async (max_assignment_limit: unknown) => {
      const { body } = await change({ auto_assignment_config: { max_assignment_limit } })
      return body.message ?? body.auto_assignment_config
    }
    expect(await limit('5')).toEqual({ max_assignment_limit: '5' })
    expect(await limit('')).toEqual({ max_assignment_limit: '' })
    for (const wrong of [0, '-1', 'many', true]) {
      expect(await limit(wrong)).toBe('Auto assignment config max_assignment_limit must be greater than 0')
    }
    const attributes = async (additional_attributes: unknown) =>
      (await change({ channel: { additional_attributes } })).body.additional_attributes
    expect(await attributes({ shop: 1 })).toEqual({ shop: 1 })
    expect(await attributes(null)).toEqual({ shop: 1 })
    expect(await attributes({})).toEqual({})
    expect((await change({ sender_name_type: null })).body.attributes).toEqual(['sender_name_type'])
  })

  it('reads a reply window whatever was written there', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const base = `/api/v1/accounts/${account.id}`
    const inbox = await make(account)
    const { body } = await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })
    await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id: body.payload.contact_inbox.source_id })
    const replies = []
    for (const agent_reply_time_window of ['', ' ', false, '24 hours', '5.5', null, []]) {
      const channel = { additional_attributes: { agent_reply_time_window } }
      expect((await admin.patch(at(account, `/${inbox.id}`), { channel })).status).toBe(200)
      replies.push((await admin.get(`${base}/conversations/1`)).body.can_reply)
    }
    // Nobody has written yet, so a window is closed.
    expect(replies).toEqual([true, true, true, false, false, true, true])
  })

  it('holds the fields of a website against its rules, and its form is never without a field', async () => {
    const account = await t.buildAccount()
    const website = { type: 'web_widget', website_url: 'https://shop.example.test' }
    const nameless = await t.as(account.administrator).post(at(account), { name: '', channel: { type: 'web_widget' } })
    expect(nameless.body).toEqual({ message: "Website url can't be blank", attributes: ['website_url'] })
    const { id, pre_chat_form_options: first } = await make(account, { channel: website })
    const change = async (channel: object) =>
      (await t.as(account.administrator).patch(at(account, `/${id}`), { channel })).body
    expect(await change({ website_url: 'x'.repeat(256), widget_color: ' ', continuity_via_email: null })).toEqual({
      message:
        "Website url is too long (maximum is 255 characters), Widget color can't be blank, Continuity via email can't be blank",
      attributes: ['website_url', 'widget_color', 'continuity_via_email'],
    })
    const form = { pre_chat_message: 'Who are you?', pre_chat_fields: [{ name: 'emailAddress', enabled: true }] }
    expect((await change({ pre_chat_form_options: form })).pre_chat_form_options).toEqual(form)
    expect((await change({ pre_chat_form_options: { pre_chat_message: 'Bare' } })).pre_chat_form_options).toEqual(first)
    expect((await change({ reply_time: null })).reply_time).toBeNull()
  })

  it('gives nobody more open conversations than its limit', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const base = `/api/v1/accounts/${account.id}`
    await admin.patch(`${base}/agents/${account.agent.id}`, { auto_offline: false, availability: 'online' })
    const inbox = await make(account, { auto_assignment_config: { max_assignment_limit: '2' } })
    await admin.post(members(account), { inbox_id: inbox.id, user_ids: [account.agent.id] })
    const assignees = []
    for (let i = 0; i < 3; i++) {
      const { body } = await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })
      const { source_id } = body.payload.contact_inbox
      const conversation = await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })
      assignees.push(conversation.body.meta.assignee?.id)
    }
    expect(assignees).toEqual([account.agent.id, account.agent.id, undefined])
  })

  it('keeps a picture, and refuses what is none', async () => {
    const account = await t.buildAccount()
    const { id } = await make(account)
    const upload = (content: Buffer | string, name: string) => {
      const form = new FormData()
      form.append('avatar', new Blob([content as never]), name)
      return t.as(account.administrator).patch(at(account, `/${id}`), form)
    }
    expect((await upload(PNG, 'logo.png')).body.avatar_url).toMatch(/logo\.png$/)
    expect(await upload('words', 'logo.png')).toMatchObject({
      status: 422,
      body: { message: 'Avatar filetype not supported' },
    })
    expect((await t.as(account.administrator).delete(at(account, `/${id}/avatar`))).status).toBe(200)
    expect((await t.as(account.administrator).get(at(account, `/${id}`))).body.avatar_url).toBe('')
  })

  it('adds, replaces and removes members of its own account', async () => {
    const account = await t.buildAccount()
    const { id } = await make(account)
    const [admin, agent] = [account.administrator, account.agent]
    const write = async (method: 'post' | 'patch' | 'delete', user_ids?: number[]) =>
      t.as(admin)[method](members(account), { inbox_id: id, user_ids })
    const ids = (answer: any) => answer.body.payload.map((member: any) => member.id)
    expect(ids(await write('post', [agent.id]))).toEqual([agent.id])
    expect(ids(await write('post', [agent.id, admin.id]))).toEqual([admin.id, agent.id])
    expect(ids(await write('patch', [admin.id]))).toEqual([admin.id])
    expect((await write('delete', [admin.id])).text).toBe('')
    expect(ids(await t.as(admin).get(members(account, `/${id}`)))).toEqual([])
    const stranger = await t.buildAccount()
    expect(await write('post', [stranger.agent.id])).toMatchObject({
      status: 422,
      body: { message: 'User must exist' },
    })
    await write('post', [String(admin.id) as never])
    expect(ids(await write('post', [String(admin.id) as never]))).toEqual([admin.id])
    // As Rails reads it: a list without anybody.
    expect(ids(await write('post', [null as never]))).toEqual([admin.id])
    expect((await write('post')).status).toBe(422)
    const asAgent = (inbox_id: number) => t.as(agent).post(members(account), { inbox_id, user_ids: [agent.id] })
    expect((await asAgent(id)).status).toBe(401)
    expect((await asAgent(0)).status).toBe(404)
  })

  it('names who can be assigned: common members, then the other administrators', async () => {
    const account = await t.buildAccount()
    const [first, second] = [await make(account), await make(account)]
    const [admin, agent] = [account.administrator, account.agent]
    await t.as(admin).post(members(account), { inbox_id: first.id, user_ids: [agent.id] })
    const ids = async (path: string) => (await t.as(admin).get(path)).body.payload.map((one: any) => one.id)
    expect(await ids(at(account, `/${first.id}/assignable_agents`))).toEqual([agent.id, admin.id])
    const both = `/api/v1/accounts/${account.id}/assignable_agents?inbox_ids[]=${first.id}&inbox_ids[]=${second.id}`
    expect(await ids(both)).toEqual([admin.id])
    expect((await t.as(agent).get(both)).status).toBe(401)
    expect((await t.as(admin).get(`/api/v1/accounts/${account.id}/assignable_agents`)).status).toBe(404)
  })

  it('takes a bot of the account and of the installation, but of no other account', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    const { id } = await make(account)
    const makeBot = async (of: TestAccount) =>
      (await t.as(of.administrator).post(`/api/v1/accounts/${of.id}/agent_bots`, { name: 'Helper' })).body
    const [bot, foreign] = [await makeBot(account), await makeBot(other)]
    const set = (agent_bot: number | null) =>
      t.as(account.administrator).post(at(account, `/${id}/set_agent_bot`), { agent_bot })
    const shown = async () => (await t.as(account.administrator).get(at(account, `/${id}/agent_bot`))).body
    expect(await shown()).toEqual({})
    expect((await set(foreign.id)).status).toBe(404)
    expect((await set(bot.id)).status).toBe(200)
    expect(await shown()).toMatchObject({
      agent_bot: { id: bot.id, access_token: { owner_type: 'AgentBot', owner_id: bot.id, token: bot.access_token } },
    })
    await set(null)
    expect(await shown()).toEqual({})
  })

  it('leaves the portal that showed it', async () => {
    const account = await t.buildAccount()
    const site = await make(account, { channel: { type: 'web_widget', website_url: 'https://shop.example.test' } })
    const { rows: made } = await t.database.pool.query(
      `insert into portals (account_id, name, slug, channel_web_widget_id, created_at, updated_at)
        values ($1, 'Help', $2, $3, now(), now()) returning id`,
      [account.id, t.unique('help'), site.channel_id],
    )
    await t.run((ctx) => deleteInbox(ctx, { account_id: account.id, inbox_id: site.id }))
    const { rows } = await t.database.pool.query('select channel_web_widget_id from portals where id = $1', [
      made[0].id,
    ])
    expect(rows).toEqual([{ channel_web_widget_id: null }])
  })

  it('goes with all that hangs on it', async () => {
    const account = await t.buildAccount()
    const [gone, kept] = [await make(account), await make(account)]
    const identifier = (inbox: any) => `/public/api/v1/inboxes/${inbox.inbox_identifier}`
    for (const inbox of [gone, kept]) {
      const { body: contact } = await t.anyone.post(`${identifier(inbox)}/contacts`, { name: 'Ada' })
      const { body: talk } = await t.anyone.post(`${identifier(inbox)}/contacts/${contact.source_id}/conversations`, {})
      await t.anyone.post(`${identifier(inbox)}/contacts/${contact.source_id}/conversations/${talk.id}/messages`, {
        content: 'Hi',
      })
    }
    expect((await t.as(account.administrator).delete(at(account, `/${gone.id}`))).body).toEqual({
      message: 'Your inbox deletion request will be processed in some time.',
    })
    await t.run((ctx) => deleteInbox(ctx, { account_id: account.id, inbox_id: gone.id }))
    const { body } = await t.as(account.administrator).get(at(account))
    expect(body.payload.map((inbox: any) => inbox.id)).toEqual([kept.id])
    expect((await t.anyone.get(identifier(gone))).status).toBe(404)
    const { rows } = await t.database.pool.query(
      `select (select count(*) from conversations where inbox_id = $1) as conversations,
        (select count(*) from messages where inbox_id = $1) as messages,
        (select count(*) from contact_inboxes where inbox_id = $1) as contact_inboxes,
        (select count(*) from messages where inbox_id = $2) as kept`,
      [gone.id, kept.id],
    )
    expect(rows[0]).toMatchObject({ conversations: 0, messages: 0, contact_inboxes: 0, kept: expect.any(Number) })
    expect(rows[0].kept).toBeGreaterThan(0)
  })
})
