import { describe, expect, it } from 'vitest'
import { startTestApp, type Client } from '../../../test/support.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { buildInbox } from '../../../test/support/visitor.ts'

const t = startTestApp()

async function desk() {
  const { account, admin, agent, base: api, inbox } = await buildInbox(t)
  const talks = `${api}/conversations`
  const contact = (await admin.post(`${api}/contacts`, { name: 'ada LOVELACE' })).body.payload.contact
  const open = async (more: object = {}, as: Client = admin) =>
    (await as.post(talks, { inbox_id: inbox.id, contact_id: contact.id, ...more })).body
  const ids = async (query: string, as: Client = admin) =>
    (await as.get(`${talks}?${query}`)).body.data.payload.map((one: { id: number }) => one.id)
  const activities = (id: number, count: number): Promise<string[]> =>
    eventually(async () => {
      const all = (await admin.get(`${talks}/${id}/messages`)).body.payload
      const lines = all.filter((one: any) => one.message_type === 2)
      return lines.length >= count && lines.map((one: any) => one.content)
    }, `${count} lines of what happened`)
  const present = (json: object) => admin.patch(`${api}/agents/${account.agent.id}`, json)
  return { account, admin, agent, api, talks, inbox, contact, open, ids, activities, present }
}

describe('the page that a conversation came from', () => {
  it.each([
    ['https://a.test/b?c[]=d#e', 'https://a.test/b?c[]=d#e'],
    ['https://a.test/ä', null],
    ['https://ä.test', null],
    ['https://a.test/b c', null],
    ['https://a:b/', null],
    ['a.test', null],
    [['https://a.test'], null],
    [null, null],
  ])('is one if it is a URI: %j', async (referer, kept) => {
    const { open } = await desk()
    expect((await open({ additional_attributes: { referer } })).additional_attributes).toEqual({ referer: kept })
  })
})

describe('the list of conversations', () => {
  it('takes a label by itself for a list of one, and an empty filter for one that nothing meets', async () => {
    const { admin, talks, open, ids } = await desk()
    const [marked, bare] = [await open(), await open()]
    await admin.post(`${talks}/${marked.id}/labels`, { labels: ['VIP', 'late'] })
    expect(await ids('labels=vip')).toEqual([marked.id])
    expect(await ids('labels[]=early&labels[]=Late')).toEqual([marked.id])
    expect(await ids('labels=early,%20late')).toEqual([marked.id])
    expect((await ids('')).sort()).toEqual([marked.id, bare.id])
    for (const query of [
      'labels=',
      'labels[]=',
      'status=',
      'status=dormant',
      'source_id=',
      'inbox_id=',
      'inbox_id=0',
      'inbox_id=abc',
    ]) {
      expect([query, await ids(query)]).toEqual([query, []])
    }
  })

  it('does not find a team that is not there, whatever it is called', async () => {
    const { admin, talks, open } = await desk()
    await open()
    for (const team of ['0', '', 'abc', '999999999']) {
      const { status, body } = await admin.get(`${talks}?team_id=${team}`)
      expect([team, status, body]).toEqual([team, 404, { error: 'Resource could not be found' }])
    }
  })

  it('reads seconds by their leading digits', async () => {
    const { open, ids } = await desk()
    const { id } = await open()
    expect(await ids('updated_within=60s')).toEqual([id])
    expect(await ids('updated_within=soon')).toEqual([])
  })

  it('counts what is said, but not what is looked at, as a change', async () => {
    const { admin, talks, open } = await desk()
    const { id, updated_at: born } = await open()
    const { body: message } = await admin.post(`${talks}/${id}/messages`, {
      content: 'Hello',
      message_type: 'incoming',
    })
    const changed = async () => (await admin.get(`${talks}/${id}`)).body.updated_at as number
    const written = await changed()
    expect(written).toBeGreaterThan(born)
    await admin.post(`${talks}/${id}/update_last_seen`, {})
    await admin.post(`${talks}/${id}/unread`, {})
    expect(await changed()).toBe(written)
    await admin.delete(`${talks}/${id}/messages/${message.id}`)
    expect(await changed()).toBeGreaterThan(written)
  })
})

