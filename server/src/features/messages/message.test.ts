import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { buildTalk } from '../../../test/support/visitor.ts'

const t = startTestApp()

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

async function talk(channel: object = { type: 'api' }) {
  const {
    account,
    admin,
    base: api,
    at: path,
    write,
  } = await buildTalk(t, { name: 'ada LOVELACE', inbox: { channel } })
  const { body: bot } = await admin.post(`${api}/agent_bots`, { name: 'robo cop', outgoing_url: '' })
  const show = async () => (await admin.get(path)).body
  return { account, admin, api, bot, path, write, show }
}

const form = (name: string, ...files: [content: string | Buffer<ArrayBuffer>, type: string, filename: string][]) => {
  const body = new FormData()
  for (const [content, type, filename] of files) body.append(name, new Blob([content], { type }), filename)
  return body
}

describe('who speaks', () => {
  it('a bot of the account, where an agent says so; its word is no first reply', async () => {
    const { bot, write, show } = await talk()
    const { body } = await write({
      content: '{{agent.name}} / {{agent.available_name}}',
      sender_type: 'AgentBot',
      sender_id: bot.id,
    })
    expect(body.sender).toEqual({ id: bot.id, name: 'robo cop', avatar_url: '', type: 'agent_bot' })
    expect(body.content).toBe('Robo Cop / robo cop')
    expect(await show()).toMatchObject({ first_reply_created_at: 0, waiting_since: 0 })
  })

  it('no bot of another account', async () => {
    const { account, write } = await talk()
    const { bot } = await talk()
    const { body } = await write({ content: 'Beep', sender_type: 'AgentBot', sender_id: bot.id })
    expect(body.sender).toMatchObject({ type: 'user', id: account.administrator.id })
  })

  it('nobody for the first time, where a rule speaks', async () => {
    const { write, show } = await talk()
    await write({ content: 'Thank you for writing', content_attributes: { automation_rule_id: 1 } })
    expect(await show()).toMatchObject({ first_reply_created_at: 0 })
    expect(t.events.map(({ name }) => name)).not.toContain('first.reply.created')
  })
})

describe('what is filled in', () => {
  it('the contact of a conversation is called with one capital', async () => {
    const { write } = await talk()
    expect((await write({ content: '{{contact.name}}, {{conversation.contact_name}}' })).body.content).toBe(
      'Ada Lovelace, Ada lovelace',
    )
  })

  it('what fills a template of another service too, however deep', async () => {
    const { write, show } = await talk()
    const params = { body: { 1: '{{contact.first_name}}', 2: 7 }, buttons: [{ text: 'Hello {{contact.first_name}}' }] }
    await write({
      content: 'Ready',
      template_params: { name: 'order_ready', language: 'en', processed_params: params },
    })
    expect((await show()).messages[0].additional_attributes).toEqual({
      template_params: {
        name: 'order_ready',
        language: 'en',
        processed_params: { body: { 1: 'Ada', 2: 7 }, buttons: [{ text: 'Hello Ada' }] },
      },
    })
  })
})

