import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function desk() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const agent = t.as(account.agent)
  const base = `/api/v1/accounts/${account.id}`
  const inbox = async (name: string, members: number[]) => {
    const { body } = await admin.post(`${base}/inboxes`, { name, channel: { type: 'api' } })
    await admin.post(`${base}/inbox_members`, { inbox_id: body.id, user_ids: members })
    return body.id as number
  }
  const talk = async (inboxId: number, person: object, ...lines: string[]) => {
    const { body } = await admin.post(`${base}/contacts`, person)
    const { contact } = body.payload
    const { body: made } = await admin.post(`${base}/conversations`, { inbox_id: inboxId, contact_id: contact.id })
    for (const content of lines)
      await admin.post(`${base}/conversations/${made.id}/messages`, { content, message_type: 'incoming' })
    return made.id as number
  }
  const look = async (client: typeof admin, kind: string, q: string, page = '1') => {
    const { status, body } = await client.get(`${base}/search/${kind}?${new URLSearchParams({ q, page })}`)
    expect(status).toBe(200)
    return body.payload[kind]
  }
  const north = await inbox('North', [account.agent.id])
  const south = await inbox('South', [])
  return { account, admin, agent, base, talk, look, north, south }
}

it('agents find in their inboxes, administrators everywhere, and nobody in another account', async () => {
  const { admin, agent, base, talk, look, north, south } = await desk()
  const mine = await talk(north, { name: 'Ada Blue', email: 'ada@acme.example' }, 'The quince is ripe', 'And sweet')
  const other = await talk(south, { name: 'Bob Blue', identifier: 'crm-bob' }, 'Quince jam, please')
  const ids = (found: { id: number }[]) => found.map(({ id }) => id)
  expect(ids(await look(admin, 'conversations', 'blue'))).toEqual([other, mine])
  expect(ids(await look(agent, 'conversations', ' BLUE '))).toEqual([mine])
  expect((await look(agent, 'conversations', 'blue'))[0].message.content).toBe('The quince is ripe')
  expect((await look(admin, 'messages', 'QUINCE')).map((found: any) => found.content)).toEqual([
    'Quince jam, please',
    'The quince is ripe',
  ])
  expect((await look(agent, 'messages', 'quince')).map((found: any) => found.conversation_id)).toEqual([mine])
  expect((await look(agent, 'contacts', 'CRM-')).map((found: any) => found.name)).toEqual(['Bob Blue'])
  expect(await look(admin, 'messages', 'quince', '2')).toEqual([])
  const stranger = await desk()
  expect((await stranger.admin.get(`${base}/search?q=quince`)).status).toBe(401)
  const { payload } = (await stranger.admin.get(`${stranger.base}/search?q=quince`)).body
  expect(payload).toEqual({ conversations: [], contacts: [], messages: [], articles: [] })
})

it('a conversation is found by its number, and one without messages too', async () => {
  const { admin, talk, look, north } = await desk()
  const id = await talk(north, { name: 'Nameless' })
  const [found] = await look(admin, 'conversations', String(id))
  expect(found).toMatchObject({ id, contact: { name: 'Nameless', last_activity_at: null } })
  expect(found).not.toHaveProperty('message')
})

it('what was written more than three months ago is not found', async () => {
  const { account, admin, talk, look, north } = await desk()
  await talk(north, { name: 'Ada' }, 'An old quince', 'A new quince')
  await t.database.pool.query(
    `update messages set created_at = now() - interval '93 days' where account_id = $1 and content like 'An old%'`,
    [account.id],
  )
  expect((await look(admin, 'messages', 'quince')).map((found: any) => found.content)).toEqual(['A new quince'])
})

it('articles are found by the beginnings of their words, whatever else is asked', async () => {
  const { account, agent, look } = await desk()
  const other = await t.buildAccount()
  for (const { id } of [account, other])
    await t.database.pool.query(
      `with portal as (insert into portals (account_id, name, slug, created_at, updated_at)
        values ($1, 'Help', $2, now(), now()) returning id)
      insert into articles (account_id, portal_id, title, slug, content, status, locale, created_at, updated_at)
      select $1, portal.id, 'Returns & refunds', $2, 'Within ten days: it''s free', 1, 'en', now(), now() from portal`,
      [id, `help-${id}`],
    )
  const [found, ...more] = await look(agent, 'articles', 'ref RETUR')
  expect(more).toEqual([])
  expect(found).toMatchObject({ title: 'Returns & refunds', portal_slug: `help-${account.id}`, status: 'published' })
  expect(await look(agent, 'articles', 'eturns')).toEqual([])
  for (const q of ['', "it's", 'ten: ! & | ( ) <-> *', "\\'", 'returns:*', '‘’', '%'])
    expect((await look(agent, 'articles', q)).length).toBeLessThan(2)
})
