import { sql } from 'kysely'
import { withBrokenPassword } from '../../../test/support/broken-password.ts'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { PASSWORD, startTestApp, type Answer, type Person, type TestAccount } from '../../../test/support.ts'

const path = '/api/v1/profile'
const NEW_PASSWORD = 'An0ther!Passw0rd'
const passwords = (current: string, password = NEW_PASSWORD) => ({
  profile: { current_password: current, password, password_confirmation: password },
})

const sessionOf = (answer: Answer) =>
  Object.fromEntries(['access-token', 'client', 'uid'].map((name) => [name, answer.headers.get(name)!]))

describe('the statements of a profile', () => {
  // Without jobs: these have statements of their own.
  const t = startTestApp({ PARLEY_RUN: 'web' })

  it('are one by token and three by session', async () => {
    const { agent } = await t.buildAccount()
    const session = t.with(sessionOf(await t.anyone.post('/auth/sign_in', { email: agent.email, password: PASSWORD })))
    const before = t.statements
    await t.as(agent).get(path)
    expect(t.statements - before).toBe(1)
    await session.get(path)
    expect(t.statements - before).toBe(4)
  })
})

describe('the profile', () => {
  const t = startTestApp()
  const signIn = (person: Person) => t.anyone.post('/auth/sign_in', { email: person.email, password: PASSWORD })

  it('shows a person with their accounts, the same by token and by session', async () => {
    const account = await t.buildAccount()
    const elsewhere = await t.buildAccount()
    await t
      .as(elsewhere.administrator)
      .post(`/api/v1/accounts/${elsewhere.id}/agents`, { name: 'x', email: account.agent.email })
    const session = t.with(sessionOf(await signIn(account.agent)))
    const byToken = await t.as(account.agent).get(path)
    expect((await session.get(path)).body).toEqual(byToken.body)
    expect(byToken.body).toMatchObject({
      id: account.agent.id,
      account_id: account.id,
      role: 'agent',
      access_token: account.agent.access_token,
    })
    expect(byToken.body.accounts.map(({ id }: { id: number }) => id)).toEqual([account.id, elsewhere.id])
    await t.as(account.agent).put(`${path}/set_active_account`, { account_id: elsewhere.id })
    expect((await t.as(account.agent).get(path)).body.account_id).toBe(elsewhere.id)
  })

  it('changes what is sent and nothing else', async () => {
    const person = await t.buildPerson()
    const me = t.as(person)
    const { body } = await me.put(path, {
      profile: {
        display_name: 'Ada',
        ui_settings: { theme: 'dark' },
        phone_number: '+15550100',
        type: 'SuperAdmin',
        confirmed_at: null,
      },
    })
    expect(body).toMatchObject({
      name: person.name,
      display_name: 'Ada',
      available_name: 'Ada',
      ui_settings: { theme: 'dark' },
      custom_attributes: { phone_number: '+15550100' },
      type: null,
      confirmed: true,
    })
    expect((await me.put(path, {})).body).toEqual({ error: 'param is missing or the value is empty: profile' })
    expect((await me.put(path, { name: null })).body).toEqual({ message: "Name can't be blank", attributes: ['name'] })
  })

  it('names all that is wrong at once, counts letters, and does not lose the e-mail', async () => {
    const person = await t.buildPerson()
    const change = (profile: object) => t.as(person).put(path, { profile })
    const wrong = await change({ email: 'nowhere', name: 'x'.repeat(256) })
    expect([wrong.status, wrong.body]).toEqual([
      422,
      {
        message: 'Email is invalid, Email is not an email, Name is too long (maximum is 255 characters)',
        attributes: ['email', 'name'],
      },
    ])
    expect((await change({ message_signature: 'x'.repeat(20_001) })).body).toEqual({
      message: 'Message signature is too long (maximum is 20000 characters)',
      attributes: ['message_signature'],
    })
    expect((await change({ email: 'a<b>@example.test' })).body).toEqual({
      message: 'Email is not an email',
      attributes: ['email'],
    })
    expect((await change({ email: null })).body).toEqual({ message: "Email can't be blank", attributes: ['email'] })
    expect((await change({ name: '😀'.repeat(255) })).status).toBe(200)
    expect((await change({ name: '😀'.repeat(256) })).status).toBe(422)
  })

  it('keeps only the newest session after a change of password, and tells an ended one nothing', async () => {
    const person = await t.buildPerson()
    const [older, newer] = [await signIn(person), await signIn(person)]
    const wrong = await t.with(sessionOf(older)).put(path, passwords('wrong'))
    expect([wrong.status, wrong.body]).toEqual([422, { error: 'Invalid current password' }])
    const changed = await t.with(sessionOf(older)).put(path, passwords(PASSWORD))
    expect([changed.status, changed.headers.get('access-token')]).toEqual([200, null])
    expect(changed.body.pubsub_token).not.toBe(person.pubsub_token)
    expect([
      (await t.with(sessionOf(older)).get(path)).status,
      (await t.with(sessionOf(newer)).get(path)).status,
    ]).toEqual([401, 200])
    const again = await t.with(sessionOf(newer)).put(path, passwords(NEW_PASSWORD, PASSWORD))
    expect([again.status, again.headers.get('access-token')]).toEqual([200, newer.headers.get('access-token')])
    expect((await t.as(person).get(path)).status).toBe(200)
  })

  it('changes all or nothing, a password among it', async () => {
    const person = await t.buildPerson()
    const fields = { ...passwords(PASSWORD).profile, name: 'Somebody else' }
    await withBrokenPassword(t, person.id, async () => {
      expect((await t.as(person).put(path, { profile: fields })).status).toBe(500)
    })
    expect((await t.as(person).get(path)).body).toMatchObject({ name: person.name, pubsub_token: person.pubsub_token })
    expect((await t.as(person).put(path, { profile: fields })).body.name).toBe('Somebody else')
  })

  it('slows down guessing of the current password', async () => {
    const person = await t.buildPerson()
    for (let i = 0; i < 10; i++) expect((await t.as(person).put(path, passwords(`wrong ${i}`))).status).toBe(422)
    expect((await t.as(person).put(path, passwords(PASSWORD))).status).toBe(429)
    expect((await t.as(person).put(path, { name: 'Still me' })).status).toBe(200)
  })

  it('ends the sockets of whoever changes their password, is demoted or removed', async () => {
    const account = await t.buildAccount()
    const third = await t.buildPerson('Third Person')
    const agents = `/api/v1/accounts/${account.id}/agents`
    const admin = t.as(account.administrator)
    await admin.post(agents, { email: third.email, role: 'administrator' })
    const sockets = [await listen(t.base, account, account.agent), await listen(t.base, account, third)]
    const untouched = await listen(t.base, account, account.administrator)
    await t.as(account.agent).put(path, passwords(PASSWORD))
    await admin.patch(`${agents}/${third.id}`, { role: 'agent' })
    expect(await Promise.all(sockets.map((socket) => socket.ended))).toEqual([true, true])
    const back = await listen(t.base, account, third)
    await admin.delete(`${agents}/${third.id}`)
    expect(await back.ended).toBe(true)
    const pause = new Promise((done) => setTimeout(done, 500, 'kept out'))
    expect(await Promise.race([listen(t.base, account, third), pause])).toBe('kept out')
    expect(untouched.socket.readyState).toBe(WebSocket.OPEN)
    untouched.socket.close()
  })

  it('replaces the access token; the old one is dead at once', async () => {
    const person = await t.buildPerson()
    const { body } = await t.as(person).post(`${path}/reset_access_token`)
    expect(body.access_token).toMatch(/^[1-9A-HJ-NP-Za-km-z]{24}$/)
    expect([(await t.as(person).get(path)).status, (await t.as(body).get(path)).status]).toEqual([401, 200])
  })

  it('refuses an availability that is none, and accounts of others', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    const set = (body: object) => t.as(account.agent).post(`${path}/availability`, { profile: body })
    expect((await set({ account_id: account.id, availability: 'away' })).body.attributes).toEqual(['availability'])
    expect((await set({ account_id: account.id, availability: null })).body.attributes).toEqual(['availability'])
    expect((await set({ account_id: other.id, availability: 'busy' })).status).toBe(404)
    expect((await t.as(account.agent).put(`${path}/set_active_account`, { account_id: other.id })).status).toBe(404)
  })

  it("registers a device for whoever had it last, and removes only what is the caller's", async () => {
    const [person, other] = [await t.buildPerson(), await t.buildPerson()]
    const subscriptions = '/api/v1/notification_subscriptions'
    const device = t.unique('device')
    const body = { subscription_type: 'fcm', subscription_attributes: { device_id: device, push_token: device } }
    const made = await t.as(person).post(subscriptions, { notification_subscription: body })
    expect(made.body).toMatchObject({ user_id: person.id, subscription_type: 'fcm', identifier: device })
    expect((await t.as(other).post(subscriptions, body)).body).toMatchObject({ id: made.body.id, user_id: other.id })
    const count = async () =>
      (await sql`select 1 from notification_subscriptions where identifier = ${device}`.execute(t.database.kysely)).rows
        .length
    const numbered = await t
      .as(person)
      .post(subscriptions, { subscription_type: 'fcm', subscription_attributes: { device_id: Date.now() } })
    expect([numbered.status, numbered.body.identifier]).toEqual([
      200,
      String(numbered.body.subscription_attributes.device_id),
    ])
    const removed = await t.as(person).delete(subscriptions, { push_token: device })
    expect([removed.status, removed.text, await count()]).toEqual([200, '', 1])
    await t.as(other).delete(subscriptions, { push_token: device })
    expect(await count()).toBe(0)
    for (const attributes of [null, {}, { endpoint: '' }, { endpoint: 'x'.repeat(3000) }]) {
      const { status, body } = await t
        .as(person)
        .post(subscriptions, { subscription_type: 'browser_push', subscription_attributes: attributes })
      expect([status, body.attributes]).toEqual([422, ['identifier']])
    }
    expect(
      (await t.as(person).post(subscriptions, { subscription_type: 'pigeon', subscription_attributes: {} })).status,
    ).toBe(422)
  })

  it('has no second factor', async () => {
    expect((await t.as(await t.buildPerson()).get(`${path}/mfa`)).status).toBe(404)
  })
})

describe('two processes on one database', () => {
  const shared = { DATABASE_URL: 'postgres://the-same/database' }
  const [here, there] = [startTestApp(shared), startTestApp(shared)]

  it('ends the sockets of a person in both', async () => {
    const account = await here.buildAccount()
    const { ended } = await listen(there.base, account, account.agent)
    const { status } = await here
      .as(account.administrator)
      .delete(`/api/v1/accounts/${account.id}/agents/${account.agent.id}`)
    expect([status, await ended]).toEqual([200, true])
  })
})

/** A person's dashboard: resolves when it is subscribed. */
async function listen(base: string, account: TestAccount, person: Person) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/cable`, ['actioncable-v1-json'])
  const ended = new Promise<boolean>((done) => socket.once('close', () => done(true)))
  await new Promise<void>((done) => {
    const identifier = JSON.stringify({
      channel: 'RoomChannel',
      pubsub_token: person.pubsub_token,
      account_id: account.id,
      user_id: person.id,
    })
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data))
      if (type === 'welcome') socket.send(JSON.stringify({ command: 'subscribe', identifier }))
      if (type === 'confirm_subscription') done()
    })
  })
  return { socket, ended }
}
