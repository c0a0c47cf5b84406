import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { PASSWORD, startTestApp, type Person } from '../support.ts'

const t = startTestApp()

async function signIn(person: Person, password = PASSWORD) {
  const { status, headers } = await t.anyone.post('/auth/sign_in', { email: person.email, password })
  expect(status).toBe(200)
  return t.with(Object.fromEntries(['access-token', 'client', 'uid'].map((name) => [name, headers.get(name)!])))
}

function openSocket(person: Person, accountId: number) {
  const socket = new WebSocket(t.base.replace('http', 'ws') + '/cable', ['actioncable-v1-json'])
  const identifier = JSON.stringify({
    channel: 'RoomChannel',
    pubsub_token: person.pubsub_token,
    account_id: accountId,
    user_id: person.id,
  })
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const subscribed = new Promise<string>((resolve) =>
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data)) as { type?: string }
      if (type === 'welcome') socket.send(JSON.stringify({ command: 'subscribe', identifier }))
      if (type === 'confirm_subscription' || type === 'reject_subscription') resolve(type)
    }),
  )
  return { socket, closed, subscribed }
}

const within = (milliseconds: number, promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), milliseconds))])

it('a new password ends the other sessions and the sockets (CVE-2021-3740)', async () => {
  const account = await t.buildAccount()
  const person = account.agent
  // As with devise the newest session goes on.
  const [other, mine] = [await signIn(person), await signIn(person)]
  const socket = openSocket(person, account.id)
  expect(await socket.subscribed).toBe('confirm_subscription')
  const body = {
    profile: { current_password: PASSWORD, password: 'An0ther!Secret', password_confirmation: 'An0ther!Secret' },
  }
  expect((await mine.put('/api/v1/profile', body)).status).toBe(200)
  expect(await within(1000, socket.closed)).toBe(true)
  expect((await other.get('/auth/validate_token')).status).toBe(401)
  expect((await other.get('/api/v1/profile')).status).toBe(401)
  expect((await t.anyone.post('/auth/sign_in', { email: person.email, password: PASSWORD })).status).toBe(401)
  await signIn(person, 'An0ther!Secret')
})

it('who is taken out of an account hears no more of it within a second', async () => {
  const account = await t.buildAccount()
  const socket = openSocket(account.agent, account.id)
  expect(await socket.subscribed).toBe('confirm_subscription')
  expect(
    (await t.as(account.administrator).delete(`/api/v1/accounts/${account.id}/agents/${account.agent.id}`)).status,
  ).toBe(200)
  expect(await within(1000, socket.closed)).toBe(true)
  expect((await t.as(account.agent).get(`/api/v1/accounts/${account.id}/conversations`)).status).toBe(401)
  const again = openSocket(account.agent, account.id)
  // Neither confirmed nor refused, as with Chatwoot: nothing is ever heard.
  expect(
    await within(
      1000,
      again.subscribed.then((answer) => answer === 'confirm_subscription' || new Promise(() => {})),
    ),
  ).toBe(false)
  again.socket.terminate()
})

it('an account keeps its last administrator (CVE-2021-3813)', async () => {
  const account = await t.buildAccount()
  const { administrator, agent } = account
  const base = `/api/v1/accounts/${account.id}/agents`
  const removed = await t.as(administrator).delete(`${base}/${administrator.id}`)
  const lowered = await t.as(administrator).patch(`${base}/${administrator.id}`, { role: 'agent' })
  expect([removed.status, lowered.status].every((status) => status >= 400 && status < 500)).toBe(true)
  expect((await t.as(agent).patch(`${base}/${agent.id}`, { role: 'administrator' })).status).toBe(401)
  const { rows } = await t.database.pool.query(
    'select user_id, role from account_users where account_id = $1 and role = 1',
    [account.id],
  )
  expect(rows).toEqual([{ user_id: administrator.id, role: 1 }])
})

it('a password cannot be tried forever, and an answer does not tell who is known (CVE-2022-3741)', async () => {
  const person = await t.buildPerson()
  const known = await t.anyone.post('/auth/sign_in', { email: person.email, password: 'wrong' })
  const unknown = await t.anyone.post('/auth/sign_in', {
    email: `${t.unique('nobody')}@example.test`,
    password: 'wrong',
  })
  expect([known.status, known.text]).toEqual([unknown.status, unknown.text])
  const reset = await t.anyone.post('/auth/password', { email: person.email })
  const nobody = await t.anyone.post('/auth/password', { email: `${t.unique('nobody')}@example.test` })
  expect([reset.status, reset.text]).toEqual([nobody.status, nobody.text])
  const statuses: number[] = []
  for (let tries = 0; tries < 30; tries++) {
    const spelling = tries % 2 ? person.email.toUpperCase() : ` ${person.email}`
    statuses.push((await t.anyone.post('/auth/sign_in', { email: spelling, password: `wrong-${tries}` })).status)
  }
  expect(statuses.at(-1)).toBe(429)
})
