import { spawn, type ChildProcess } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../server/test/support.ts'

describe('the webhook bot', () => {
  const t = startTestApp()
  const children: ChildProcess[] = []
  afterAll(() => children.forEach((child) => child.kill()))

  async function startBot(env: Record<string, string>): Promise<string> {
    const file = new URL('./bot.mjs', import.meta.url).pathname
    const child = spawn(process.execPath, [file], { env: { PATH: process.env.PATH, PORT: '0', PARLEY_URL: t.base, ...env } })
    children.push(child)
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        const address = /http:\/\/\S+/.exec(data.toString())
        if (address) resolve(address[0])
      })
      child.once('exit', (code) => reject(new Error(`the bot ended with ${code}`)))
    })
  }

  async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
    for (let i = 0; i < 150; i++) {
      const found = await look()
      if (found) return found
      await new Promise((done) => setTimeout(done, 100))
    }
    throw new Error('it did not happen')
  }

  it('greets a visitor, and hands over when asked for a person', async () => {
    const account = await t.buildAccount()
    const api = `/api/v1/accounts/${account.id}`
    const admin = t.as(account.administrator)
    const { body: inbox } = await admin.post(`${api}/inboxes`, { name: 'Bot inbox', channel: { type: 'api' } })
    const { body: bot } = await admin.post(`${api}/agent_bots`, { name: 'Greeter', outgoing_url: 'http://127.0.0.1:1' })
    const address = await startBot({ BOT_TOKEN: bot.access_token, BOT_SECRET: bot.secret })
    await admin.patch(`${api}/agent_bots/${bot.id}`, { outgoing_url: address })
    await admin.post(`${api}/inboxes/${inbox.id}/set_agent_bot`, { agent_bot: bot.id })

    const contacts = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
    const { body: visitor } = await t.anyone.post(contacts, { name: 'Ada' })
    const talks = `${contacts}/${visitor.source_id}/conversations`
    const { body: talk } = await t.anyone.post(talks)
    expect(talk.status).toBe('pending')
    await t.anyone.post(`${talks}/${talk.id}/messages`, { content: 'Hi' })

    const question = await until(async () => {
      const { body } = await t.anyone.get(`${talks}/${talk.id}/messages`)
      return body.find((message: any) => message.content_type === 'input_select')
    })
    expect(question.sender).toMatchObject({ name: 'Greeter', type: 'agent_bot' })
    await t.anyone.patch(`${talks}/${talk.id}/messages/${question.id}`, { submitted_values: [{ title: 'A person', value: 'person' }] })
    await until(async () => (await t.anyone.get(`${talks}/${talk.id}`)).body.status === 'open')
  })

  it('refuses what nobody signed', async () => {
    const address = await startBot({ BOT_TOKEN: 'none', BOT_SECRET: 'whsec_secret' })
    const answer = await fetch(address, { method: 'POST', body: '{"event":"message_created"}', headers: { 'x-chatwoot-timestamp': '1' } })
    expect(answer.status).toBe(401)
  })
})
