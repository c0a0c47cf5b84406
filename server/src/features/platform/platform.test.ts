import { sql } from 'kysely'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { PASSWORD, startTestApp, type Client } from '../../../test/support.ts'
import { withBrokenPassword } from '../../../test/support/broken-password.ts'
import { createPlatformApp, permit } from './permissible.model.ts'

describe('the Platform API', () => {
  const t = startTestApp()
  const api = '/platform/api/v1'
  let app: Client
  let appId: number
  beforeAll(async () => {
    const made = await t.run((ctx) => createPlatformApp(ctx, 'Billing'))
    app = t.as(made)
    appId = made.id
  })
  const gone = (path: string) =>
    vi.waitFor(async () => expect((await app.get(path)).status).toBe(404), { timeout: 10_000 })
  /** Somebody whom this app did not make, but was granted. */
  const buildGranted = async (name?: string) => {
    const person = await t.buildPerson(name)
    await t.run((ctx) => permit(ctx, appId, 'User', person.id))
    return person
  }
  const address = () => `${t.unique("o'hara")}@example.test`

  it('tells a bad token before a missing object, and a missing object before a missing right', async () => {
    const account = await t.buildAccount()
    expect((await t.anyone.get(`${api}/accounts/999999999`)).body).toEqual({ error: 'Invalid access_token' })
    expect((await t.as(account.administrator).get(`${api}/accounts/${account.id}`)).status).toBe(401)
    expect((await app.get(`${api}/accounts/999999999`)).body).toEqual({ status: 404, error: 'Not Found' })
    const refused = await app.get(`${api}/accounts/${account.id}`)
    expect(refused.body).toEqual({ error: 'Non permissible resource' })
    expect(refused.headers.get('x-missing-grant')).toBe(`Account ${account.id} for platform app ${appId}`)
  })

  it('replaces attributes and limits of an account as a whole and turns features one by one', async () => {
    const { body: made } = await app.post(`${api}/accounts`, {
      name: 'Acme',
      custom_attributes: { plan: 'gold' },
      limits: { agents: 5 },
    })
    expect(made).toMatchObject({ locale: 'en', status: 'active', support_email: null, features: { labels: true } })
    const { body } = await app.patch(`${api}/accounts/${made.id}`, {
      custom_attributes: { since: 2020 },
      features: { labels: '', sla: 'false' },
      locale: 4,
    })
    expect([body.custom_attributes, body.limits, body.locale]).toEqual([{ since: 2020 }, { agents: 5 }, 'de'])
    expect([body.features.labels, body.features.sla, body.features.macros]).toEqual([undefined, true, true])
    for (const wrong of [
      { limits: { planets: 1 } },
      { features: { time_travel: true } },
      { locale: 'zh' },
      { name: ' ' },
    ]) {
      const { status, body: problem } = await app.patch(`${api}/accounts/${made.id}`, wrong)
      expect([status, problem.attributes]).toEqual([422, Object.keys(wrong)])
    }
    for (const [length, most] of [
      [101, 100],
      [256, 255],
    ] as const) {
      const { body: problem } = await app.patch(`${api}/accounts/${made.id}`, { support_email: 'x'.repeat(length) })
      expect(problem.message).toBe(`Support email is too long (maximum is ${most} characters)`)
    }
    expect((await app.get(`${api}/accounts/${made.id}`)).body).toEqual(body)
  })

  it('finds its own by their e-mail, unchanged but confirmed', async () => {
    const person = await buildGranted('Grace Hopper')
    await sql`update users set confirmed_at = null where id = ${person.id}`.execute(t.database.kysely)
    const { body } = await app.post(`${api}/users`, {
      email: person.email.toUpperCase(),
      name: 'Somebody',
      password: 'x',
    })
    expect(body).toMatchObject({
      id: person.id,
      name: 'Grace Hopper',
      confirmed: true,
      access_token: person.access_token,
    })
  })

  it('lists every broken rule of a new user, and merges the attributes of an old one', async () => {
    const { body: problem } = await app.post(`${api}/users`, { name: 'Ada', email: 'ada' })
    expect(problem.attributes).toEqual(['email', 'password'])
    expect(problem.message).toContain(
      'Email is invalid, Email is not an email, Password must contain at least 6 characters',
    )
    const { body: nothing } = await app.post(`${api}/users`, {})
    expect(nothing.attributes).toEqual(['email', 'password'])
    const { body: nameless } = await app.post(`${api}/users`, { email: address(), password: PASSWORD })
    expect(nameless).toEqual({ message: "Name can't be blank", attributes: ['name'] })
    const { body: user } = await app.post(`${api}/users`, {
      name: 'Ada',
      email: address(),
      password: PASSWORD,
      custom_attributes: { a: 1 },
    })
    const { body } = await app.patch(`${api}/users/${user.id}`, {
      email: `NEW.${user.email}`,
      custom_attributes: { b: 2 },
    })
    expect([body.email, body.uid, body.custom_attributes]).toEqual([
      `new.${user.email}`,
      `new.${user.email}`,
      { a: 1, b: 2 },
    ])
    expect((await app.patch(`${api}/users/${user.id}`, { name: null })).status).toBe(422)
    expect((await app.patch(`${api}/users/${user.id}`, { password: '' })).body.attributes).toEqual(['password'])
    expect((await app.patch(`${api}/users/${user.id}`, { password: null })).status).toBe(200)
  })

  it('changes a user wholly or not at all, a password among it', async () => {
    const { body: user } = await app.post(`${api}/users`, { name: 'Ada', email: address(), password: PASSWORD })
    const change = () => app.patch(`${api}/users/${user.id}`, { name: 'Ada King', password: `${PASSWORD}!` })
    await withBrokenPassword(t, user.id, async () => {
      expect((await change()).status).toBe(500)
    })
    expect((await app.get(`${api}/users/${user.id}`)).body.name).toBe('Ada')
    expect((await change()).body.name).toBe('Ada King')
  })

  it('makes one user, and one member, of whoever is made several times at once', async () => {
    const email = address()
    const people = await Promise.all(
      Array.from({ length: 6 }, () => app.post(`${api}/users`, { name: 'Ada', email, password: PASSWORD })),
    )
    expect(people.map(({ status }) => status)).toEqual(Array(6).fill(200))
    const [id, ...more] = new Set(people.map(({ body }) => body.id))
    expect(more).toEqual([])
    const { body: account } = await app.post(`${api}/accounts`, { name: 'Acme' })
    const members = `${api}/accounts/${account.id}/account_users`
    const made = await Promise.all(Array.from({ length: 6 }, () => app.post(members, { user_id: id })))
    expect(made.map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect((await app.get(members)).body).toHaveLength(1)
  })

  it('makes links that sign in once', async () => {
    const { body: user } = await app.post(`${api}/users`, { name: 'Ada', email: address(), password: PASSWORD })
    const { body } = await app.get(`${api}/users/${user.id}/login`)
    expect(body.url).toContain('email=o%27hara')
    const { searchParams } = new URL(body.url)
    const credentials = { email: searchParams.get('email'), sso_auth_token: searchParams.get('sso_auth_token') }
    expect(credentials.sso_auth_token).toMatch(/^[0-9a-f]{64}$/)
    expect((await t.anyone.post('/auth/sign_in', credentials)).body.data.id).toBe(user.id)
    expect((await t.anyone.post('/auth/sign_in', credentials)).status).toBe(401)
  })

  it('makes members, changes their role, and lets them go with all they had in the account', async () => {
    const { body: account } = await app.post(`${api}/accounts`, { name: 'Acme' })
    const person = await buildGranted()
    const members = `${api}/accounts/${account.id}/account_users`
    const { body: member } = await app.post(members, { user_id: person.id, role: 'administrator' })
    expect(member).toMatchObject({ role: 'administrator', availability: 'online', inviter_id: null })
    expect((await app.post(members, { user_id: person.id })).body).toEqual(member)
    expect((await app.post(members, { user_id: person.id, role: 'agent' })).body).toMatchObject({
      id: member.id,
      role: 'agent',
    })
    expect((await app.post(members, { user_id: 'nobody' })).body).toEqual({
      message: 'User must exist',
      attributes: ['user'],
    })
    expect((await app.delete(`${members}?user_id=nobody`)).status).toBe(200)

    const settings = () =>
      sql<{
        email_flags: number
      }>`select email_flags from notification_settings where account_id = ${account.id}`.execute(t.database.kysely)
    expect((await settings()).rows).toEqual([{ email_flags: 2 }])
    for (let i = 0; i < 2; i++) {
      const { status, text } = await app.delete(members, { user_id: person.id })
      expect([status, text]).toEqual([200, ''])
    }
    expect((await app.get(members)).body).toEqual([])
    await vi.waitFor(async () => expect((await settings()).rows).toEqual([]), { timeout: 10_000 })
  })

  it('shows the name of a bot where its address belongs, as Chatwoot does', async () => {
    const { body: bot } = await app.post(`${api}/agent_bots`, {
      name: 'Bender',
      outgoing_url: 'https://bot.example.test',
    })
    expect([bot.outgoing_url, bot.account_id, bot.access_token.length]).toEqual(['Bender', null, 24])
    const { secret, ...listed } = bot
    expect(secret).toMatch(/^whsec_/)
    expect((await app.get(`${api}/agent_bots`)).body).toEqual([listed])
    await app.delete(`${api}/agent_bots/${bot.id}`)
    expect((await app.get(`${api}/agent_bots`)).body).toEqual([])
  })

  it('deletes a user, whose messages stay without a name', async () => {
    const account = await t.buildAccount()
    await t.run((ctx) => permit(ctx, appId, 'User', account.agent.id))
    const base = `/api/v1/accounts/${account.id}`
    const admin = t.as(account.administrator)
    const { body: inbox } = await admin.post(`${base}/inboxes`, {
      name: 'Chat',
      channel: { type: 'api', webhook_url: '' },
    })
    await admin.post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
    const { body: contact } = await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })
    const { body: talk } = await admin.post(`${base}/conversations`, {
      source_id: contact.payload.contact_inbox.source_id,
      assignee_id: account.agent.id,
    })
    await t.as(account.agent).post(`${base}/conversations/${talk.id}/messages`, { content: 'Hello' })

    expect((await app.delete(`${api}/users/${account.agent.id}`)).text).toBe('')
    await gone(`${api}/users/${account.agent.id}`)
    expect((await t.as(account.agent).get('/api/v1/profile')).status).toBe(401)
    const { body: shown } = await admin.get(`${base}/conversations/${talk.id}`)
    expect(shown.meta.assignee).toBeUndefined()
    const { body: messages } = await admin.get(`${base}/conversations/${talk.id}/messages`)
    expect(messages.payload.find((message: any) => message.content === 'Hello')).not.toHaveProperty('sender')
  })

  it('deletes an account and every row of it, and none of another', async () => {
    const { body: account } = await app.post(`${api}/accounts`, { name: 'Acme' })
    const [person, other] = [await buildGranted(), await t.buildAccount()]
    await app.post(`${api}/accounts/${account.id}/account_users`, { user_id: person.id, role: 'administrator' })
    const base = `/api/v1/accounts/${account.id}`
    const { body: inbox } = await t
      .as(person)
      .post(`${base}/inboxes`, { name: 'Chat', channel: { type: 'api', webhook_url: '' } })
    await t.as(person).post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [person.id] })
    const { body: contact } = await t.as(person).post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })
    const { body: talk } = await t
      .as(person)
      .post(`${base}/conversations`, { source_id: contact.payload.contact_inbox.source_id })
    await t.as(person).post(`${base}/conversations/${talk.id}/labels`, { labels: ['vip'] })
    await t.as(person).post(`${base}/teams`, { name: 'sales' })

    await app.delete(`${api}/accounts/${account.id}`)
    await gone(`${api}/accounts/${account.id}`)
    const { rows: tables } = await sql<{ name: string }>`
      select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
      where c.relkind = 'r' and n.nspname in ('public', 'parley')`.execute(t.database.kysely)
    for (const { name } of tables) {
      const { rows } = await sql`select 1 from ${sql.raw(name)} where account_id = ${account.id}`.execute(
        t.database.kysely,
      )
      expect([name, rows.length]).toEqual([name, 0])
    }
    const { rows: left } = await sql`
      select id from contact_inboxes where inbox_id = ${inbox.id} union all select id from inbox_members where inbox_id = ${inbox.id}`.execute(
      t.database.kysely,
    )
    expect(left).toEqual([])
    expect((await t.as(person).get(`${base}/conversations`)).status).toBe(404)
    expect((await t.as(other.administrator).get(`/api/v1/accounts/${other.id}`)).status).toBe(200)
  })
})