describe('a message is refused', () => {
  it('with a template that is none', async () => {
    const { write } = await talk()
    const refusals = [
      ['order_ready', 'Template params must be of type hash'],
      [['order_ready'], 'Template params must be of type hash'],
      [{ category: 'UTILITY' }, 'Name is required'],
      [{ name: 7 }, 'Template params/name must be of type string'],
      [
        { name: 'x', language: null, processed_params: 'y' },
        'Template params/language must be of type string, Template params/processed params must be of type hash',
      ],
    ]
    for (const [params, problem] of refusals) {
      const { status, body } = await write({ content: 'Hm', template_params: params })
      expect([params, status, body]).toEqual([params, 422, { error: `Validation failed: ${problem as string}` }])
    }
    for (const params of [null, '', {}, []])
      expect((await write({ content: 'Hm', template_params: params })).status).toBe(200)
  })

  it('with files that are no list of files', async () => {
    const { write, path, admin } = await talk()
    for (const attachments of ['words', 5, { 0: 'a' }, [{}], [1], [[]]]) {
      expect([attachments, (await write({ content: 'See', attachments })).status]).toEqual([attachments, 422])
    }
    expect((await write(form('attachments', ['words', 'text/plain', 'words.txt']))).status).toBe(422)
    expect((await admin.get(`${path}/messages`)).body.payload).toEqual([])
  })

  it('when it is too long in characters, not in halves of them', async () => {
    const { write } = await talk()
    expect((await write({ content: '😀'.repeat(150_000) })).status).toBe(200)
    expect((await write({ content: '😀'.repeat(150_001) })).body.error).toBe(
      'Validation failed: Content is too long (maximum is 150000 characters)',
    )
    expect((await write({ content: 'x', source_id: 's'.repeat(20_001) })).body.error).toBe(
      'Validation failed: Source is too long (maximum is 20000 characters)',
    )
  })

  it('with a file that visitors of a site may not be sent', async () => {
    const { write, path, admin } = await talk({ type: 'web_widget', website_url: 'https://site.test' })
    const refused = await write(form('attachments[]', ['MZ', 'application/x-msdownload', 'tool.exe']))
    expect([refused.status, refused.body]).toEqual([
      422,
      { error: 'Validation failed: Attachments file type not supported' },
    ])
    expect((await write(form('attachments[]', ['<html>', 'text/plain', 'page.txt']))).status).toBe(422)
    expect(
      (await write(form('attachments[]', [PNG, 'image/png', 'dot.png'], ['words', 'text/plain', 'words.txt']))).status,
    ).toBe(200)
    expect((await admin.get(`${path}/messages`)).body.payload).toHaveLength(1)
  })
})

describe('the files of a conversation', () => {
  it('are listed by message, the oldest first, and within one the last first, with who sent them', async () => {
    const { account, admin, path, write } = await talk()
    const one = (
      await write(form('attachments[]', [PNG, 'image/png', 'dot.png'], ['words', 'text/plain', 'words.txt']))
    ).body
    const two = (await write(form('attachments[]', ['more', 'text/plain', 'more.txt']))).body
    const { body } = await admin.get(`${path}/attachments`)
    expect(body.meta).toEqual({ total_count: 3 })
    expect(body.payload.map((file: any) => [file.message_id, file.data_url.split('/').at(-1)])).toEqual([
      [one.id, 'words.txt'],
      [one.id, 'dot.png'],
      [two.id, 'more.txt'],
    ])
    expect(body.payload[0]).toEqual({
      message_id: one.id,
      thumb_url: '',
      data_url: one.attachments[1].data_url,
      file_size: 5,
      file_type: 'file',
      extension: null,
      width: null,
      height: null,
      created_at: one.created_at,
      sender: expect.objectContaining({ type: 'user', id: account.administrator.id }),
    })
    expect((await admin.get(`${path}/attachments?page=2`)).body).toEqual({ meta: { total_count: 3 }, payload: [] })
    await admin.delete(`${path}/messages/${one.id}`)
    expect((await admin.get(`${path}/attachments`)).body.meta).toEqual({ total_count: 1 })
  })
})

describe('the messages of a conversation', () => {
  it('are the latest where neither end of a range is told', async () => {
    const { admin, path, write } = await talk()
    for (let count = 0; count < 21; count++) await write({ content: String(count) })
    const of = async (query: string) =>
      (await admin.get(`${path}/messages?${query}`)).body.payload.map((one: any) => one.content)
    const latest = Array.from({ length: 20 }, (_, index) => String(index + 1))
    for (const query of ['', 'before=', 'after=', 'before=%20', 'after=%20&before='])
      expect([query, await of(query)]).toEqual([query, latest])
    expect(await of('before=abc')).toEqual([])
    expect(await of('after=abc')).toHaveLength(21)
  })
})
