import { request, type IncomingHttpHeaders } from 'node:http'
import { beforeEach, describe, expect, it } from 'vitest'
import { startTestApp } from '../support.ts'

// What is counted for each address holds for the address that the connection comes from, and what a client says of itself
// counts for nothing. Every address of 127.0.0.0/8 is a client of its own.
type TestApp = ReturnType<typeof startTestApp>

interface Call {
  method?: string
  path: string
  body?: object
  headers?: Record<string, string>
}

function callFrom(t: TestApp, localAddress: string, { method = 'GET', path, body, headers }: Call) {
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const sent = { ...headers, ...(body && { 'content-type': 'application/json' }) }
    const call = request(t.base + path, { method, localAddress, headers: sent, agent: false }, (answer) => {
      let text = ''
      answer.on('data', (data: Buffer) => (text += data.toString()))
      answer.on('end', () => resolve({ status: answer.statusCode!, text, headers: answer.headers }))
    })
    call.on('error', reject)
    call.end(body && JSON.stringify(body))
  })
}

async function statusesOf(times: number, call: (at: number) => Promise<{ status: number }>): Promise<number[]> {
  const statuses: number[] = []
  for (let at = 0; at < times; at++) statuses.push((await call(at)).status)
  return statuses
}

const somebody = (t: TestApp) => `${t.unique('nobody')}@example.test`
const signIn = (t: TestApp): Call => ({
  method: 'POST',
  path: '/auth/sign_in',
  body: { email: somebody(t), password: 'wrong' },
})

/** Tries of an earlier test are no tries of this one. */
const forget = (t: TestApp) => beforeEach(() => t.database.pool.query('delete from parley.attempts'))

describe('all calls of an address in a minute, in production', () => {
  const limit = 20
  const t = startTestApp({ NODE_ENV: 'production', RACK_ATTACK_LIMIT: String(limit) })
  // A minute may end while they are sent, but not two.
  const enough = 2 * limit + 1
  const profile = { path: '/api/v1/profile' }

  it('are counted for it alone, and not for the machine itself', async () => {
    const statuses = await statusesOf(enough, () => callFrom(t, '127.0.0.2', profile))
    expect([statuses[0], statuses.includes(429)]).toEqual([401, true])
    expect((await callFrom(t, '127.0.0.3', profile)).status).toBe(401)
    expect(await statusesOf(enough, () => callFrom(t, '127.0.0.1', profile))).toEqual(Array(enough).fill(401))
    const health = () => callFrom(t, '127.0.0.4', { path: '/health' })
    expect(await statusesOf(enough, health)).toEqual(Array(enough).fill(200))
  })

  it('are counted for it whatever it says of itself', async () => {
    const names = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'client-ip', 'x-client-ip', 'cf-connecting-ip']
    const say = (at: number) => {
      const who = at % 2 ? `9.9.9.${at}` : '127.0.0.1'
      return Object.fromEntries(names.map((name) => [name, name === 'forwarded' ? `for=${who}` : who]))
    }
    const statuses = await statusesOf(enough, (at) => callFrom(t, '127.0.0.5', { ...profile, headers: say(at) }))
    expect(statuses).toContain(429)
  })
})

describe('tries of an address', () => {
  const t = startTestApp({ ENABLE_ACCOUNT_SIGNUP: 'true' })
  forget(t)

  it('to sign in, to sign up or to get a mail are counted, and no header makes them another’s', async () => {
    const calls: [name: string, call: () => Call][] = [
      ['sign in', () => signIn(t)],
      ['sign in by a link', () => ({ ...signIn(t), body: { email: somebody(t), sso_auth_token: 'x' } })],
      ['a new password', () => ({ method: 'POST', path: '/auth/password', body: { email: somebody(t) } })],
      ['sign up', () => ({ method: 'POST', path: '/api/v1/accounts', body: { email: somebody(t) } })],
    ]
    for (const [at, [name, call]] of calls.entries()) {
      await t.database.pool.query('delete from parley.attempts')
      const address = `127.0.1.${at + 1}`
      const statuses = await statusesOf(6, () => callFrom(t, address, call()))
      expect([name, statuses.indexOf(429)]).toEqual([name, 5])
      const headers = { 'x-forwarded-for': '9.9.9.9', forwarded: 'for=9.9.9.9' }
      expect([name, (await callFrom(t, address, { ...call(), headers })).status]).toEqual([name, 429])
      expect([name, (await callFrom(t, '127.0.2.1', call())).status === 429]).toEqual([name, false])
    }
  })
})

describe('behind a proxy that is trusted by its address', () => {
  const proxy = '127.0.0.2'
  const t = startTestApp({ TRUST_PROXY: proxy })
  forget(t)
  const tryAs = (forwarded: string, from = proxy) =>
    callFrom(t, from, { ...signIn(t), headers: { 'x-forwarded-for': forwarded } })

  it('the address that the proxy saw is counted, not the one that a client wrote before it', async () => {
    const statuses = await statusesOf(6, (at) => tryAs(`1.1.1.${at}, 127.0.0.1, 9.9.9.9`))
    expect(statuses.indexOf(429)).toBe(5)
    expect((await tryAs('9.9.9.8')).status).toBe(401)
  })

  it('whoever comes around it is believed nothing', async () => {
    const statuses = await statusesOf(6, (at) => tryAs(`1.1.1.${at}`, '127.0.0.3'))
    expect(statuses.indexOf(429)).toBe(5)
  })

  it('the addresses of a network that one subscriber has are one, and an address is the same however it is written', async () => {
    const six = await statusesOf(6, (at) => tryAs(`2001:db8:1:2:${at}::${at}`))
    expect(six.indexOf(429)).toBe(5)
    expect((await tryAs('2001:db8:1:3::1')).status).toBe(401)
    const four = await statusesOf(6, (at) => tryAs(at % 2 ? '9.9.9.7' : '::ffff:9.9.9.7'))
    expect(four.indexOf(429)).toBe(5)
  })
})

describe('behind a proxy that is trusted because it is one', () => {
  const t = startTestApp({ TRUST_PROXY: 'true' })
  forget(t)

  it('only the address that it added is believed', async () => {
    const tryAs = (forwarded: string) =>
      callFrom(t, '127.0.0.2', { ...signIn(t), headers: { 'x-forwarded-for': forwarded } })
    const statuses = await statusesOf(6, (at) => tryAs(`127.0.0.1, 1.1.1.${at}, 9.9.9.9`))
    expect(statuses.indexOf(429)).toBe(5)
    expect((await tryAs('9.9.9.9, 9.9.9.8')).status).toBe(401)
  })
})
