import { describe, expect, it } from 'vitest'
import { PASSWORD, startTestApp, type TestAccount } from '../../../test/support.ts'

const at = (account: Pick<TestAccount, 'id'>, path = '') => `/api/v1/accounts/${account.id}${path}`

describe('accounts', () => {
  const t = startTestApp()

  it('merges settings and facts, and shows facts only when there are some', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const { body: before } = await admin.get(at(account))
    expect([before.settings, before.custom_attributes, before.latest_chatwoot_version]).toEqual([{}, undefined, null])
    await admin.patch(at(account), { auto_resolve_after: 60, auto_resolve_message: 'Bye', industry: 'Trains' })
    const { body } = await admin.patch(at(account), {
      auto_resolve_after: null,
      timezone: 'Europe/Berlin',
      locale: 'pt_BR',
    })
    expect(body.settings).toEqual({ auto_resolve_after: null, auto_resolve_message: 'Bye' })
    expect(body.custom_attributes).toEqual({
      plan_name: null,
      subscribed_quantity: null,
      subscription_status: null,
      subscription_ends_on: null,
      industry: 'Trains',
      timezone: 'Europe/Berlin',
    })
    expect([body.locale, 'latest_chatwoot_version' in body]).toEqual(['pt_BR', false])
  })

  it.each([
    [{ auto_resolve_after: 9 }, 'Auto resolve after must be greater than or equal to 10'],
    [{ auto_resolve_after: 1439857 }, 'Auto resolve after must be less than or equal to 1439856'],
    [{ auto_resolve_after: '60' }, 'Auto resolve after must be of type type'],
    [{ domain: 'x'.repeat(101) }, 'Domain is too long (maximum is 100 characters)'],
    [{ name: '' }, "Name can't be blank"],
  ])('refuses %j', async (change, message) => {
    const account = await t.buildAccount()
    const { status, body } = await t.as(account.administrator).patch(at(account), change)
    expect([status, body]).toEqual([422, { message, attributes: Object.keys(change) }])
  })

  it('is unknown to strangers, and shown but not changed by agents', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    expect((await t.as(other.administrator).get(at(account))).status).toBe(404)
    expect((await t.as(account.agent).get(at(account))).status).toBe(200)
    expect((await t.as(account.agent).patch(at(account), { name: 'Mine' })).status).toBe(401)
  })

  it('says when a list was last changed', async () => {
    const account = await t.buildAccount()
    await t.as(account.administrator).post(at(account, '/labels'), { title: 'vip' })
    const { body, headers } = await t.as(account.agent).get(at(account, '/cache_keys'))
    expect(body.cache_keys).toEqual({
      label: expect.stringMatching(/^\d{10}$/),
      inbox: '0000000000',
      team: '0000000000',
    })
    expect(body.cache_keys.label).not.toBe('0000000000')
    expect(headers.get('cache-control')).toBe('max-age=10, private, stale-while-revalidate=300')
  })

  it('has no sign-up unless the operator opens it', async () => {
    const { status } = await t.anyone.post('/api/v1/accounts', {
      account_name: 'Acme',
      email: 'ada@example.test',
      password: PASSWORD,
    })
    expect(status).toBe(404)
  })
})

describe('signing up', () => {
  const t = startTestApp({ ENABLE_ACCOUNT_SIGNUP: 'true' })
  const signUp = (body: object) => t.anyone.post('/api/v1/accounts', body)

  it('makes an account and its administrator, who is signed in', async () => {
    const email = `${t.unique('ada')}@example.test`
    const { body, headers } = await signUp({ account_name: 'Acme', user_full_name: 'Ada', email, password: PASSWORD })
    expect(body.data).toMatchObject({
      email,
      uid: email,
      role: 'administrator',
      confirmed: false,
      accounts: [{ name: 'Acme', locale: 'en' }],
    })
    const session = Object.fromEntries(['access-token', 'client', 'uid'].map((name) => [name, headers.get(name)!]))
    expect((await t.with(session).get(at({ id: body.data.account_id }))).body.name).toBe('Acme')
    expect(await signUp({ account_name: 'Again', email, password: PASSWORD })).toMatchObject({
      status: 403,
      body: { message: `You have already signed up for an account with ${email}` },
    })
  })

  it('gives who is signed in one more account', async () => {
    const home = await t.buildAccount()
    const { headers } = await t.anyone.post('/auth/sign_in', { email: home.agent.email, password: PASSWORD })
    const session = Object.fromEntries(['access-token', 'client', 'uid'].map((name) => [name, headers.get(name)!]))
    const me = t.with(session)
    await me.post(at(home, '/update_active_at'))
    const made = await me.post('/api/v1/accounts', { account_name: 'Second', locale: 'fr' })
    expect([made.status, made.headers.get('client') === session.client]).toEqual([200, false])
    expect(made.body.data).toMatchObject({ id: home.agent.id, email: home.agent.email, confirmed: true, role: 'agent' })
    expect(made.body.data.accounts.map((account: object) => Object.keys(account))[0]).toEqual([
      'id',
      'name',
      'active_at',
      'role',
      'locale',
    ])
    expect(made.body.data.accounts).toMatchObject([
      { id: home.id, role: 'agent', locale: 'en' },
      { id: made.body.data.account_id, name: 'Second', active_at: null, role: 'administrator', locale: 'fr' },
    ])
    expect((await me.get(at({ id: made.body.data.account_id }))).body).toMatchObject({ name: 'Second', locale: 'fr' })
  })

  it('makes nothing of what is not right', async () => {
    const email = `${t.unique('bob')}@example.test`
    expect((await signUp({})).body).toEqual({ message: 'Invalid, please check the signup paramters and try again' })
    for (const email of ['bob', 'bob@localhost', 'bob<b>@example.test', null]) {
      expect((await signUp({ account_name: 'Acme', email })).body).toEqual({
        message: 'You have entered an invalid email',
      })
    }
    const weak = await signUp({ account_name: 'Acme', email, password: 'weak' })
    expect([weak.status, weak.body.attributes]).toEqual([422, ['password', 'password_confirmation']])
    const none = await signUp({ account_name: 'Acme', email })
    expect([none.status, none.body.attributes]).toEqual([422, ['password']])
    const unnamed = await signUp({ user_full_name: 'Bob', email, password: PASSWORD })
    expect([unnamed.status, unnamed.body]).toEqual([422, { message: "Name can't be blank", attributes: ['name'] }])
    expect((await signUp({ account_name: 'Acme', email, password: PASSWORD, locale: 'tlh' })).body.attributes).toEqual([
      'locale',
    ])
    const nameless = await signUp({ account_name: 'x'.repeat(256), email, password: PASSWORD })
    expect([nameless.status, nameless.body.attributes]).toEqual([422, ['name']])
    expect((await signUp({ account_name: 'Acme', email, password: PASSWORD })).status).toBe(200)
  })
})
