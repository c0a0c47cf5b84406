import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../server/test/support.ts'

const SECRET = 'whsec_secret'

describe('the webhook bot', () => {
  const t = startTestApp()
  const children: ChildProcess[] = []
  const servers: Server[] = []
  afterAll(() => {
    for (const child of children) child.kill()
    for (const server of servers) server.close()
  })

  async function startBot(env: Record<string, string>): Promise<{ address: string; said: () => string }> {
    const file = fileURLToPath(new URL('./bot.mjs', import.meta.url))
    const child = spawn(process.execPath, [file], {
      env: { PATH: process.env.PATH, PORT: '0', PARLEY_URL: t.base, ...env },
    })
    children.push(child)
    let said = ''
    child.stderr.on('data', (data: Buffer) => (said += data.toString()))
    const address = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        said += data.toString()
        const found = /http:\/\/\S+/.exec(said)
        if (found) resolve(found[0])
      })
      child.once('exit', (code) => reject(new Error(`the bot ended with ${code}: ${said}`)))
    })
    return { address, said: () => said }
  }

  async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
    for (let i = 0; i < 200; i++) {
      const found = await look()
      if (found) return found
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error('it did not happen')
  }

  /** Stands in for the server where what the bot says is to be counted. */
  async function startListener() {
    const heard: { path: string; token: unknown; body: any }[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      heard.push({
        path: request.url!,
        token: request.headers.api_access_token,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      })
      response.writeHead(heard.length === 1 ? 500 : 200).end('{}')
    })
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  async function deliver(address: string, event: unknown, headers: Record<string, string> = {}): Promise<number> {
    const body = typeof event === 'string' ? event : JSON.stringify(event)
    const timestamp = headers['x-chatwoot-timestamp'] ?? String(Math.floor(Date.now() / 1000))
    const signature = `sha256=${createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex')}`
    const signed = {
      'x-chatwoot-timestamp': timestamp,
      'x-chatwoot-signature': signature,
      'x-chatwoot-delivery': randomUUID(),
    }
    const answer = await fetch(address, { method: 'POST', body, headers: { ...signed, ...headers } })
    return answer.status
  }

  it('greets a visitor, answers a choice, and hands over when asked for a person', async () => {
    const account = await t.buildAccount()
    const api = `/api/v1/accounts/${account.id}`
    const admin = t.as(account.administrator)
    const { body: inbox } = await admin.post(`${api}/inboxes`, { name: 'Bot inbox', channel: { type: 'api' } })
    const { body: bot } = await admin.post(`${api}/agent_bots`, { name: 'Greeter', outgoing_url: 'http://127.0.0.1:1' })
    const { address, said } = await startBot({ BOT_TOKEN: bot.access_token, BOT_SECRET: bot.secret })
    await admin.patch(`${api}/agent_bots/${bot.id}`, { outgoing_url: address })
    await admin.post(`${api}/inboxes/${inbox.id}/set_agent_bot`, { agent_bot: bot.id })

    const contacts = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
    const { body: visitor } = await t.anyone.post(contacts, { name: 'Ada' })
    const talks = `${contacts}/${visitor.source_id}/conversations`
    const { body: talk } = await t.anyone.post(talks)
    const messages = `${talks}/${talk.id}/messages`
    const find = (content: string) =>
      until(async () => (await t.anyone.get(messages)).body.find((message: any) => message.content.startsWith(content)))
    const choose = (message: { id: number }, title: string, value: string) =>
      t.anyone.patch(`${messages}/${message.id}`, { submitted_values: [{ title, value }] })
    expect(talk.status).toBe('pending')

    await t.anyone.post(messages, { content: 'Hi' })
    const question = await find('Hello!')
    expect(question).toMatchObject({ content_type: 'input_select', sender: { name: 'Greeter', type: 'agent_bot' } })
    await choose(question, 'Billing', 'billing')
    await find('Invoices')
    await t.anyone.post(messages, { content: 'Hm' })
    await choose(await find('I only know'), 'A person', 'person')
    await until(async () => (await t.anyone.get(`${talks}/${talk.id}`)).body.status === 'open')
    // What people talk about is none of its business.
    await t.anyone.post(messages, { content: 'Hello, person' })
    const { body: all } = await t.anyone.get(messages)
    expect(all.filter((message: any) => message.message_type === 1)).toHaveLength(4)
    expect(said()).not.toContain(bot.access_token)
  })

  it('answers once, in turn, and lives on after a failure', async () => {
    const { heard, url } = await startListener()
    const { address, said } = await startBot({ BOT_TOKEN: 'the-token', BOT_SECRET: SECRET, PARLEY_URL: url })
    const place = { account: { id: 1 }, conversation: { id: 2, status: 'pending' }, private: false }
    const created = { ...place, id: 3, event: 'message_created', message_type: 'incoming', content: 'Hi' }
    const updated = {
      ...place,
      id: 4,
      event: 'message_updated',
      content_attributes: { submitted_values: [{ value: 'billing' }] },
    }

    expect(await deliver(address, created, { 'x-chatwoot-delivery': 'one' })).toBe(200)
    expect(await deliver(address, created, { 'x-chatwoot-delivery': 'one' })).toBe(200)
    await until(() => said().includes('messages answered 500'))
    for (const event of [
      updated,
      updated,
      { ...created, private: true },
      { ...created, event: 'conversation_opened' },
      {},
      'null',
    ]) {
      expect(await deliver(address, event)).toBe(200)
    }
    expect(await deliver(address, { ...created, content: 'a PERSON' })).toBe(200)
    await until(() => heard.length === 4)
    expect(heard.map(({ path }) => path.replace('/api/v1/accounts/1/conversations/2/', ''))).toEqual([
      'messages',
      'messages',
      'messages',
      'toggle_status',
    ])
    expect(heard.map(({ body }) => body.content?.split(' ')[0] ?? body.status)).toEqual([
      'Hello!',
      'Invoices',
      'Of',
      'open',
    ])
    expect(heard.every(({ token }) => token === 'the-token')).toBe(true)
    expect(said()).not.toMatch(/the-token|whsec_secret/)
  })

  it('refuses what nobody signed, or signed long ago', async () => {
    const { address } = await startBot({ BOT_TOKEN: 'none', BOT_SECRET: SECRET })
    const event = { event: 'message_created' }
    const longAgo = String(Math.floor(Date.now() / 1000) - 301)
    expect(await deliver(address, event, { 'x-chatwoot-signature': `sha256=${'0'.repeat(64)}` })).toBe(401)
    expect(await deliver(address, event, { 'x-chatwoot-signature': '' })).toBe(401)
    expect(await deliver(address, event, { 'x-chatwoot-timestamp': longAgo })).toBe(401)
    expect(await deliver(address, 'no JSON')).toBe(400)
    expect(await deliver(address, event)).toBe(200)
    expect((await fetch(address)).status).toBe(404)
  })
})
