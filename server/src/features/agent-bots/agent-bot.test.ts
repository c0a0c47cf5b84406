import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTestApp, type TestAccount } from '../../../test/support.ts'
import { fetchRecordAvatar } from '../avatars/avatar.model.ts'
import { createAgentBot } from './agent-bot.model.ts'

describe('agent bots', () => {
  const t = startTestApp()
  const at = (account: TestAccount, path = '') => `/api/v1/accounts/${account.id}/agent_bots${path}`
  const make = async (account: TestAccount, fields: object = { name: 'Helper' }) =>
    (await t.as(account.administrator).post(at(account), fields)).body

  it('is made with a token, which agents do not see and a renewal replaces', async () => {
    const account = await t.buildAccount()
    const bot = await make(account, {
      name: 'Helper',
      outgoing_url: 'any text',
      bot_config: { lang: 'en' },
      account_id: 1,
    })
    expect(bot).toMatchObject({
      name: 'Helper',
      outgoing_url: 'any text',
      bot_config: { lang: 'en' },
      account_id: account.id,
    })
    expect(bot).toMatchObject({
      bot_type: 'webhook',
      system_bot: false,
      thumbnail: '',
      secret: expect.stringMatching(/^whsec_/),
    })
    const { body: seen } = await t.as(account.agent).get(at(account, `/${bot.id}`))
    for (const key of ['access_token', 'secret']) expect(seen).not.toHaveProperty(key)
    const { body: renewed } = await t.as(account.administrator).post(at(account, `/${bot.id}/reset_access_token`))
    expect(renewed.access_token).not.toBe(bot.access_token)
    const old = t.as({ access_token: bot.access_token })
    const answer = await old.post(`/api/v1/accounts/${account.id}/conversations/1/toggle_status`, {})
    expect([answer.status, answer.body]).toEqual([401, { error: 'Invalid Access Token' }])
  })

  it('of the whole installation come first, without address or token, and are nobody’s to change', async () => {
    const account = await t.buildAccount()
    const own = await make(account)
    const common = await t.run((ctx) =>
      createAgentBot(ctx, { name: 'Common', outgoing_url: 'https://bot.example.test' }),
    )
    const { body } = await t.as(account.administrator).get(at(account))
    expect(body.at(-1).id).toBe(own.id)
    const shown = body.find((bot: any) => bot.id === common.id)
    expect(shown).toMatchObject({ name: 'Common', account_id: null, system_bot: true })
    for (const key of ['outgoing_url', 'access_token', 'secret']) expect(shown).not.toHaveProperty(key)
    expect((await t.as(account.administrator).patch(at(account, `/${common.id}`), { name: 'Mine' })).status).toBe(404)
    expect((await t.as(account.administrator).delete(at(account, `/${common.id}`))).status).toBe(404)
    const other = await t.buildAccount()
    expect((await t.as(other.administrator).get(at(other, `/${own.id}`))).status).toBe(404)
  })

  it('refuses an address that is too long and an unknown kind', async () => {
    const account = await t.buildAccount()
    expect((await make(account, { outgoing_url: 'x'.repeat(2049) })).message).toBe(
      'Outgoing url is too long (maximum is 2048 characters)',
    )
    expect((await make(account, { name: 'Odd', bot_type: 'odd' })).attributes).toEqual(['bot_type'])
  })

  it('gets a picture from elsewhere after the answer, and keeps none that is no picture', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
    const server = createServer((request, response) => {
      response.end(request.url === '/bot.png' ? Buffer.from(png, 'base64') : 'words')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const account = await t.buildAccount()
    const bot = await make(account, { name: 'Helper', avatar_url: `${url}/bot.png` })
    const thumbnail = async () => (await t.as(account.agent).get(at(account, `/${bot.id}`))).body.thumbnail
    await expect.poll(thumbnail, { timeout: 10_000 }).toMatch(/bot\.png$/)
    await t.run((ctx) =>
      fetchRecordAvatar(ctx, { record_type: 'AgentBot', record_id: bot.id, url: `${url}/words.png` }),
    )
    expect(await thumbnail()).toMatch(/bot\.png$/)
  })

  it('leaves with its token', async () => {
    const account = await t.buildAccount()
    const bot = await make(account)
    expect((await t.as(account.administrator).delete(at(account, `/${bot.id}`))).text).toBe('')
    expect((await t.as(account.administrator).get(at(account, `/${bot.id}`))).status).toBe(404)
    const { rows } = await t.database.pool.query(
      `select 1 from access_tokens where owner_type = 'AgentBot' and owner_id = $1`,
      [bot.id],
    )
    expect(rows).toEqual([])
  })
})
