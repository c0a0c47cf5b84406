import { createServer, request, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { WebSocket } from 'ws'
import { createCable, type Cable, type CableOptions } from './cable.ts'
import type { Claim } from './room-channel.ts'

const PROTOCOLS = ['actioncable-v1-json', 'actioncable-unsupported']
const HELLO = JSON.stringify({ event: 'message.created', data: { id: 1, content: 'Hi', account_id: 1 } })

interface World {
  server: Server
  cable: Cable
  port: number
  claims: Claim[]
  errors: string[]
}

interface Client {
  socket: WebSocket
  /** All but pings. */
  frames: any[]
  pings: any[]
  send: (value: unknown) => void
  subscribe: (identifier: unknown) => void
  until: (check: () => unknown) => Promise<void>
  /** Resolves when the server has dealt with all that was sent so far. */
  settled: () => Promise<void>
}

const worlds: World[] = []

afterEach(async () => {
  for (const { cable, server } of worlds.splice(0)) {
    await cable.close()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** Tokens are `user-7` and `contact-7`; account 1 is everybody's. */
async function start(options: Partial<CableOptions> = {}): Promise<World> {
  const claims: Claim[] = []
  const errors: string[] = []
  const cable = createCable({
    authorize: async (claim) => {
      claims.push(claim)
      const [kind, id] = claim.pubsubToken.split('-')
      const token = claim.pubsubToken
      if (claim.userId === null && kind === 'contact') {
        return { streams: [token], subject: { kind, id: Number(id), accountId: 1 }, token }
      }
      if (kind !== 'user' || claim.userId !== Number(id) || claim.accountId !== 1) return null
      return { streams: [token, 'account_1'], subject: { kind, id: Number(id), accountId: 1 }, token }
    },
    presencePayload: async ({ kind, accountId }) => ({
      account_id: accountId,
      users: Object.fromEntries(cable.presence.present(accountId, 'user').map((id) => [id, 'online'])),
      ...(kind === 'user' && { contacts: {} }),
    }),
    log: { error: (_details, text) => errors.push(text) },
    ...options,
  })
  const server = createServer((incoming, reply) => {
    let body = ''
    incoming.on('data', (chunk) => (body += chunk))
    incoming.on('end', () => reply.writeHead(404, { 'content-type': 'text/plain' }).end(`Page not found${body}`))
  })
  cable.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const world = { server, cable, port: (server.address() as AddressInfo).port, claims, errors }
  worlds.push(world)
  return world
}

function open(world: World, { path = '/cable', protocols = PROTOCOLS }: { path?: string; protocols?: string[] } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, protocols, { perMessageDeflate: false })
  const client: Client = {
    socket,
    frames: [],
    pings: [],
    send: (value) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
    subscribe: (identifier) => client.send({ command: 'subscribe', identifier: textOf(identifier) }),
    async until(check) {
      await eventually(check, () => `${check}, with ${JSON.stringify(client.frames)}`)
    },
    async settled() {
      const identifier = JSON.stringify({ channel: 'RoomChannel', pubsub_token: `contact-${++probes}` })
      const from = client.frames.length
      client.subscribe(identifier)
      await client.until(() => client.frames.slice(from).filter((f) => f.identifier === identifier).length === 2)
      client.frames = client.frames.filter((frame) => frame.identifier !== identifier)
      client.send({ command: 'unsubscribe', identifier })
    },
  }
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data))
    if (frame.type === 'ping') client.pings.push(frame)
    else client.frames.push(frame)
  })
  socket.on('error', () => {})
  return new Promise<Client>((resolve, reject) => {
    socket.once('open', () => resolve(client))
    socket.once('error', reject)
  })
}

let probes = 1_000_000

const textOf = (identifier: unknown) => (typeof identifier === 'string' ? identifier : JSON.stringify(identifier))
const user = (id: number, more = {}) => ({
  channel: 'RoomChannel',
  pubsub_token: `user-${id}`,
  account_id: 1,
  user_id: id,
  ...more,
})
const contact = (id: number, more = {}) => ({ channel: 'RoomChannel', pubsub_token: `contact-${id}`, ...more })
const kinds = (client: Client) => client.frames.map((frame) => frame.type ?? frame.message.event)
const events = (client: Client, name = 'message.created') => client.frames.filter((f) => f.message?.event === name)

async function subscribed(world: World, identifier: unknown): Promise<Client> {
  const client = await open(world)
  client.subscribe(identifier)
  await client.until(() => events(client, 'presence.update').length)
  return client
}

