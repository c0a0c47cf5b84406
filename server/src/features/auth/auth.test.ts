import { sql } from 'kysely'
import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { PASSWORD, startTestApp, type Answer } from '../../../test/support.ts'
import { makeLoginLink } from './login-link.model.ts'

const NAMES = ['access-token', 'token-type', 'client', 'expiry', 'uid', 'authorization']
const NEW_PASSWORD = 'An0ther!Passw0rd'

describe('signing in', () => {
  const t = startTestApp()
  const signIn = (email: string, password = PASSWORD) => t.anyone.post('/auth/sign_in', { email, password })
  const sessionOf = (answer: Answer) =>
    t.with(Object.fromEntries(['access-token', 'client', 'uid'].map((name) => [name, answer.headers.get(name)!])))
  const isSignedIn = async (answer: Answer) => (await sessionOf(answer).get('/auth/validate_token')).status === 200
  const headersOf = (answer: Answer) => NAMES.map((name) => answer.headers.get(name))
  const query = (text: ReturnType<typeof sql>) => text.execute(t.database.kysely)

  it('gives the headers of a session, and every answer repeats them', async () => {
    const person = await t.buildPerson()
    const answer = await signIn(` ${person.email.toUpperCase()} `)
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      id: person.id,
      email: person.email,
      access_token: person.access_token,
      accounts: [],
    })
    expect(answer.headers.get('access-token')).toMatch(/^[\w-]{22}$/)
    expect(answer.headers.get('client')).toMatch(/^[\w-]{22}$/)
    expect(answer.headers.get('uid')).toBe(person.email)
    const used = await sessionOf(answer).get('/api/v1/profile')
    expect([used.status, headersOf(used)]).toEqual([200, headersOf(answer)])
    const bearer = await t.with({ authorization: answer.headers.get('authorization')! }).get('/api/v1/profile')
    expect([bearer.status, bearer.body]).toEqual([200, used.body])
    const scheme = answer.headers.get('authorization')!.replace('Bearer', 'bearer')
    expect((await t.with({ authorization: scheme }).get('/api/v1/profile')).status).toBe(200)
    expect((await t.as(person).get('/api/v1/profile')).headers.get('access-token')).toBeNull()
  })

  it('keeps tokens as devise does, and so takes over its sessions', async () => {
    const person = await t.buildPerson()
    const answer = await signIn(person.email)
    const { rows } = await query(sql`select tokens from users where id = ${person.id}`)
    const { tokens } = rows[0] as { tokens: Record<string, { token: string; expiry: number }> }
    const entry = tokens[answer.headers.get('client')!]!
    expect(entry.token).toMatch(/^\$2a\$10\$/)
    expect(String(entry.expiry)).toBe(answer.headers.get('expiry'))
    const end = new Date()
    end.setUTCMonth(end.getUTCMonth() + 2)
    expect(Math.abs(entry.expiry - end.getTime() / 1000)).toBeLessThan(60)
  })

  it('answers a wrong password and an unknown e-mail alike', async () => {
    const person = await t.buildPerson()
    const answers = [
      await signIn(person.email, 'wrong'),
      await signIn(`${t.unique('nobody')}@example.test`),
      await t.anyone.post('/auth/sign_in', {}),
    ]
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([
        401,
        { success: false, errors: ['Invalid login credentials. Please try again.'] },
      ])
    }
  })

  it('keeps out who is unconfirmed, by password and by link', async () => {
    const person = await t.buildPerson()
    await query(sql`update users set confirmed_at = null where id = ${person.id}`)
    expect((await signIn(person.email)).body.errors[0]).toContain('You must follow the instructions in the email')
    const token = new URL(await t.run((ctx) => makeLoginLink(ctx, person.id))).searchParams.get('sso_auth_token')
    expect((await t.anyone.post('/auth/sign_in', { email: person.email, sso_auth_token: token })).status).toBe(401)
  })

  it('asks a second factor of whoever has one', async () => {
    const person = await t.buildPerson()
    await query(sql`update users set otp_required_for_login = true where id = ${person.id}`)
    const right = await signIn(person.email)
    expect([right.status, right.headers.get('access-token')]).toEqual([401, null])
    expect(right.text).not.toContain(person.access_token)
    expect((await t.anyone.post('/auth/sign_in', { mfa_token: 'x', otp_code: '123456' })).body).toEqual({
      error: 'Invalid or expired MFA token',
    })
    const token = new URL(await t.run((ctx) => makeLoginLink(ctx, person.id))).searchParams.get('sso_auth_token')
    expect((await t.anyone.post('/auth/sign_in', { email: person.email, sso_auth_token: token })).status).toBe(200)
  })

  it('takes a login link once, within its time, with its own e-mail', async () => {
    const [person, other] = [await t.buildPerson(), await t.buildPerson()]
    const link = () => t.run((ctx) => makeLoginLink(ctx, person.id))
    const use = async (url: string, email = person.email) =>
      (await t.anyone.post('/auth/sign_in', { email, sso_auth_token: new URL(url).searchParams.get('sso_auth_token') }))
        .status
    const [first, late] = [await link(), await link()]
    expect(new URL(first).searchParams.get('sso_auth_token')).toMatch(/^[0-9a-f]{64}$/)
    expect([await use(first, other.email), await use(first), await use(first)]).toEqual([401, 200, 401])
    await query(sql`update parley.sso_tokens set expires_at = now() where user_id = ${person.id}`)
    expect(await use(late)).toBe(401)
  })

  it('drops the oldest of 26 sessions', async () => {
    const person = await t.buildPerson()
    const answers: Answer[] = []
    for (let i = 0; i < 26; i++) answers.push(await signIn(person.email))
    expect([await isSignedIn(answers[0]!), await isSignedIn(answers[1]!), await isSignedIn(answers[25]!)]).toEqual([
      false,
      true,
      true,
    ])
  })

  it('ends one session and leaves the others', async () => {
    const person = await t.buildPerson()
    const [first, second] = [await signIn(person.email), await signIn(person.email)]
    const out = await sessionOf(first).delete('/auth/sign_out')
    expect([out.status, out.body, out.headers.get('access-token')]).toEqual([200, { success: true }, null])
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, true])
    expect((await sessionOf(first).delete('/auth/sign_out')).status).toBe(404)
  })

  it('slows down guessing, and counts failures only', async () => {
    const [person, colleague] = [await t.buildPerson(), await t.buildPerson()]
    expect(
      (await Promise.all(Array.from({ length: 12 }, () => signIn(colleague.email)))).map(({ status }) => status),
    ).toEqual(Array(12).fill(200))
    for (let i = 0; i < 10; i++) expect((await signIn(person.email, `wrong ${i}`)).status).toBe(401)
    const refused = await signIn(person.email)
    expect([refused.status, refused.text, refused.headers.get('content-type')]).toEqual([
      429,
      'Retry later\n',
      'text/plain',
    ])
    expect((await signIn(colleague.email)).status).toBe(200)
    for (let i = 0; i < 12; i++) expect((await t.anyone.post('/auth/sign_in', {})).status).toBe(401)
    await query(sql`update parley.attempts set resets_at = now() where key = ${`sign_in for ${person.email}`}`)
    expect((await signIn(person.email)).status).toBe(200)
  })

  it('lets a burst of guesses through no further than the limit', async () => {
    const person = await t.buildPerson()
    const burst = [...Array.from({ length: 40 }, (_, i) => signIn(person.email, `wrong ${i}`)), signIn(person.email)]
    const statuses = (await Promise.all(burst)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10)
    expect(statuses.at(-1)).toBe(429)
  })

  it('never says who exists when a password is forgotten, and limits the asking', async () => {
    const person = await t.buildPerson()
    const ask = (email?: string) => t.anyone.post('/auth/password', { email })
    const known = await ask(person.email)
    const unknown = await ask(`${t.unique('nobody')}@example.test`)
    expect([known.status, known.body]).toEqual([200, unknown.body])
    for (let i = 0; i < 4; i++) expect((await ask(person.email)).status).toBe(200)
    expect((await ask(person.email)).status).toBe(429)
    for (let i = 0; i < 8; i++) expect((await ask()).status).toBe(200)
    const kept = async () =>
      (await query(sql<{ token: string }>`select reset_password_token as token from users where id = ${person.id}`))
        .rows[0]
    await expect.poll(kept, { timeout: 10_000 }).toEqual({ token: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  it('sets a new password by mail once, and ends every session there was', async () => {
    const person = await t.buildPerson()
    const before = await signIn(person.email)
    const kept = createHmac('sha256', t.app.config.secretKeyBase).update('reset_password_token by-mail').digest('hex')
    await query(
      sql`update users set reset_password_token = ${kept}, reset_password_sent_at = now() where id = ${person.id}`,
    )
    await query(sql`update users set reset_password_sent_at = now() - interval '7 hours' where id = ${person.id}`)
    const set = (password: string) =>
      t.anyone.put('/auth/password', { reset_password_token: 'by-mail', password, password_confirmation: password })
    expect((await set(NEW_PASSWORD)).body).toEqual({ message: 'Invalid token', redirect_url: '/' })
    await query(sql`update users set reset_password_sent_at = now() where id = ${person.id}`)
    expect((await set('weak')).body.attributes).toEqual(['password', 'password_confirmation'])
    const done = await set(NEW_PASSWORD)
    expect([done.status, done.body.data.id, done.headers.get('authorization')]).toEqual([200, person.id, null])
    expect([await isSignedIn(before), await isSignedIn(done)]).toEqual([false, true])
    expect([
      (await set(NEW_PASSWORD)).status,
      (await signIn(person.email)).status,
      (await signIn(person.email, NEW_PASSWORD)).status,
    ]).toEqual([422, 401, 200])
  })

  it('confirms a changed e-mail once, unless somebody has it by now', async () => {
    const [person, other] = [await t.buildPerson(), await t.buildPerson()]
    const confirm = (token: string) => t.anyone.post('/auth/confirmation', { confirmation_token: token })
    const [token, email] = [t.unique('token'), `${t.unique('new')}@example.test`]
    await query(
      sql`update users set unconfirmed_email = ${other.email}, confirmation_token = ${token} where id = ${person.id}`,
    )
    expect((await confirm(token)).body).toEqual({ message: 'Email has already been taken', attributes: ['email'] })
    await query(sql`update users set unconfirmed_email = ${email} where id = ${person.id}`)
    expect((await confirm(token)).body.data).toMatchObject({ id: person.id, email, uid: email })
    expect((await confirm(token)).body).toEqual({ message: 'Already confirmed', redirect_url: '/' })
    expect((await signIn(email)).status).toBe(200)
  })

  it("deletes one's own login, but not the last administrator of a team", async () => {
    const [person, account] = [await t.buildPerson(), await t.buildAccount()]
    const mine = sessionOf(await signIn(person.email))
    expect((await mine.delete('/auth')).body).toEqual({
      status: 'success',
      message: `Account with UID '${person.email}' has been destroyed.`,
    })
    expect([(await signIn(person.email)).status, (await t.as(person).get('/api/v1/profile')).status]).toEqual([
      401, 401,
    ])
    const last = await sessionOf(await signIn(account.administrator.email)).delete('/auth')
    expect([last.status, last.body.status]).toEqual([422, 'error'])
    expect((await t.as(account.administrator).get('/api/v1/profile')).status).toBe(200)
  })

  it('never trusts an entry that is no session', async () => {
    const person = await t.buildPerson()
    const digest = createHash('sha256').update('x').digest('hex')
    for (const entry of [{}, { token: null, expiry: 9e9 }, { token: digest, expiry: 9e9 }, { token: 'x' }, 'x']) {
      await query(sql`update users set tokens = ${JSON.stringify({ c: entry })}::json where id = ${person.id}`)
      const answer = await t.with({ 'access-token': 'x', client: 'c', uid: person.email }).get('/api/v1/profile')
      expect(answer.status).toBe(401)
    }
  })
})

describe('a forgotten password', () => {
  const t = startTestApp({ PARLEY_RUN: 'web' })

  it('is looked into after the answer, which takes as long for nobody as for somebody', async () => {
    const person = await t.buildPerson()
    const asked = [person.email, `${t.unique('nobody')}@example.test`]
    for (const email of asked) expect((await t.anyone.post('/auth/password', { email })).status).toBe(200)
    const waiting = sql`select id from parley_jobs._private_jobs where payload::jsonb ->> 'email' = any(${asked})`
    expect((await waiting.execute(t.database.kysely)).rows.length).toBe(2)
    const { rows } = await sql`select reset_password_token from users where id = ${person.id}`.execute(
      t.database.kysely,
    )
    expect(rows).toEqual([{ reset_password_token: null }])
  })
})