describe('looking for words', () => {
  it('shows the conversations, and what was said in them', async () => {
    const { account, admin, agent, api, talks, open, inbox, contact } = await desk()
    const one = await open({ message: { content: 'Where is my parcel?', message_type: 'incoming' } })
    await agent.post(`${talks}/${one.id}/messages`, { content: 'Which PARCEL?' })
    await agent.post(`${talks}/${one.id}/messages`, { content: 'One moment' })
    await open({ message: { content: 'Lamps', message_type: 'incoming' } })
    const { body } = await admin.get(`${talks}/search?q=parcel`)
    expect(body.meta).toEqual({ mine_count: 0, unassigned_count: 1, all_count: 1 })
    expect(body.payload).toEqual([
      {
        id: one.id,
        uuid: one.uuid,
        created_at: one.created_at,
        contact: { id: contact.id, name: 'ada LOVELACE' },
        inbox: { id: inbox.id, name: 'Front desk', channel_type: 'Channel::Api' },
        messages: [
          {
            content: 'Where is my parcel?',
            id: expect.any(Number),
            sender_name: 'ada LOVELACE',
            message_type: 0,
            created_at: expect.any(Number),
          },
          {
            content: 'Which PARCEL?',
            id: expect.any(Number),
            sender_name: 'Agent Person',
            message_type: 1,
            created_at: expect.any(Number),
          },
        ],
        account_id: account.id,
      },
    ])
    await admin.delete(`${api}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
    expect((await agent.get(`${talks}/search?q=parcel`)).body).toEqual({
      meta: { mine_count: 0, unassigned_count: 0, all_count: 0 },
      payload: [],
    })
  })
})

it('a long conversation is found with the latest hundred of what was said', async () => {
  const { account, admin, talks, open } = await desk()
  const { id } = await open()
  await t.database.pool.query(
    `insert into messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at)
     select 'parcel ' || n, c.account_id, c.inbox_id, c.id, 0, now(), now() from conversations c, generate_series(1, 120) n
     where c.account_id = $1 and c.display_id = $2`,
    [account.id, id],
  )
  for (const query of ['q=parcel', '']) {
    const { messages } = (await admin.get(`${talks}/search?${query}`)).body.payload[0]
    expect([messages.length, messages[0].content, messages.at(-1).content]).toEqual([100, 'parcel 21', 'parcel 120'])
  }
})

describe('opening a conversation', () => {
  it('refuses what is not of the kind that is asked for', async () => {
    const { admin, talks, inbox, contact } = await desk()
    for (const [field, value] of [
      ['custom_attributes', 'x'],
      ['additional_attributes', [1]],
      ['message', 'Hello'],
      ['snoozed_until', 2_000_000_000],
    ] as const) {
      const { status, body } = await admin.post(talks, { inbox_id: inbox.id, contact_id: contact.id, [field]: value })
      expect([field, status, body.attributes]).toEqual([field, 422, [field]])
    }
    expect((await admin.get(`${talks}/meta?status=all`)).body.meta.all_count).toBe(0)
  })

  it('puts it off to no time that no calendar has', async () => {
    const { open } = await desk()
    for (const time of ['someday', '+275760-09-13T00:00:00Z', '-000001-01-01T00:00:00Z'])
      expect([time, (await open({ snoozed_until: time })).snoozed_until]).toEqual([time, null])
    expect((await open({ snoozed_until: '2035-01-01' })).snoozed_until).toBe('2035-01-01T00:00:00.000Z')
  })

  it('writes no message where an empty one is sent', async () => {
    const { open } = await desk()
    expect(await open({ message: {} })).toMatchObject({ messages: [], first_reply_created_at: 0 })
  })

  it('counts characters, not the halves of them', async () => {
    const { open } = await desk()
    expect((await open({ custom_attributes: { smile: '😀'.repeat(1500) } })).id).toBeGreaterThan(0)
    expect((await open({ custom_attributes: { smile: '😀'.repeat(1501) } })).message).toBe(
      'Custom attributes smile length should be < 1500',
    )
  })

  it('gives it to whose turn it is, also where it was meant for somebody outside the inbox, and says who did it', async () => {
    const { account, open, present, activities } = await desk()
    await present({ auto_offline: false, availability: 'online' })
    const free = await open()
    expect(free.meta.assignee.id).toBe(account.agent.id)
    expect(await activities(free.id, 1)).toEqual(['Assigned to Agent Person by Admin Person'])
    const foreign = await open({ assignee_id: account.administrator.id })
    expect(foreign.meta.assignee.id).toBe(account.agent.id)
    expect(t.events.filter(({ name }) => name === 'assignee.changed')).toHaveLength(2)
    expect(t.events.filter(({ name }) => name === 'conversation.updated')).toHaveLength(0)
  })

  it('gives one of a team to a member of it who is there, where the team shares by itself', async () => {
    const { account, admin, api, open, present, activities } = await desk()
    await present({ auto_offline: false, availability: 'online' })
    const { body: team } = await admin.post(`${api}/teams`, { name: 'Day', allow_auto_assign: true })
    await admin.post(`${api}/teams/${team.id}/team_members`, { user_ids: [account.agent.id] })
    const talk = await open({ team_id: team.id, status: 'pending' })
    expect([talk.status, talk.meta.assignee.id]).toEqual(['pending', account.agent.id])
    expect(await activities(talk.id, 1)).toEqual(['Assigned to Agent Person via day by Admin Person'])
  })

  it('says who reopened it and, then, to whom it went in turn', async () => {
    const { admin, talks, open, present, activities } = await desk()
    const { id } = await open({ status: 'resolved' })
    await present({ auto_offline: false, availability: 'online' })
    await admin.post(`${talks}/${id}/toggle_status`, { status: 'open' })
    expect((await activities(id, 2)).sort()).toEqual([
      'Assigned to Agent Person by Admin Person',
      'Conversation was reopened by Admin Person',
    ])
  })
})

describe('putting a conversation off', () => {
  it('reads seconds by their leading digits, and refuses what is none or too far away', async () => {
    const { admin, talks, open } = await desk()
    const { id } = await open()
    const snooze = (until: unknown) =>
      admin.post(`${talks}/${id}/toggle_status`, { status: 'snoozed', snoozed_until: until })
    expect((await snooze('2051222400 or so')).body.payload.snoozed_until).toBe('2035-01-01T00:00:00.000Z')
    for (const until of ['tomorrow', 1e18, 8.7e12])
      expect([until, (await snooze(until)).body.attributes]).toEqual([until, ['snoozed_until']])
    expect((await admin.get(`${talks}/${id}`)).body.snoozed_until).toBe('2035-01-01T00:00:00.000Z')
  })
})

describe('the labels of a conversation', () => {
  it('are each there once, in the spelling that came first, in the order they were sent', async () => {
    const { admin, talks, open } = await desk()
    const { id } = await open()
    const set = async (labels: string[]) => (await admin.post(`${talks}/${id}/labels`, { labels })).body.payload
    expect(await set(['late', 'LATE', 'vip'])).toEqual(['late', 'vip'])
    expect(await set(['new, Vip', 'late'])).toEqual(['new', 'Vip', 'late'])
    expect((await admin.get(`${talks}/${id}/labels`)).body.payload).toEqual(['new', 'Vip', 'late'])
  })
})

describe('the attributes of a conversation', () => {
  it('are told when they change, not when their keys come in another order', async () => {
    const { admin, talks, open } = await desk()
    const { id } = await open()
    const set = (custom_attributes: object) => admin.post(`${talks}/${id}/custom_attributes`, { custom_attributes })
    await set({ order: 'A1', a: 1, deep: { z: 1, b: 2 } })
    t.events.length = 0
    expect((await set({ deep: { b: 2, z: 1 }, a: 1, order: 'A1' })).body).toEqual({
      custom_attributes: { deep: { b: 2, z: 1 }, a: 1, order: 'A1' },
    })
    expect(t.events).toEqual([])
    await set({ a: 1 })
    expect(t.events.map(({ name }) => name)).toEqual(['conversation.updated'])
  })
})

describe('drafts', () => {
  it('are one for each conversation, which all agents share, until it goes', async () => {
    const { admin, agent, talks, open } = await desk()
    const { id } = await open()
    const path = `${talks}/${id}/draft_messages`
    expect((await agent.get(path)).body).toEqual({ has_draft: false })
    expect((await agent.patch(path, { draft_message: { message: 'Dear <Ada>' } })).text).toBe('')
    expect((await admin.get(path)).body).toEqual({ has_draft: true, message: 'Dear <Ada>' })
    await admin.put(path, { message: 'Dear Ada' })
    expect((await agent.get(path)).body).toEqual({ has_draft: true, message: 'Dear Ada' })
    await agent.patch(path, { draft_message: {} })
    expect((await agent.get(path)).body).toEqual({ has_draft: true, message: '' })
    expect((await agent.patch(path, { draft_message: 'Dear' })).status).toBe(422)
    expect((await agent.delete(path)).text).toBe('')
    expect((await agent.get(path)).body).toEqual({ has_draft: false })
    const stranger = t.as((await t.buildAccount()).administrator)
    expect((await stranger.get(path)).status).toBe(401)
  })
})
