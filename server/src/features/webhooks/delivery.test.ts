import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sweep } from '../maintenance/sweep.jobs.ts'
import { startTestApp, type TestAccount } from '../../../test/support.ts'

interface Received {
  path: string
  at: number
  headers: IncomingHttpHeaders
  raw: string
  body: any
}

describe('deliveries', () => {
  const t = startTestApp({ WEBHOOK_TIMEOUT: '4' })
  const received: Received[] = []
  const answers = new Map<string, (response: ServerResponse) => void>()
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      const path = request.url!
      received.push({ path, at: Date.now(), headers: request.headers, raw, body: JSON.parse(raw) })
      const answer = answers.get(path)
      if (answer) answer(response)
      else response.end()
    })
  })
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  })
  afterAll(() => {
    receiver.closeAllConnections()
    receiver.close()
  })

  const got = (path: string, event?: string) =>
    received.filter((one) => one.path === path && (!event || one.body.event === event))
  const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end()
  const base = (account: TestAccount) => `/api/v1/accounts/${account.id}`
  const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 20 })

  async function buildTalk(account: TestAccount, channel: object = {}) {
    const admin = t.as(account.administrator)
    const { body: inbox } = await admin.post(`${base(account)}/inboxes`, {
      name: 'Chat',
      channel: { type: 'api', ...channel },
    })
    const { body: made } = await admin.post(`${base(account)}/contacts`, { name: 'Ada', inbox_id: inbox.id })
    const source_id = made.payload.contact_inbox.source_id
    const { body: talk } = await admin.post(`${base(account)}/conversations`, { source_id, inbox_id: inbox.id })
    const messages = `${base(account)}/conversations/${talk.id}/messages`
    const say = async (content: string) => (await admin.post(messages, { content })).body
    const find = async (id: number) => (await admin.get(messages)).body.payload.find((one: any) => one.id === id)
    return { inbox, talk, say, find }
  }
  const listen = async (account: TestAccount, path: string, subscriptions = ['message_created']) =>
    (await t.as(account.administrator).post(`${base(account)}/webhooks`, { url: url + path, subscriptions })).body
      .payload.webhook

  it('are tried again in order, with the same bytes under the same id, signed both ways', async () => {
    const account = await t.buildAccount()
    const webhook = await listen(account, '/again')
    let failures = 1
    answers.set('/again', (response) => status(failures-- > 0 ? 500 : 200)(response))
    const { say } = await buildTalk(account)
    await say('one')
    await say('two')
    const tries = await soon(() => {
      expect(got('/again')).toHaveLength(3)
      return got('/again')
    })
    expect(tries.map(({ body }) => body.content)).toEqual(['one', 'one', 'two'])
    expect(tries[1]!.raw).toBe(tries[0]!.raw)
    for (const key of ['webhook-id', 'x-chatwoot-delivery']) expect(tries[1]!.headers[key]).toBe(tries[0]!.headers[key])
    expect(tries[2]!.headers['webhook-id']).not.toBe(tries[0]!.headers['webhook-id'])
    for (const { headers, raw } of tries) {
      const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text)
      expect(headers['x-chatwoot-signature']).toBe(
        `sha256=${mac(webhook.secret, `${headers['x-chatwoot-timestamp']}.${raw}`).digest('hex')}`,
      )
      const key = Buffer.from(webhook.secret.slice('whsec_'.length), 'base64')
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${raw}`
      expect(headers['webhook-signature']).toBe(`v1,${mac(key, signed).digest('base64')}`)
    }
  })

  it('tell of labels in every attribute that they change', async () => {
    const account = await t.buildAccount()
    await listen(account, '/labels', ['conversation_updated'])
    const { talk } = await buildTalk(account)
    const label = (labels: string[]) =>
      t.as(account.administrator).post(`${base(account)}/conversations/${talk.id}/labels`, { labels })
    await label(['vip', 'late'])
    await label(['late'])
    const [added, removed] = await soon(() => {
      expect(got('/labels')).toHaveLength(2)
      return got('/labels').map(({ body }) => Object.assign({}, ...body.changed_attributes))
    })
    const time = expect.stringMatching(/Z$/)
    const change = (previous: unknown, current: unknown) => ({ previous_value: previous, current_value: current })
    expect(added).toEqual({
      updated_at: change(time, time),
      cached_label_list: change(null, 'vip, late'),
      label_list: change([], ['vip', 'late']),
    })
    expect(removed).toEqual({
      updated_at: change(time, time),
      cached_label_list: change('vip, late', 'late'),
      label_list: change(['vip', 'late'], ['late']),
    })
  })

  it('tell of everybody whether they are here, of those who have left too', async () => {
    const account = await t.buildAccount()
    await listen(account, '/people', ['message_created', 'conversation_updated'])
    const { inbox, talk, say } = await buildTalk(account)
    await t
      .as(account.administrator)
      .post(`${base(account)}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
    await say('Hello')
    await t
      .as(account.administrator)
      .post(`${base(account)}/conversations/${talk.id}/assignments`, { assignee_id: account.agent.id })
    const of = async (event: string, count: number) =>
      soon(() => {
        expect(got('/people', event).length).toBeGreaterThanOrEqual(count)
        return got('/people', event).at(-1)!.body
      })
    expect((await of('message_created', 1)).conversation.messages[0].sender.availability_status).toBe('offline')
    await soon(() =>
      expect(got('/people', 'conversation_updated').at(-1)!.body.meta.assignee?.availability_status).toBe('offline'),
    )
    await t
      .as(account.administrator)
      .post(`/api/v1/profile/auto_offline`, { profile: { account_id: account.id, auto_offline: false } })
    await say('Still here')
    expect((await of('message_created', 2)).conversation.messages[0].sender.availability_status).toBe('online')
    await t.database.pool.query('delete from account_users where account_id = $1 and user_id = $2', [
      account.id,
      account.administrator.id,
    ])
    await t
      .as(account.agent)
      .post(`${base(account)}/conversations/${talk.id}/messages`, { content: 'Note', private: true })
    expect((await of('message_created', 3)).conversation.messages[0].sender.availability_status).toBe('offline')
  })

  it('have arrived when the answer says so, however long it is', async () => {
    const account = await t.buildAccount()
    answers.set('/long', (response) => response.end('x'.repeat(1_000_000)))
    const { say, find } = await buildTalk(account, { webhook_url: `${url}/long` })
    const { id } = await say('Hello')
    await soon(() => expect(got('/long', 'message_created')).toHaveLength(1))
    await t.app.deliveries!.idle()
    expect((await find(id)).status).toBe('sent')
  })

  it('carry the name and password of an address as its sign-in', async () => {
    const account = await t.buildAccount()
    const { say } = await buildTalk(account, { webhook_url: `${url.replace('//', '//me:p%40ss@')}/closed` })
    await say('Hello')
    await soon(() => expect(got('/closed').length).toBeGreaterThan(0))
    expect(got('/closed')[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  })

  it('to many that hang delay nobody else, at the same host either', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    const hung: ServerResponse[] = []
    for (let i = 0; i < 45; i++) {
      answers.set(`/hangs/${i}`, (response) => void hung.push(response))
      await listen(account, `/hangs/${i}`)
    }
    await listen(other, '/well')
    const { say } = await buildTalk(other)
    for (let i = 0; i < 4; i++) await (await buildTalk(account)).say('Hello?')
    await soon(() => expect(hung.length).toBeGreaterThanOrEqual(45))
    const start = Date.now()
    await say('Quick')
    await soon(() => expect(got('/well')).toHaveLength(1))
    expect(got('/well')[0]!.at - start).toBeLessThan(2000)
    for (let i = 0; i < 45; i++) answers.delete(`/hangs/${i}`)
    for (const response of hung) response.end()
  })

  it('whose first try was cut off by the end of the process tell of the failure all the same', async () => {
    const account = await t.buildAccount()
    const { inbox, say, find } = await buildTalk(account)
    const { id } = await say('Lost')
    answers.set('/cut', status(500))
    await t
      .as(account.administrator)
      .patch(`${base(account)}/inboxes/${inbox.id}`, { channel: { webhook_url: `${url}/cut` } })
    await sql`insert into parley.deliveries (event_id, event_name, account_id, kind, endpoint_id, stream, data, attempts)
      select id, 'message_created', account_id, 'inbox', inbox_id, 'conversation:' || conversation_id, data, 1 from parley.events
      where account_id = ${account.id} and name = 'message.created'`.execute(t.database.kysely)
    t.app.deliveries!.poke()
    await soon(async () => expect((await find(id)).status).toBe('failed'))
  })

  it('are given up after a day, and forgotten after two', async () => {
    const account = await t.buildAccount()
    const webhook = await listen(account, '/gone')
    answers.set('/gone', status(410))
    const theirs = sql`kind = 'account' and endpoint_id = ${webhook.id}`
    const waiting = async () =>
      (await sql`select 1 from parley.deliveries where ${theirs}`.execute(t.database.kysely)).rows.length
    const { say } = await buildTalk(account)
    const fail = async () => {
      const before = got('/gone').length
      await say('Anyone?')
      await soon(() => expect(got('/gone').length).toBeGreaterThan(before))
      await soon(async () => expect(await waiting()).toBe(1))
    }
    await fail()
    await sql`update parley.deliveries set created_at = now() - interval '25 hours' where ${theirs}`.execute(
      t.database.kysely,
    )
    await soon(async () => expect(await waiting()).toBe(0))

    await fail()
    await sql`update parley.deliveries set created_at = now() - interval '49 hours', next_attempt_at = 'infinity' where ${theirs}`.execute(
      t.database.kysely,
    )
    await t.run(sweep)
    expect(await waiting()).toBe(0)
  })

  it('that a bot does not take open a pending conversation, unless the account wants it to wait', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    answers.set('/bot', status(500))
    const { body: bot } = await admin.post(`${base(account)}/agent_bots`, {
      name: 'Bender',
      outgoing_url: `${url}/bot`,
    })
    const keep = (value: boolean) =>
      sql`update accounts set settings = jsonb_build_object('keep_pending_on_bot_failure', ${value}::boolean)
      where id = ${account.id}`.execute(t.database.kysely)
    for (const isKept of [true, false]) {
      await keep(isKept)
      const { inbox } = await buildTalk(account)
      await admin.post(`${base(account)}/inboxes/${inbox.id}/set_agent_bot`, { agent_bot: bot.id })
      const visitor = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
      const { body: contact } = await t.anyone.post(visitor, { name: 'Ada' })
      const { body: talk } = await t.anyone.post(`${visitor}/${contact.source_id}/conversations`)
      const { body: message } = await t.anyone.post(
        `${visitor}/${contact.source_id}/conversations/${talk.id}/messages`,
        { content: 'Hi' },
      )
      await soon(() => expect(got('/bot').some(({ body }) => body.id === message.id)).toBe(true))
      await t.app.deliveries!.idle()
      expect((await admin.get(`${base(account)}/conversations/${talk.id}`)).body.status).toBe(
        isKept ? 'pending' : 'open',
      )
    }
  })

  it('of a website carry its content as the widget shows it', async () => {
    const account = await t.buildAccount()
    await listen(account, '/website')
    const { say } = await buildTalk(account, { type: 'web_widget', website_url: 'https://shop.example.test' })
    await say('Out **b** <i>x</i>\nl2')
    await soon(() => expect(got('/website')).toHaveLength(1))
    const { body } = got('/website')[0]!
    expect(body.content).toBe('<p>Out <strong>b</strong> <!-- raw HTML omitted -->x<!-- raw HTML omitted -->\nl2</p>\n')
    expect(body.conversation.messages[0].content).toBe('Out **b** <i>x</i>\nl2')
  })
})