/** A bare socket after the handshake, for a peer that behaves as no library would. */
function handshake(world: World, headers: string[] = [], path = '/cable'): Promise<{ socket: Socket; head: string }> {
  const socket = connect(world.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      'Host: parley',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
      '\r\n',
    ].join('\r\n'),
  )
  return new Promise((resolve) => socket.once('data', (data) => resolve({ socket, head: String(data) })))
}

function masked(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value))
  return Buffer.concat([Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 255, 0, 0, 0, 0]), text])
}

describe('the handshake of the cable', () => {
  it.each([
    [PROTOCOLS, 'actioncable-v1-json'],
    [['actioncable-unsupported'], 'actioncable-unsupported'],
  ])('offered %j, answers %j', async (protocols, chosen) => {
    const client = await open(await start(), { protocols })
    expect(client.socket.protocol).toBe(chosen)
    await client.until(() => client.frames.length)
    expect(client.frames).toEqual([{ type: 'welcome' }])
  })

  it.each([[[]], [['Sec-WebSocket-Protocol: graphql-ws']], [['Sec-WebSocket-Protocol: a, a']], [['Origin: null']]])(
    'accepts %j without naming a protocol',
    async (headers) => {
      const { socket, head } = await handshake(await start(), headers)
      expect(head).toMatch(/^HTTP\/1\.1 101 /)
      expect(head).not.toMatch(/protocol:/i)
      socket.destroy()
    },
  )

  it('takes a trailing slash and a query, and no other path', async () => {
    const world = await start()
    for (const path of ['/cable/', '/cable?x=1']) expect((await open(world, { path })).socket.readyState).toBe(1)
    for (const path of ['/', '/cables', '/cable/1']) {
      expect((await handshake(world, [], path)).head).toMatch(/^HTTP\/1\.1 404 /)
    }
  })

  it('leaves plain requests to the server', async () => {
    const { port } = await start()
    const reply = await fetch(`http://127.0.0.1:${port}/cable`)
    expect([reply.status, await reply.text()]).toEqual([404, 'Page not found'])
  })

  it('leaves requests that offer another protocol to the server, body and all', async () => {
    const { port } = await start()
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
    const answer = await new Promise<string>((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path: '/api', headers }, (reply) => {
        let text = ''
        reply.on('data', (chunk) => (text += chunk))
        reply.on('end', () => resolve(`${reply.statusCode} ${text}`))
      })
      outgoing.on('error', reject)
      outgoing.write(' for')
      setTimeout(() => outgoing.end(' you'), 20)
    })
    expect(answer).toBe('404 Page not found for you')
  })

  it('works for a client that subscribes before the welcome', async () => {
    const world = await start()
    const { socket } = await handshake(world)
    let heard = ''
    socket.on('data', (data) => (heard += data))
    socket.write(masked({ command: 'subscribe', identifier: JSON.stringify(user(1)) }))
    await eventually(() => heard.includes('presence.update'), 'who is here')
    expect(heard).toContain('"type":"confirm_subscription"')
    socket.destroy()
  })
})

