import { createHmac } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestApp } from '../support.ts'
import { eventually } from '../support/eventually.ts'
import { buildInbox } from '../support/visitor.ts'

const t = startTestApp()

const EMAIL = 'victim@acme.example'
const PHONE = '+14155550123'
/** What nobody is to read who has only said her address. */
const SECRETS = ['Victoria', 'victoria-7', PHONE, 'platinum', 'face.png']

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let inbox: Awaited<ReturnType<typeof buildInbox>>
let contacts: string
let victim: any
const hash = (identifier: string, of = inbox.inbox) =>
  createHmac('sha256', of.hmac_token).update(identifier).digest('hex')
const proof = (identifier: string) => ({ identifier, identifier_hash: hash(identifier) })

/** The contact as agents see it. */
const known = async (id = victim.id) => (await inbox.admin.get(`${inbox.base}/contacts/${id}`)).body.payload

beforeEach(async () => {
  inbox = await buildInbox(t, { inbox: { greeting_enabled: true, greeting_message: 'Hello {{contact.name}}!' } })
  contacts = `/public/api/v1/inboxes/${inbox.inbox.inbox_identifier}/contacts`
  const made = await inbox.admin.post(`${inbox.base}/contacts`, {
    name: 'Victoria',
    identifier: 'victoria-7',
    email: EMAIL,
    phone_number: PHONE,
    custom_attributes: { plan: 'platinum' },
  })
  victim = made.body.payload.contact
  const picture = new FormData()
  picture.append('avatar', new Blob([PIXEL], { type: 'image/png' }), 'face.png')
  const { body } = await inbox.admin.patch(`${inbox.base}/contacts/${victim.id}`, picture)
  expect(body.payload.thumbnail).toContain('face.png')
})

interface Mallory {
  at: string
  talks: string
  pubsub_token: string
  heard: string[]
  socket: WebSocket
}

async function listen(token: string): Promise<{ heard: string[]; socket: WebSocket }> {
  const socket = new WebSocket(`${t.base.replace('http', 'ws')}/cable`)
  const heard: string[] = []
  socket.on('message', (data) => heard.push(String(data)))
  socket.once('open', () =>
    socket.send(
      JSON.stringify({
        command: 'subscribe',
        identifier: JSON.stringify({ channel: 'RoomChannel', pubsub_token: token }),
      }),
    ),
  )
  await eventually(() => heard.some((text) => text.includes('presence.update')), 'the subscription')
  return { heard, socket }
}

async function mallory(said: object = { name: 'Mallory', custom_attributes: { page: '/' } }): Promise<Mallory> {
  const { body } = await t.anyone.post(contacts, said)
  const at = `${contacts}/${body.source_id}`
  return { at, talks: `${at}/conversations`, pubsub_token: body.pubsub_token, ...(await listen(body.pubsub_token)) }
}

/** All that a visitor can get to read, after saying something in a conversation old and new. */
async function allShown({ at, talks, heard, socket }: Mallory): Promise<string> {
  const texts: string[] = []
  const add = async (answer: Promise<{ text: string }>) => void texts.push((await answer).text)
  const { body: talk } = await t.anyone.post(talks, {})
  await add(t.anyone.post(`${talks}/${talk.id}/messages`, { content: 'Hello' }))
  await inbox.admin.post(`${inbox.base}/conversations/${talk.id}/messages`, { content: 'Dear {{contact.name}}' })
  await inbox.admin.post(`${inbox.base}/conversations/${talk.id}/toggle_typing_status`, { typing_status: 'on' })
  await add(t.anyone.post(`${talks}/${talk.id}/toggle_typing`, { typing_status: 'on' }))
  await add(t.anyone.post(`${talks}/${talk.id}/update_last_seen`))
  await add(t.anyone.get(at))
  await add(t.anyone.get(talks))
  await add(t.anyone.get(`${talks}/${talk.id}`))
  await eventually(async () => (await t.anyone.get(`${talks}/${talk.id}/messages`)).body.length >= 2, 'the answer')
  await add(t.anyone.get(`${talks}/${talk.id}/messages`))
  await add(t.anyone.patch(at, { custom_attributes: { seen: true } }))
  await add(t.anyone.post(`${talks}/${talk.id}/toggle_status`))
  await eventually(() => heard.some((text) => text.includes('conversation.status_changed')), 'the frames')
  const after = await listen((await t.anyone.get(at)).body.pubsub_token)
  texts.push(...heard, ...after.heard)
  socket.close()
  after.socket.close()
  return texts.join('\n')
}

