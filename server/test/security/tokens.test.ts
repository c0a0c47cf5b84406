import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { webhookSecret } from '../../src/features/webhooks/webhook.secret.ts'
import { buildOffice, nameOf, operations, pathOf, send, type Office } from '../contract/support.ts'
import { startTestApp, type Client, type Person } from '../support.ts'

// Who has a token is whoever it was given to: a bot's opens every conversation of its account, also to agents who are in none of
// the inboxes, and a person's is that person. Secrets of an account are for its administrators, and nobody's person is for others.
const t = startTestApp()

interface Secret {
  what: string
  value: string
}

async function secretsOf(office: Office): Promise<{ account: Secret[]; people: (Secret & { user_id: number })[] }> {
  const { id, administrator, agent } = office.account
  const people = await t.database.pool.query<Secret & { user_id: number }>(
    `select u.id as user_id, x.what, x.value from users u join access_tokens t on t.owner_type = 'User' and t.owner_id = u.id,
       lateral (values ('an access token', t.token), ('a pubsub token', u.pubsub_token), ('a password', u.encrypted_password)) x(what, value)
     where u.id = any($1)`,
    [[administrator.id, agent.id]],
  )
  const account = await t.database.pool.query<Secret>(
    `select 'the token of a bot' as what, t.token as value from access_tokens t join agent_bots b on t.owner_type = 'AgentBot' and b.id = t.owner_id where b.account_id = $1
     union all select 'the key of an inbox', hmac_token from channel_api where account_id = $1
     union all select 'the key of a website', hmac_token from channel_web_widgets where account_id = $1`,
    [id],
  )
  const signing = (
    [
      ['account', office.ids.webhooks],
      ['inbox', office.ids.inboxes],
      ['bot', office.ids.agent_bots],
    ] as const
  ).map(([kind, of]) => ({ what: `the secret of the ${kind}`, value: webhookSecret(t.app.config, kind, of!) }))
  expect(people.rows).toHaveLength(6)
  expect(new Set(account.rows.map((row) => row.what)).size).toBe(3)
  return { people: people.rows, account: [...account.rows, ...signing] }
}

/** With a bot in its inbox that has a conversation in hand, and with a website. */
async function buildFullOffice(): Promise<Office> {
  const office = await buildOffice(t)
  const { admin, base, ids } = office
  const done = [
    await admin.post(`${base}/inboxes/${ids.inboxes}/set_agent_bot`, { agent_bot: ids.agent_bots }),
    await admin.post(`${base}/inboxes`, {
      name: 'Site',
      channel: { type: 'web_widget', website_url: 'https://example.test' },
    }),
    await admin.post(`${base}/conversations/${ids.conversations}/assignments`, {
      assignee_id: ids.agent_bots,
      assignee_type: 'AgentBot',
    }),
  ]
  expect(done.map(({ status }) => status)).toEqual([200, 200, 200])
  return office
}

/** Reads come first, removals last. */
const ORDER = ['GET', 'PATCH', 'POST', 'DELETE']
const inOrder = operations
  .filter(({ family, access }) => family === 'application' && access !== 'nobody')
  .sort((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method))

/** Every operation once; what each answer shows of secrets that it may not. */
async function leaksOf(office: Office, client: Client, secrets: Secret[]): Promise<string[]> {
  const leaks: string[] = []
  let answered = 0
  for (const operation of inOrder) {
    const body = {
      name: 'x',
      content: 'x',
      title: t.unique('x'),
      q: office.mark,
      user_ids: [office.account.agent.id],
      inbox_id: office.ids.inboxes,
      inbox_ids: [office.ids.inboxes],
      source_id: office.texts.source_id,
      agent_bot: office.ids.agent_bots,
      labels: [office.texts.title],
    }
    const query = operation.method === 'GET' ? `?q=${office.mark}&inbox_ids[]=${office.ids.inboxes}` : ''
    const { status, text } = await send(client, operation, pathOf(operation, office) + query, body)
    if (status === 200) answered++
    for (const { what, value } of secrets) if (text.includes(value)) leaks.push(`${nameOf(operation)} shows ${what}`)
  }
  expect(answered).toBeGreaterThan(30)
  return leaks
}

