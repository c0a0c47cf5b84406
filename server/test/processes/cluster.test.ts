import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { WebSocket } from 'ws'
import { startCluster, type Cluster } from '../support/cluster.ts'
import { createDatabase } from '../support/stock-postgres.ts'

let cluster: Cluster
let hooks: Server
let token: string
let api: string
let account: number
let inbox: { id: number; inbox_identifier: string }
let talk: { path: string; source: string }
const delivered: { id: string; content: string }[] = []
let pictures = 0
const sockets: WebSocket[] = []

beforeAll(async () => {
  cluster = await startCluster({ databaseUrl: await createDatabase(inject('stock')) })
  hooks = createServer((request, response) => {
    // It never comes.
    if (request.url === '/picture.png') return void pictures++
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { content } = JSON.parse(Buffer.concat(chunks).toString())
      delivered.push({ id: String(request.headers['x-chatwoot-delivery']), content })
      response.end()
    })
  })
  await new Promise<void>((done) => hooks.listen(0, '127.0.0.1', done))
  const set = JSON.parse((await cluster.worker.command('setup', '--json')).stdout)
  token = set.user.access_token
  account = set.account.id
  api = `/api/v1/accounts/${account}`
  const url = `http://127.0.0.1:${(hooks.address() as { port: number }).port}/`
  await ok('POST', `${api}/webhooks`, { url, subscriptions: ['message_created'] })
  inbox = await ok('POST', `${api}/inboxes`, { name: 'Web', channel: { type: 'api' }, enable_auto_assignment: false })
  const contacts = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
  const { source_id: source } = await ok('POST', contacts, { name: 'Ada' })
  const { id } = await ok('POST', `${contacts}/${source}/conversations`, {})
  talk = { path: `${api}/conversations/${id}/messages`, source }
})
afterAll(async () => {
  for (const socket of sockets) socket.terminate()
  await cluster.stop()
  hooks.closeAllConnections()
  hooks.close()
})

const call = (method: string, path: string, body?: object, { base = cluster.base, as = token } = {}) =>
  fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json', api_access_token: as },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })

async function ok(method: string, path: string, body?: object, where?: Parameters<typeof call>[3]): Promise<any> {
  const answer = await call(method, path, body, where)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 300)}`)
  return text && JSON.parse(text)
}

/** The contents that a person's socket at `base` hears; `ended` says how often it ended, and it comes back each time. */
async function listen(base: string, person: { id: number; pubsub_token: string }) {
  const ear = { heard: [] as string[], ended: 0 }
  const identifier = JSON.stringify({
    channel: 'RoomChannel',
    pubsub_token: person.pubsub_token,
    user_id: person.id,
    account_id: account,
  })
  const open = () =>
    new Promise<void>((done) => {
      const socket = new WebSocket(`${base.replace('http', 'ws')}/cable`, 'actioncable-v1-json')
      sockets.push(socket)
      socket.on('open', () => socket.send(JSON.stringify({ command: 'subscribe', identifier })))
      socket.on('message', (data: Buffer) => {
        const { type, message } = JSON.parse(data.toString())
        if (type === 'confirm_subscription') done()
        if (message?.event === 'message.created') ear.heard.push(message.data.content)
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        ear.ended++
        setTimeout(() => void open(), 100)
      })
    })
  await open()
  return ear
}

const me = () => ok('GET', '/api/v1/profile')
let number = 0
const line = () => `line ${number++}`

it('a message sent through one process is heard at the other, and delivered once', async () => {
  const [one, two] = cluster.web.map((server) => server.base) as [string, string]
  const person = await me()
  const ears = [await listen(one, person), await listen(two, person)]
  const lines = Array.from({ length: 40 }, line)
  for (const [i, content] of lines.entries()) await ok('POST', talk.path, { content }, { base: i % 2 ? one : two })
  for (const ear of ears) await expect.poll(() => ear.heard).toEqual(lines)
  const ofLines = () => delivered.filter(({ content }) => lines.includes(content))
  await expect.poll(() => ofLines().map(({ content }) => content)).toEqual(lines)
  expect(new Set(ofLines().map(({ id }) => id)).size).toBe(lines.length)
})

it('what is asked of one process as a job is done by the worker', async () => {
  await ok('POST', `${api}/labels`, { title: 'before' })
  const [{ id }] = (await ok('GET', `${api}/labels`)).payload
  const labels = talk.path.replace('messages', 'labels')
  await ok('POST', labels, { labels: ['before'] })
  await ok('PATCH', `${api}/labels/${id}`, { title: 'after' })
  await expect.poll(async () => (await ok('GET', labels)).payload).toEqual(['after'])
})

it('a job that a killed worker had begun is done by the next', async () => {
  const address = `http://127.0.0.1:${(hooks.address() as { port: number }).port}/picture.png`
  await ok('POST', `${api}/contacts`, { name: 'Ada', avatar_url: address })
  await expect.poll(() => pictures).toBe(1)
  await cluster.worker.kill('server')
  await cluster.worker.start()
  await expect.poll(() => pictures, { timeout: 20_000 }).toBe(2)
})