const leaks = (text: string, secrets = SECRETS) => secrets.filter((secret) => text.includes(secret))

describe('who only says the address of somebody', () => {
  const claims: [string, (m: Mallory) => Promise<{ text: string }>][] = [
    ['an e-mail address', (m) => t.anyone.patch(m.at, { email: EMAIL.toUpperCase(), name: 'Mallory' })],
    ['a telephone number', (m) => t.anyone.patch(m.at, { phone_number: PHONE, name: 'Mallory' })],
    [
      'an e-mail address, beside a proof of being somebody else',
      (m) => t.anyone.patch(m.at, { email: EMAIL, name: 'Mallory', ...proof('mallory') }),
    ],
  ]
  it.each(claims)(
    'is one contact with them for agents, and is shown and changes nothing of it: by %s',
    async (_, say) => {
      const one = await mallory()
      await t.anyone.post(one.talks, {})
      const answer = await say(one)
      const { id, name, identifier, custom_attributes } = JSON.parse(answer.text)
      expect({ id, name, identifier, custom_attributes }).toEqual({
        id: victim.id,
        name: 'Mallory',
        identifier: null,
        custom_attributes: { page: '/' },
      })
      const said = (answer.text + (await allShown(one))).replaceAll(JSON.stringify(PHONE), '')
      const isByPhone = answer.text.includes(PHONE)
      expect(
        leaks(
          said,
          SECRETS.filter((secret) => !(isByPhone && secret === PHONE)),
        ),
      ).toEqual([])
      expect(await known()).toMatchObject({
        name: 'Victoria',
        identifier: 'victoria-7',
        email: EMAIL,
        phone_number: PHONE,
        custom_attributes: { plan: 'platinum', page: '/', seen: true },
      })
    },
  )

  it('is told to agents, in the conversations there are and in those to come', async () => {
    const one = await mallory()
    const { body: old } = await t.anyone.post(one.talks, {})
    await t.anyone.patch(one.at, { email: EMAIL })
    const { body: fresh } = await t.anyone.post(one.talks, {})
    for (const { id } of [old, fresh]) {
      await eventually(async () => {
        const { body } = await inbox.admin.get(`${inbox.base}/conversations/${id}/messages`)
        return body.payload.some(
          ({ message_type: type, content }: any) =>
            type === 2 && content === `“${EMAIL}” was only claimed here: nothing proves that this visitor is Victoria.`,
        )
      }, `the line in ${id}`)
      expect((await t.anyone.get(`${one.talks}/${id}/messages`)).text).not.toContain('claimed')
    }
    one.socket.close()
  })

  it.each([
    ['e-mail address', { email: EMAIL }],
    ['telephone number', { phone_number: PHONE }],
    ['identifier', { identifier: 'victoria-7' }],
    ['e-mail address, with a proof of being somebody else', () => ({ email: EMAIL, ...proof('mallory') })],
  ])('is shown nothing where they arrive with an %s', async (_, said) => {
    const claim = typeof said === 'function' ? said() : said
    const one = await mallory({ name: 'Mallory', ...claim })
    const own = Object.values(claim) as string[]
    expect(
      leaks(
        await allShown(one),
        SECRETS.filter((secret) => !own.includes(secret)),
      ),
    ).toEqual([])
    await t.anyone.patch(one.at, { name: 'Eve', custom_attributes: { plan: 'free' } })
    expect((await t.anyone.get(one.at)).body).toMatchObject({ id: victim.id, name: 'Eve' })
    expect(await known()).toMatchObject({ name: 'Victoria', custom_attributes: { plan: 'platinum' } })
  })

  it('fills what is empty, and nobody else is shown that', async () => {
    await inbox.admin.patch(`${inbox.base}/contacts/${victim.id}`, { phone_number: null })
    const { body: place } = await inbox.admin.post(`${inbox.base}/contacts/${victim.id}/contact_inboxes`, {
      inbox_id: inbox.inbox.id,
      source_id: 'first',
    })
    const one = await mallory({ name: 'Mallory', email: EMAIL })
    await t.anyone.patch(one.at, { phone_number: '+14155550199', custom_attributes: { cart: 3 } })
    expect(await known()).toMatchObject({
      phone_number: '+14155550199',
      custom_attributes: { plan: 'platinum', cart: 3 },
    })
    const first = (await t.anyone.patch(`${contacts}/${place.source_id}`, { name: 'Victoria V.' })).body
    expect(first).toMatchObject({ name: 'Victoria V.', phone_number: null, custom_attributes: { plan: 'platinum' } })
    // Who was there before goes on to change what is theirs.
    expect((await known()).name).toBe('Victoria V.')
    one.socket.close()
  })

  it('does not use up the room for its attributes, nor learns how much there is', async () => {
    await inbox.admin.patch(`${inbox.base}/contacts/${victim.id}`, { custom_attributes: { about: 'x'.repeat(25_000) } })
    const large = { mine: 'y'.repeat(50_000) }
    const arrived = await mallory({ name: 'Mallory', email: EMAIL })
    const merged = await mallory({ name: 'Mallory', custom_attributes: large })
    for (const [one, said] of [
      [arrived, { custom_attributes: large }],
      [merged, { email: EMAIL }],
    ] as const) {
      expect(await t.anyone.patch(one.at, said)).toMatchObject({ status: 200, body: { custom_attributes: large } })
      one.socket.close()
    }
    expect(Object.keys((await known()).custom_attributes)).toEqual(['plan', 'about'])
  })

  it('gives the contact no identifier that they could prove then', async () => {
    await inbox.admin.patch(`${inbox.base}/contacts/${victim.id}`, { identifier: null })
    const one = await mallory({ name: 'Mallory', identifier: 'mallory' })
    await t.anyone.patch(one.at, { email: EMAIL, ...proof('mallory') })
    await t.anyone.get(`${one.at}?${new URLSearchParams(proof('mallory'))}`)
    expect((await known()).identifier).toBe(null)
    expect(leaks(await allShown(one))).toEqual([])
  })

  it('takes nobody along to a third one', async () => {
    const third = (await inbox.admin.post(`${inbox.base}/contacts`, { name: 'Third', email: 'third@acme.example' }))
      .body.payload.contact
    const one = await mallory({ name: 'Mallory', email: EMAIL })
    const answer = await t.anyone.patch(one.at, { email: 'third@acme.example' })
    expect(answer.body).toMatchObject({ id: victim.id, email: 'third@acme.example' })
    expect((await known()).email).toBe(EMAIL)
    expect((await known(third.id)).name).toBe('Third')
    one.socket.close()
  })
})