it('an agent is shown no token and no secret but their own by any operation', async () => {
  const office = await buildFullOffice()
  const { people, account } = await secretsOf(office)
  const others = people.filter(({ user_id, what }) => user_id !== office.account.agent.id || what === 'a password')
  expect(await leaksOf(office, office.agent, [...account, ...others])).toEqual([])
})

it('an administrator is shown no token of another person by any operation', async () => {
  const office = await buildFullOffice()
  const { people } = await secretsOf(office)
  const others = people.filter(
    ({ user_id, what }) => user_id !== office.account.administrator.id || what === 'a password',
  )
  expect(await leaksOf(office, office.admin, others)).toEqual([])
})

it('an administrator sees the token of a bot of the account where it always was', async () => {
  const { admin, agent, base, ids, botToken } = await buildFullOffice()
  const places = [
    `${base}/agent_bots`,
    `${base}/agent_bots/${ids.agent_bots}`,
    `${base}/inboxes/${ids.inboxes}/agent_bot`,
  ]
  for (const path of places) {
    expect([path, (await admin.get(path)).text.includes(botToken)]).toEqual([path, true])
    const { status, text } = await agent.get(path)
    expect([path, status, text.includes('access_token')]).toEqual([path, 200, false])
  }
})

it('no frame and no delivery carries a token or secret of an account or of a person', async () => {
  const office = await buildFullOffice()
  const { people, account } = await secretsOf(office)
  const { admin, base, ids } = office
  const told: string[] = await listen(office.account.agent, office.account.id)
  const hook = await receive(told)
  const subscriptions = [
    'conversation_created',
    'conversation_updated',
    'conversation_status_changed',
    'message_created',
  ]
  await admin.post(`${base}/webhooks`, { url: `${hook}/account`, subscriptions: [...subscriptions, 'contact_created'] })
  await admin.patch(`${base}/inboxes/${ids.inboxes}`, { channel: { webhook_url: `${hook}/inbox` } })
  await admin.patch(`${base}/agent_bots/${ids.agent_bots}`, { outgoing_url: `${hook}/bot`, name: 'Renamed' })
  const at = `${base}/conversations/${ids.conversations}`
  await admin.post(`${at}/messages`, { content: 'Hello' })
  await admin.post(`${at}/toggle_status`, { status: 'resolved' })
  await admin.post(`${at}/assignments`, { assignee_id: office.account.agent.id })
  await admin.post(`${base}/contacts`, { name: 'Grace', inbox_id: ids.inboxes })
  await admin.post(`${base}/conversations`, { inbox_id: ids.inboxes, contact_id: ids.other_contact })
  const wanted = ['conversation.status_changed', '/account ', '/inbox ', '/bot ']
  await expect
    .poll(() => wanted.filter((one) => !told.some((text) => text.includes(one))), { timeout: 10_000 })
    .toEqual([])
  const all = told.join('\n')
  expect([...people, ...account].filter(({ value }) => all.includes(value)).map(({ what }) => what)).toEqual([])
})

/** An address whose visits are told, body and path. */
async function receive(told: string[]): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      told.push(`${request.url} ${Buffer.concat(chunks).toString()}`)
      response.end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function listen(person: Person, accountId: number): Promise<string[]> {
  const socket = new WebSocket(`${t.base.replace('http', 'ws')}/cable`, ['actioncable-v1-json'])
  const identifier = JSON.stringify({
    channel: 'RoomChannel',
    pubsub_token: person.pubsub_token,
    account_id: accountId,
    user_id: person.id,
  })
  const frames: string[] = []
  await new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as { type?: string; message?: unknown }
      if (frame.type === 'welcome') socket.send(JSON.stringify({ command: 'subscribe', identifier }))
      // A frame names the subscription it is for, whose token is the listener's own.
      if (frame.type === 'confirm_subscription') resolve()
      else if (frame.message) frames.push(JSON.stringify(frame.message))
    }),
  )
  onTestFinished(() => socket.terminate())
  return frames
}