it('an inbox that asks visitors for a proof asks for it at once, wherever they come in', async () => {
  const [one, two] = cluster.web.map((server) => server.base) as [string, string]
  const strict = await ok('POST', `${api}/inboxes`, { name: 'Strict', channel: { type: 'api' } })
  const contacts = `/public/api/v1/inboxes/${strict.inbox_identifier}/contacts`
  const arrive = (base: string) => call('POST', contacts, { identifier: `visitor-${number++}` }, { base })
  for (const base of [one, two]) expect((await arrive(base)).status).toBe(200)
  await ok('PATCH', `${api}/inboxes/${strict.id}`, { channel: { hmac_mandatory: true } }, { base: one })
  expect((await arrive(one)).status).toBe(401)
  await new Promise((done) => setTimeout(done, 50))
  expect((await arrive(two)).status).toBe(401)
})

it('presence and the limits of a person are the same wherever they come in', async () => {
  const [one, two] = cluster.web.map((server) => server.base) as [string, string]
  await listen(one, await me())
  await expect
    .poll(async () => (await ok('GET', `${api}/agents`, undefined, { base: two }))[0].availability_status)
    .toBe('online')
})

it('clients of a killed process miss nothing at the other, whatever they know', { timeout: 60_000 }, async () => {
  const person = await me()
  const [victim, survivor] = cluster.web as [Cluster['web'][number], Cluster['web'][number]]
  const ear = await listen(cluster.base, person)
  const other = await listen(survivor.base, person)
  const acknowledged: string[] = []
  let isWriting = true
  const write = async () => {
    while (isWriting) {
      const content = line()
      await ok('POST', talk.path, { content }).then(
        () => acknowledged.push(content),
        () => {},
      )
    }
  }
  const writers = [write(), write(), write(), write()]
  for (let round = 0; round < 3; round++) {
    for (const server of [victim, survivor]) {
      await new Promise((done) => setTimeout(done, 300 + Math.random() * 500))
      await server.kill('server')
      await new Promise((done) => setTimeout(done, 300))
      await server.start()
    }
  }
  isWriting = false
  await Promise.all(writers)
  expect(acknowledged.length).toBeGreaterThan(20)
  for (const one of [ear, other]) {
    await expect
      .poll(() => acknowledged.filter((content) => !one.heard.includes(content)), { timeout: 10_000 })
      .toEqual([])
  }
  expect(ear.ended).toBeGreaterThan(1)
  const lost = () => acknowledged.filter((content) => !delivered.some((one) => one.content === content))
  await expect.poll(lost, { timeout: 20_000 }).toEqual([])
})

// A request may meet a kept connection just as it is closed, which no server can know; clients and balancers then ask again.
it(
  'processes are restarted one after the other under load without a failed request',
  { timeout: 60_000, retry: 2 },
  async () => {
    const failed: string[] = []
    let done = 0
    let isWriting = true
    const write = async () => {
      while (isWriting) {
        await ok('POST', talk.path, { content: line() }).then(
          () => done++,
          (error: Error) => failed.push(`${error.message} ${error.cause}`),
        )
      }
    }
    const writers = [write(), write(), write(), write(), write(), write()]
    for (const server of [...cluster.web, cluster.worker]) {
      await new Promise((later) => setTimeout(later, 300))
      await server.stop()
      await server.start()
    }
    isWriting = false
    await Promise.all(writers)
    expect(failed).toEqual([])
    expect(done).toBeGreaterThan(50)
  },
)