describe('who was somebody before them', () => {
  it('is shown nothing of those who prove it', async () => {
    const squatter = await mallory({ name: 'Mallory', identifier: 'wanda' })
    const { body: talk } = await t.anyone.post(squatter.talks, {})
    const wanda = await t.anyone.post(contacts, { name: 'Wanda', ...proof('wanda') })
    const at = `${contacts}/${wanda.body.source_id}`
    await t.anyone.patch(at, { ...proof('wanda'), name: 'Wanda', email: 'wanda@acme.example' })
    await eventually(async () => {
      const { text } = await inbox.admin.get(`${inbox.base}/conversations/${talk.id}/messages`)
      return text.includes('“wanda” was only claimed here')
    }, 'the line for agents')
    await t.anyone.patch(squatter.at, { name: 'Eve' })
    expect(leaks(await allShown(squatter), ['Wanda', 'wanda@acme.example'])).toEqual([])
    expect(await known(wanda.body.id)).toMatchObject({ name: 'Wanda', email: 'wanda@acme.example' })
    // A proof of their own ends it.
    const proven = await t.anyone.get(`${squatter.at}?${new URLSearchParams(proof('wanda'))}`)
    expect(proven.body).toMatchObject({ name: 'Wanda', email: 'wanda@acme.example' })
  })
})