describe('subscribing', () => {
  it('confirms, then tells who is there', async () => {
    const world = await start()
    const client = await subscribed(world, user(1))
    const identifier = JSON.stringify(user(1))
    expect(client.frames).toEqual([
      { type: 'welcome' },
      { identifier, type: 'confirm_subscription' },
      {
        identifier,
        message: { event: 'presence.update', data: { account_id: 1, users: { 1: 'online' }, contacts: {} } },
      },
    ])
    expect(world.claims).toEqual([{ pubsubToken: 'user-1', accountId: 1, userId: 1 }])
  })

  it.each([
    [user(1, { account_id: '1', user_id: '1' }), { pubsubToken: 'user-1', accountId: 1, userId: 1 }],
    [contact(1), { pubsubToken: 'contact-1', accountId: null, userId: null }],
    [contact(1, { user_id: null }), { pubsubToken: 'contact-1', accountId: null, userId: null }],
    [contact(1, { user_id: '', account_id: 5 }), { pubsubToken: 'contact-1', accountId: 5, userId: null }],
  ])('understands %j', async (identifier, claim) => {
    const world = await start()
    await subscribed(world, identifier)
    expect(world.claims).toEqual([claim])
  })

  it.each([
    ['an unknown token', user(1, { pubsub_token: 'nobody-1' })],
    ['the token of another', user(1, { user_id: 2 })],
    ['another account', user(1, { account_id: 2 })],
    ['no account', user(1, { account_id: undefined })],
    ['a user without its id', user(1, { user_id: undefined })],
    ['an id that is none', user(1, { user_id: 'me' })],
    ['an id too large for a database', user(1, { user_id: 2 ** 40 })],
    ['a token that is none', contact(1, { pubsub_token: 'a\0b' })],
    ['another channel', user(1, { channel: 'SecretChannel' })],
    ['no JSON', 'room'],
  ])('says nothing to %s, and goes on', async (_what, identifier) => {
    const world = await start()
    const client = await open(world)
    client.subscribe(identifier)
    client.send({ command: 'message', identifier: textOf(identifier), data: '{"action":"update_presence"}' })
    await client.settled()
    expect(client.frames).toEqual([{ type: 'welcome' }])
    expect(world.cable.hub.hasListeners('account_1')).toBe(false)
    expect(world.errors).toEqual([])
  })

  it('keeps a refused identifier, and examines it anew only after it was given up', async () => {
    const world = await start()
    const client = await open(world)
    const identifier = JSON.stringify(user(1, { user_id: 2 }))
    const asked = () => world.claims.filter(({ userId }) => userId === 2).length
    client.subscribe(identifier)
    client.subscribe(identifier)
    await client.settled()
    expect(asked()).toBe(1)
    client.send({ command: 'unsubscribe', identifier })
    client.subscribe(identifier)
    await client.settled()
    expect(asked()).toBe(2)
  })

  it('confirms once, and again after an unsubscription', async () => {
    const world = await start()
    const client = await subscribed(world, user(1))
    const identifier = JSON.stringify(user(1))
    client.subscribe(identifier)
    await client.settled()
    expect(kinds(client)).toEqual(['welcome', 'confirm_subscription', 'presence.update'])
    client.send({ command: 'unsubscribe', identifier })
    await client.settled()
    expect(world.cable.hub.hasListeners('user-1')).toBe(false)
    client.subscribe(identifier)
    await client.settled()
    expect(kinds(client).filter((kind) => kind === 'confirm_subscription')).toHaveLength(2)
  })

  it('passes over what it does not understand', async () => {
    const world = await start()
    const client = await subscribed(world, user(1))
    const identifier = JSON.stringify(user(1))
    client.send('no JSON')
    client.send({ command: 'shout', identifier })
    client.send({ command: 'message', identifier, data: '{"action":"dance"}' })
    client.send({ command: 'message', identifier, data: 'no JSON' })
    client.send({ command: 'message', identifier: 'unheard of', data: '{"action":"update_presence"}' })
    client.socket.send(Buffer.from([1, 2, 3]))
    await client.settled()
    expect(kinds(client)).toEqual(['welcome', 'confirm_subscription', 'presence.update'])
  })

  it('obeys a socket in the order of its commands', async () => {
    let allow = () => {}
    const world = await start({
      authorize: async ({ pubsubToken: token }) => {
        if (token === 'user-1') await new Promise<void>((resolve) => (allow = resolve))
        return { streams: [token], subject: { kind: 'user', id: 1, accountId: 1 }, token }
      },
    })
    const client = await open(world)
    const identifier = JSON.stringify(user(1))
    client.subscribe(identifier)
    client.send({ command: 'message', identifier, data: '{"action":"update_presence"}' })
    client.send({ command: 'unsubscribe', identifier })
    await pause(50)
    expect(kinds(client)).toEqual(['welcome'])
    allow()
    await client.settled()
    expect(kinds(client)).toEqual(['welcome', 'confirm_subscription', 'presence.update', 'presence.update'])
    expect(world.cable.hub.hasListeners('user-1')).toBe(false)
  })

  it('obeys every one of a great many commands sent at once', async () => {
    const world = await start()
    const client = await subscribed(world, user(1))
    const identifier = JSON.stringify(user(1))
    for (let i = 0; i < 500; i++) client.send({ command: 'message', identifier, data: '{"action":"update_presence"}' })
    await client.until(() => events(client, 'presence.update').length === 501)
  })

  it('lets a client try again when the answer could not be found out', async () => {
    let broken = true
    const world = await start({
      authorize: async ({ pubsubToken: token }) => {
        if (broken && token === 'user-1') throw new Error('the database is gone')
        return { streams: [token], subject: { kind: 'user', id: 1, accountId: 1 }, token }
      },
    })
    const client = await open(world)
    client.subscribe(user(1))
    await client.settled()
    expect([kinds(client), world.errors]).toEqual([['welcome'], ['a cable command failed']])
    broken = false
    client.subscribe(user(1))
    await client.settled()
    expect(kinds(client)).toContain('confirm_subscription')
  })

  it('holds a hundred identifiers a socket, and not one more', async () => {
    const world = await start()
    const client = await open(world)
    for (let i = 1; i <= 101; i++) client.subscribe(contact(i))
    await client.until(() => world.cable.hub.hasListeners('contact-100'))
    client.send({ command: 'unsubscribe', identifier: JSON.stringify(contact(1)) })
    await client.settled()
    expect(world.cable.hub.hasListeners('contact-101')).toBe(false)
  })

  it('closes on a frame that is too large', async () => {
    const world = await start()
    const client = await open(world)
    const code = new Promise((resolve) => client.socket.once('close', resolve))
    client.send('x'.repeat(65 * 1024))
    expect(await code).toBe(1009)
    await client.until(() => world.cable.hub.size === 0)
  })

  it('forgets who closed while the answer was on its way', async () => {
    let allow = () => {}
    const world = await start({
      authorize: async ({ pubsubToken: token }) => {
        await new Promise<void>((resolve) => (allow = resolve))
        return { streams: [token], subject: { kind: 'user', id: 1, accountId: 1 }, token }
      },
    })
    const client = await open(world)
    client.subscribe(user(1))
    await pause(50)
    client.socket.terminate()
    await client.until(() => world.cable.hub.size === 0)
    allow()
    await pause(20)
    expect(world.cable.hub.hasListeners('user-1')).toBe(false)
  })
})

