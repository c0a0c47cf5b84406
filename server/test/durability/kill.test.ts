import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { realServer, type RealServer } from '../support/server.ts'

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 9)
const WRITERS = 4
const VICTIMS = ['server', 'database', 'both'] as const

interface Delivery {
  id: string
  event: string
  messageId: number
  conversation: number
}

/** What was acknowledged is written down here, outside of everything that is killed. */
describe('kill -9', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-kill-'))
  const ledger = new Map<number, string>()
  const deliveries: Delivery[] = []
  const heard = { old: new Set<number>(), resuming: [] as { event: number; message: number }[] }
  let server: RealServer
  let hooks: Server
  let refusing = 0
  let isOver = false

  beforeAll(async () => {
    server = await realServer(folder)
    await server.start()
    hooks = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        // Every now and then it says no.
        if (refusing++ % 97 === 11) return response.writeHead(500).end()
        const body = JSON.parse(Buffer.concat(chunks).toString())
        deliveries.push({
          id: String(request.headers['x-chatwoot-delivery']),
          event: body.event,
          messageId: body.id,
          conversation: body.conversation?.id,
        })
        response.end('{}')
      })
    })
    await new Promise<void>((done) => hooks.listen(0, '127.0.0.1', done))
  })
  afterAll(async () => {
    isOver = true
    await server.stop()
    hooks.closeAllConnections()
    hooks.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const call = async (method: string, path: string, token: string | undefined, body?: object): Promise<any> => {
    const answer = await fetch(server.base + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { api_access_token: token }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}`)
    return answer.json()
  }

  /** A socket that is made anew whenever it ends; `resume` says what it knows already. */
  function listen(
    identity: object,
    onMessage: (message: number, event: number) => void,
    resume?: () => number | undefined,
  ): void {
    const connect = () => {
      if (isOver) return
      const socket = new WebSocket(`${server.base.replace('http', 'ws')}/cable`, 'actioncable-v1-json')
      const after = resume?.()
      const identifier = JSON.stringify({ channel: 'RoomChannel', ...identity, ...(resume && { after: after ?? 0 }) })
      socket.on('open', () => socket.send(JSON.stringify({ command: 'subscribe', identifier })))
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString())
        if (frame.message?.event === 'message.created') onMessage(frame.message.data.id, frame.event_id)
      })
      socket.on('error', () => {})
      socket.on('close', () => setTimeout(connect, 50))
    }
    connect()
  }

  it(`loses nothing that was acknowledged in ${ROUNDS} rounds: no row, no webhook, no frame`, async () => {
    const set = JSON.parse((await server.command('setup', '--json')).stdout)
    const { access_token: token } = set.user
    const api = `/api/v1/accounts/${set.account.id}`
    await call('POST', `${api}/webhooks`, token, {
      url: `http://127.0.0.1:${(hooks.address() as { port: number }).port}/`,
      subscriptions: ['message_created'],
    })
    const inbox = await call('POST', `${api}/inboxes`, token, {
      name: 'Kill',
      channel: { type: 'api' },
      enable_auto_assignment: false,
    })
    const profile = await call('GET', '/api/v1/profile', token)
    const talks = await Promise.all(
      Array.from({ length: WRITERS }, async (_, i) => {
        const contacts = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
        const contact = await call('POST', contacts, undefined, { name: `Visitor ${i}` })
        const talk = await call('POST', `${contacts}/${contact.source_id}/conversations`, undefined)
        return { id: talk.id, path: `${contacts}/${contact.source_id}/conversations/${talk.id}/messages` }
      }),
    )
    const identity = { pubsub_token: profile.pubsub_token, account_id: set.account.id, user_id: profile.id }
    listen(identity, (message) => heard.old.add(message))
    listen(
      identity,
      (message, event) => heard.resuming.push({ event, message }),
      () => heard.resuming.at(-1)?.event,
    )

    let isWriting = true
    const write = async (talk: (typeof talks)[number], writer: number) => {
      for (let n = 0; isWriting; n++) {
        const content = `writer ${writer} line ${n}`
        try {
          const isVisitor = n % 2 === 0
          const message = isVisitor
            ? await call('POST', talk.path, undefined, { content })
            : await call('POST', `${api}/conversations/${talk.id}/messages`, token, { content })
          ledger.set(message.id, content)
        } catch {
          await new Promise((done) => setTimeout(done, 30))
        }
      }
    }
    const writers = talks.map(write)
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledged = ledger.size
      await eventually(() => ledger.size > acknowledged + 5, 'messages of this round', 60)
      await new Promise((done) => setTimeout(done, Math.random() * 300))
      const victim = VICTIMS[round % VICTIMS.length]!
      await server.kill(victim)
      if (victim !== 'database') await server.start()
    }
    await new Promise((done) => setTimeout(done, 500))
    isWriting = false
    await Promise.all(writers)
    expect(ledger.size).toBeGreaterThan(ROUNDS * 5)

    // Rows: each acknowledged message is there once, as it was written.
    const rows = new Map<number, string>()
    for (const talk of talks) {
      for (let after = 0; ;) {
        const { payload } = await call('GET', `${api}/conversations/${talk.id}/messages?after=${after}`, token)
        for (const message of payload) rows.set(message.id, message.content)
        if (!payload.length) break
        after = payload.at(-1).id
      }
    }
    const lost = [...ledger].filter(([id, content]) => rows.get(id) !== content)
    expect(lost).toEqual([])
    // What was written without being acknowledged, because the answer was cut off, is an event like any other.
    const written = [...rows].filter(([, content]) => content.startsWith('writer'))
    expect(new Set(written.map(([, content]) => content)).size).toBe(written.length)
    const ids = written.map(([id]) => id)

    // Webhooks: each at least once, and for one conversation in the order of writing.
    const delivered = () => new Set(deliveries.map((one) => one.messageId))
    await eventually(
      () => ids.every((id) => delivered().has(id)),
      () => `deliveries of ${ids.filter((id) => !delivered().has(id))}`,
      60,
    )
    const idsOf = new Map<number, Set<string>>()
    for (const { id, messageId } of deliveries) idsOf.set(messageId, (idsOf.get(messageId) ?? new Set()).add(id))
    expect([...idsOf.values()].filter((ids) => ids.size > 1)).toEqual([])
    for (const talk of talks) {
      const order = [...new Set(deliveries.filter((one) => one.conversation === talk.id).map((one) => one.messageId))]
      expect(order).toEqual([...order].sort((a, b) => a - b))
    }

    // Frames: an old client has each at least once, a resuming one each once.
    await eventually(
      () => ids.every((id) => heard.old.has(id)),
      () => `frames of ${ids.filter((id) => !heard.old.has(id))}`,
      60,
    )
    const resumed = () => heard.resuming.map((one) => one.message)
    await eventually(() => new Set(resumed()).size >= ids.length, 'resumed frames', 60)
    expect(ids.filter((id) => !resumed().includes(id))).toEqual([])
    expect(new Set(resumed()).size).toBe(resumed().length)
  }, 300_000)
})