describe('where a proof is mandatory', () => {
  beforeEach(async () => {
    const channel = { type: 'api', hmac_mandatory: true }
    inbox.inbox = (await inbox.admin.post(`${inbox.base}/inboxes`, { name: 'Strict', channel })).body
    contacts = `/public/api/v1/inboxes/${inbox.inbox.inbox_identifier}/contacts`
  })

  it('an address alone makes nobody somebody else', async () => {
    const made = await t.anyone.post(contacts, { name: 'Mallory', email: EMAIL, ...proof('mallory') })
    expect(made.body).toMatchObject({ name: 'Mallory', email: null })
    expect(made.body.id).not.toBe(victim.id)
    const at = `${contacts}/${made.body.source_id}`
    const claimed = await t.anyone.patch(at, {
      name: 'Eve',
      email: EMAIL,
      phone_number: PHONE,
      ...proof('mallory'),
    })
    expect(claimed.body).toMatchObject({ id: made.body.id, name: 'Eve', email: null, phone_number: null })
    expect(await known()).toMatchObject({ name: 'Victoria', email: EMAIL })
  })

  it('who proves to be somebody becomes one with them, and is shown all of it', async () => {
    const made = await t.anyone.post(contacts, { name: 'Vic', ...proof('vic') })
    const at = `${contacts}/${made.body.source_id}`
    const merged = await t.anyone.patch(at, { name: 'Vicky', email: EMAIL, ...proof('victoria-7') })
    expect(merged.body).toMatchObject({
      id: victim.id,
      name: 'Vicky',
      identifier: 'victoria-7',
      phone_number: PHONE,
      custom_attributes: { plan: 'platinum' },
    })
    expect(await known()).toMatchObject({ name: 'Vicky' })
  })
})

describe('a server that vouches', () => {
  it('by a proof when they arrive, shows a visitor whose they are', async () => {
    const { body } = await t.anyone.post(contacts, { name: 'Vic', ...proof('victoria-7') })
    expect(body).toMatchObject({ id: victim.id, name: 'Victoria', email: EMAIL, phone_number: PHONE })
  })

  it('by an agent who merges, too', async () => {
    const one = await mallory()
    const { body: mine } = await t.anyone.get(one.at)
    await inbox.admin.post(`${inbox.base}/actions/contact_merge`, {
      base_contact_id: victim.id,
      mergee_contact_id: mine.id,
    })
    expect((await t.anyone.get(one.at)).body).toMatchObject({ id: victim.id, name: 'Victoria', email: EMAIL })
    one.socket.close()
  })
})

describe('as in Chatwoot, where the operator wants it so', () => {
  const chatwoot = startTestApp({ UNVERIFIED_CONTACT_MERGE: 'chatwoot' })
  let path: string
  beforeAll(async () => {
    const { inbox: made } = await buildInbox(chatwoot)
    path = `/public/api/v1/inboxes/${made.inbox_identifier}/contacts`
  })

  it('whoever says an address is who has it', async () => {
    const { anyone } = chatwoot
    const ada = await anyone.post(path, { name: 'Ada', identifier: 'ada', email: 'ada@acme.example' })
    const found = await anyone.post(path, { email: 'ada@acme.example', name: 'Eve' })
    expect(found.body).toMatchObject({ id: ada.body.id, name: 'Ada' })
    const other = await anyone.post(path, { name: 'Eve' })
    const merged = await anyone.patch(`${path}/${other.body.source_id}`, { email: 'ada@acme.example', name: 'Eve' })
    expect(merged.body).toMatchObject({ id: ada.body.id, name: 'Eve', identifier: 'ada' })
  })
})