describe('presence on the cable', () => {
  it('tells all sockets of the caller, and nobody else', async () => {
    const world = await start()
    const [one, two, colleague, visitor] = [
      await subscribed(world, user(1)),
      await subscribed(world, user(1)),
      await subscribed(world, user(2)),
      await subscribed(world, contact(1)),
    ]
    expect(events(one, 'presence.update')).toHaveLength(2)
    one.send({ command: 'message', identifier: JSON.stringify(user(1)), data: '{"action":"update_presence"}' })
    await two.until(() => events(two, 'presence.update').length === 2)
    await Promise.all([one, colleague, visitor].map((client) => client.settled()))
    expect([one, two, colleague, visitor].map((client) => events(client, 'presence.update').length)).toEqual([
      3, 2, 1, 1,
    ])
    expect(events(two, 'presence.update').at(-1).message.data).toEqual({
      account_id: 1,
      users: { 1: 'online', 2: 'online' },
      contacts: {},
    })
    expect(events(visitor, 'presence.update')[0].message.data).toEqual({
      account_id: 1,
      users: { 1: 'online', 2: 'online' },
    })
    expect(world.cable.presence.isPresent(1, 'contact', 1)).toBe(true)
  })
})

describe('broadcasting', () => {
  it('sends each subscription one copy, by whichever of its streams', async () => {
    const world = await start()
    const agent = await subscribed(world, user(1))
    agent.subscribe(contact(5))
    await agent.settled()
    const stranger = await subscribed(world, contact(6))
    world.cable.hub.broadcast(['account_1', 'user-1', 'contact-5', 'nobody'], HELLO, { eventId: 9 })
    await agent.settled()
    await stranger.settled()
    expect(events(agent)).toEqual([
      { identifier: JSON.stringify(user(1)), message: JSON.parse(HELLO) },
      { identifier: JSON.stringify(contact(5)), message: JSON.parse(HELLO) },
    ])
    expect(events(stranger)).toEqual([])
  })

  it('frames what is short and what is long', async () => {
    const world = await start()
    const agent = await subscribed(world, user(1))
    const identifier = JSON.stringify(user(1))
    const around = JSON.stringify({ identifier, message: '' }).length
    for (const length of [125, 126, 127, 65_535, 65_536, 65_537]) {
      const message = 'é'.repeat(Math.max(0, (length - around) >> 1)) + 'x'.repeat(Math.max(0, (length - around) & 1))
      world.cable.hub.broadcast(['user-1'], JSON.stringify(message))
      await agent.until(() => agent.frames.at(-1).message === message)
      expect(agent.frames.at(-1)).toEqual({ identifier, message })
    }
  })

  it('leaves out whoever caused it', async () => {
    const world = await start()
    const typist = await subscribed(world, user(1))
    const reader = await subscribed(world, user(2))
    world.cable.hub.broadcast(['account_1', 'user-1'], HELLO, { except: 'user-1' })
    world.cable.hub.broadcast(['account_1', 'user-1'], HELLO)
    await typist.settled()
    await reader.settled()
    expect([events(typist).length, events(reader).length]).toEqual([1, 2])
  })

  it('knows who listens, until the socket closes', async () => {
    const { cable, ...world } = await start()
    expect(cable.hub.hasListeners('account_1')).toBe(false)
    const client = await subscribed({ cable, ...world }, user(1))
    expect(cable.hub.hasListeners('account_1')).toBe(true)
    client.socket.close()
    await client.until(() => !cable.hub.hasListeners('account_1') && !cable.hub.hasListeners('user-1'))
  })

  it('reaches a thousand sockets', async () => {
    const world = await start()
    const clients = await Promise.all(Array.from({ length: 1000 }, (_, i) => subscribed(world, user(i + 1))))
    world.cable.hub.broadcast(['account_1'], HELLO)
    for (const client of clients) await client.until(() => events(client).length)
    expect(clients.every((client) => events(client).length === 1)).toBe(true)
    for (const { socket } of clients) socket.terminate()
  })

  it('cuts a socket that never reads', async () => {
    const world = await start()
    const { socket } = await handshake(world)
    socket.write(masked({ command: 'subscribe', identifier: JSON.stringify(user(1)) }))
    const reader = await subscribed(world, user(2))
    await reader.until(() => world.cable.hub.hasListeners('user-1'))
    socket.pause()
    const large = JSON.stringify({ event: 'message.created', data: { content: 'x'.repeat(100_000) } })
    let sent = 0
    while (world.cable.hub.hasListeners('user-1') && sent < 500) {
      world.cable.hub.broadcast(['account_1'], large)
      await reader.until(() => events(reader).length === sent + 1)
      sent++
    }
    expect(sent).toBeLessThan(500)
    expect([world.cable.hub.size, events(reader).length]).toEqual([1, sent])
    socket.destroy()
  })
})

