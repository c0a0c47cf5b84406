import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { buildVisitor } from '../../../test/support/visitor.ts'

const t = startTestApp()

describe('a visitor opens a conversation', () => {
  it('that is one however many are asked for at once, where the inbox keeps to a single one', async () => {
    const { contacts } = await buildVisitor(t, { inbox: { lock_to_single_conversation: true } })
    const { body: contact } = await t.anyone.post(contacts, {})
    const opened = await Promise.all(
      Array.from({ length: 10 }, () => t.anyone.post(`${contacts}/${contact.source_id}/conversations`, {})),
    )
    expect(new Set(opened.map(({ body }) => body.id)).size).toBe(1)
  })

  it('with attributes of 1500 characters, however many bytes these take', async () => {
    const { talks } = await buildVisitor(t)
    const open = (length: number) => t.anyone.post(talks, { custom_attributes: { mood: '😀'.repeat(length) } })
    expect(await open(1500)).toMatchObject({ status: 200 })
    expect(await open(1501)).toMatchObject({
      status: 422,
      body: { message: 'Custom attributes mood length should be < 1500' },
    })
  })
})

describe('what a visitor reaches', () => {
  it('are the conversations of the contact inbox, and of the whole contact once there is a proof', async () => {
    const { admin, base, contacts } = await buildVisitor(t)
    await t.anyone.post(contacts, { identifier: 'ada', source_id: 'desk' })
    const { body: talk } = await t.anyone.post(`${contacts}/desk/conversations`, {})
    await t.anyone.post(`${contacts}/desk/conversations/${talk.id}/messages`, { content: 'Secret' })
    // Whoever says to be Ada shares her contact, but has proven nothing.
    const { body: elsewhere } = await admin.post(`${base}/inboxes`, { name: 'Elsewhere', channel: { type: 'api' } })
    const others = `/public/api/v1/inboxes/${elsewhere.inbox_identifier}/contacts`
    await t.anyone.post(others, { identifier: 'ada', source_id: 'eve' })
    const reached = `${others}/eve/conversations/${talk.id}`
    const tries = () => [
      t.anyone.get(reached),
      t.anyone.get(`${reached}/messages`),
      t.anyone.post(`${reached}/messages`, { content: 'I am Ada' }),
      t.anyone.post(`${reached}/toggle_typing`, { typing_status: 'on' }),
      t.anyone.post(`${reached}/update_last_seen`),
      t.anyone.post(`${reached}/toggle_status`),
    ]
    expect((await Promise.all(tries())).map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])

    const hash = createHmac('sha256', elsewhere.hmac_token).update('ada').digest('hex')
    await t.anyone.get(`${others}/eve?identifier=ada&identifier_hash=${hash}`)
    expect((await Promise.all(tries())).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
  })
  it('are none of somebody with whom a contact was merged by an address alone', async () => {
    const { contacts, contact, talk } = await buildVisitor(t)
    const { body: eve } = await t.anyone.post(contacts, {})
    await t.anyone.patch(`${contacts}/${contact.source_id}`, { email: 'ada@acme.example' })
    expect((await t.anyone.patch(`${contacts}/${eve.source_id}`, { email: 'ada@acme.example' })).body.id).toBe(
      contact.id,
    )
    expect((await t.anyone.get(`${contacts}/${eve.source_id}/conversations/${talk.id}/messages`)).status).toBe(404)
  })
})

describe('a proof', () => {
  it('speaks for nobody else: neither an address of theirs nor a merge makes it theirs', async () => {
    const { contacts, contact, talk, inbox } = await buildVisitor(t)
    await t.anyone.patch(`${contacts}/${contact.source_id}`, { email: 'ada@acme.example' })
    const hash = createHmac('sha256', inbox.hmac_token).update('eve').digest('hex')
    const proof = { identifier: 'eve', identifier_hash: hash }
    const reach = async (source: string) =>
      (await t.anyone.get(`${contacts}/${source}/conversations/${talk.id}/messages`)).status
    // Arriving with Ada's address.
    const { body: first } = await t.anyone.post(contacts, { ...proof, email: 'ada@acme.example' })
    expect([first.id, await reach(first.source_id)]).toEqual([contact.id, 404])
    await t.anyone.get(`${contacts}/${first.source_id}?${new URLSearchParams(proof)}`)
    expect(await reach(first.source_id)).toBe(404)
    // Being somebody else, and becoming one with Ada.
    const { body: second } = await t.anyone.post(contacts, proof)
    await t.anyone.get(`${contacts}/${second.source_id}?${new URLSearchParams(proof)}`)
    const { body: merged } = await t.anyone.patch(`${contacts}/${second.source_id}`, { email: 'ada@acme.example' })
    expect([merged.id, await reach(second.source_id)]).toEqual([contact.id, 404])
  })
})

it("what a visitor writes while their contact becomes another one is kept, and is that one's", async () => {
  const { contacts, contact, messages } = await buildVisitor(t)
  const { body: ada } = await t.anyone.post(contacts, { email: 'ada@acme.example' })
  const write = () => t.anyone.post(messages, { content: 'Hello' })
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, write),
    t.anyone.patch(`${contacts}/${contact.source_id}`, { email: 'ada@acme.example' }),
    ...Array.from({ length: 6 }, write),
  ])
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const written = (await t.anyone.get(messages)).body as { sender: { id: number } }[]
  expect(written.map(({ sender }) => sender.id)).toEqual(Array.from({ length: 12 }, () => ada.id))
})