describe('resuming', () => {
  const numbered = (id: number) => JSON.stringify({ event: 'message.created', data: { id } })
  async function* later<Item>(items: Promise<Item[]>) {
    yield* await items
  }

  it('replays what was missed after the confirmation and before what came meanwhile, nothing twice', async () => {
    let answer: (past: { message: string; eventId: number }[]) => void = () => {}
    const afters: (number | undefined)[] = []
    const world = await start({
      authorize: async ({ pubsubToken: token, after }) => {
        afters.push(after)
        const subject = { kind: 'user' as const, id: 1, accountId: 1 }
        if (after === undefined) return { streams: [token], subject, token }
        const past = new Promise<{ message: string; eventId: number }[]>((resolve) => (answer = resolve))
        return { streams: [token], subject, token, replay: () => later(past) }
      },
    })
    const client = await open(world)
    const plain = await subscribed(world, user(1))
    client.subscribe(user(1, { after: 4 }))
    await client.until(() => afters.includes(4))
    await pause(20)
    for (const id of [6, 7]) world.cable.hub.broadcast(['user-1'], numbered(id), { eventId: id })
    answer([5, 6].map((id) => ({ message: numbered(id), eventId: id })))
    await client.until(() => events(client, 'presence.update').length)
    world.cable.hub.broadcast(['user-1'], numbered(8), { eventId: 8 })
    await client.until(() => events(client).length === 4)
    expect(client.frames.map((frame) => frame.type ?? frame.event_id ?? frame.message.event)).toEqual([
      'welcome',
      'confirm_subscription',
      5,
      6,
      7,
      'presence.update',
      8,
    ])
    expect(events(client).map((frame) => frame.message.data.id)).toEqual([5, 6, 7, 8])
    await plain.until(() => events(plain).length === 3)
    expect(events(plain)[0]).toEqual({ identifier: JSON.stringify(user(1)), message: JSON.parse(numbered(6)) })
  })

  it('waits for a client that is slow to read a long past', async () => {
    const past = Array.from({ length: 200 }, (_, id) => ({
      message: JSON.stringify({ event: 'message.created', data: { id, content: 'x'.repeat(50_000) } }),
      eventId: id,
    }))
    const world = await start({
      authorize: async ({ pubsubToken: token }) => ({
        streams: [token],
        subject: { kind: 'user', id: 1, accountId: 1 },
        token,
        replay: () => later(Promise.resolve(past)),
      }),
    })
    const client = await open(world)
    client.subscribe(user(1, { after: '0' }))
    client.socket.pause()
    await pause(100)
    client.socket.resume()
    await client.until(() => events(client).length === 200)
    expect(world.cable.hub.size).toBe(1)
  })

  it('sends a client away to ask again when it cannot replay', async () => {
    let broken = true
    const world = await start({
      authorize: async ({ pubsubToken: token, after }) => ({
        streams: [token],
        subject: { kind: 'user', id: 1, accountId: 1 },
        token,
        replay:
          after === undefined
            ? undefined
            : () =>
                later(
                  broken
                    ? Promise.reject(new Error('the database is gone'))
                    : Promise.resolve([{ message: HELLO, eventId: 5 }]),
                ),
      }),
    })
    const client = await open(world)
    client.subscribe(user(1, { after: 4 }))
    await new Promise((closed) => client.socket.once('close', closed))
    expect(events(client)).toEqual([])
    broken = false
    const again = await open(world)
    again.subscribe(user(1, { after: 4 }))
    await again.settled()
    expect(kinds(again)).toEqual(['welcome', 'confirm_subscription', 'message.created', 'presence.update'])
  })
})

describe('ending', () => {
  const closing = (client: Client) => new Promise<number>((resolve) => client.socket.once('close', resolve))

  it('ends the sockets of a stream at once', async () => {
    const world = await start()
    const [one, other] = [await subscribed(world, user(1)), await subscribed(world, user(2))]
    const closed = closing(one)
    expect(world.cable.hub.disconnectStream('user-1', { reason: 'unauthorized', reconnect: false })).toBe(1)
    world.cable.hub.broadcast(['account_1'], HELLO)
    await closed
    expect(one.frames.at(-1)).toEqual({ type: 'disconnect', reason: 'unauthorized', reconnect: false })
    await other.until(() => events(other).length)
    expect(events(one)).toEqual([])
    await other.until(() => world.cable.hub.size === 1)
  })

  it('ends the sockets that are picked', async () => {
    const world = await start()
    const clients = [
      await subscribed(world, user(1)),
      await subscribed(world, user(2)),
      await subscribed(world, contact(2)),
    ]
    const closed = closing(clients[1]!)
    expect(world.cable.hub.disconnectStream(({ subject }) => subject.kind === 'user' && subject.id === 2)).toBe(1)
    await closed
    await clients[0]!.until(() => world.cable.hub.size === 2)
  })

  it('asks again about a right that was taken while it was examined', async () => {
    let allow = () => {}
    let member = true
    const world = await start({
      authorize: async ({ pubsubToken: token }) => {
        const found = token === 'user-1' ? member : true
        if (token === 'user-1') await new Promise<void>((resolve) => (allow = resolve))
        return found ? { streams: [token], subject: { kind: 'user', id: 1, accountId: 1 }, token } : null
      },
    })
    const client = await open(world)
    client.subscribe(user(1))
    await pause(50)
    member = false
    world.cable.hub.disconnectStream('user-1')
    allow()
    await pause(20)
    allow()
    await client.settled()
    expect(kinds(client)).toEqual(['welcome'])
    expect(world.cable.hub.hasListeners('user-1')).toBe(false)
  })

  it('sends everybody away to come back when it closes', async () => {
    const world = await start()
    const clients = [await subscribed(world, user(1)), await open(world)]
    const closed = Promise.all(clients.map(closing))
    await world.cable.close()
    expect(await closed).toEqual([1000, 1000])
    for (const { frames } of clients) {
      expect(frames.at(-1)).toEqual({ type: 'disconnect', reason: 'server_restart', reconnect: true })
    }
    expect(world.cable.hub.size).toBe(0)
  })
})

describe('the beat', () => {
  it('pings all sockets every three seconds with the time', async () => {
    const world = await start()
    const clients = [await open(world), await open(world)]
    for (const client of clients) await client.until(() => client.pings.length === 1)
    expect(clients[0]!.pings).toEqual([{ type: 'ping', message: expect.any(Number) }])
    expect(clients[1]!.pings).toEqual(clients[0]!.pings)
    expect(Math.abs(clients[0]!.pings[0].message - Date.now() / 1000)).toBeLessThan(3)
  })

  it('ends who never answers a websocket ping, and nobody else', async () => {
    const world = await start({ beat: 10 })
    const client = await open(world)
    const { socket: dead } = await handshake(world)
    dead.resume()
    await client.until(() => world.cable.hub.size === 2)
    await client.until(() => world.cable.hub.size === 1)
    await pause(300)
    expect([client.socket.readyState, world.cable.hub.size]).toEqual([1, 1])
    dead.destroy()
  })
})
