import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { realServer, type RealServer } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'parley-neighbours-'))
let server: RealServer
let token: string
let api: string
let messages: string

beforeAll(async () => {
  server = await realServer(folder)
  await server.start()
  const set = JSON.parse((await server.command('setup', '--json')).stdout)
  token = set.user.access_token
  api = `/api/v1/accounts/${set.account.id}`
  const { id: inbox } = await answerOf('POST', `${api}/inboxes`, { name: 'API', channel: { type: 'api' } })
  const { payload } = await answerOf('POST', `${api}/contacts`, { name: 'Ada', inbox_id: inbox })
  const { id } = await answerOf('POST', `${api}/conversations`, {
    inbox_id: inbox,
    source_id: payload.contact_inbox.source_id,
  })
  messages = `${api}/conversations/${id}/messages`
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const call = (method: string, path: string, body?: object) =>
  fetch(server.base + path, {
    method,
    headers: { 'content-type': 'application/json', api_access_token: token },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })
const answerOf = async (method: string, path: string, body?: object): Promise<any> =>
  (await call(method, path, body)).json()

it('sockets that drip, or say nothing, hinder nobody', async () => {
  const { port } = new URL(server.base)
  const drips: Socket[] = []
  for (let i = 0; i < 300; i++) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
    socket.write(
      i % 3 ? `POST ${messages} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n${i % 2 ? '\r\n{' : 'x-'}` : 'G',
    )
    drips.push(socket)
  }
  expect((await call('POST', messages, { content: 'beside them' })).status).toBe(200)
  for (const socket of drips) socket.destroy()
})

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 400],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['an address of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ['a header of 20 KB', `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['bytes that are no text', Buffer.from('GET /\xff\xfe HTTP/1.1\r\nhost: x\r\nx: \xff\x80\r\n\r\n', 'latin1'), 400],
  ['an unknown method', 'BREW /api HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['a broken escape', 'GET /api/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
])('%s is refused', async (_, bytes, status) => {
  const answer = await new Promise<string>((done) => {
    let text = ''
    connect(Number(new URL(server.base).port), '127.0.0.1')
      .on('data', (data) => (text += data.toString('latin1')))
      .on('error', () => {})
      .on('close', () => done(text))
      .write(bytes)
  })
  expect(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])).toBe(status)
})

it('a paused database is a 503 in bounded time, and work goes on with it', { timeout: 60_000 }, async () => {
  const postmaster = server.postmaster()
  const all = [
    postmaster,
    ...spawnSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map(Number),
  ]
  const signal = (name: NodeJS.Signals) => all.forEach((pid) => process.kill(pid, name))
  signal('SIGSTOP')
  const started = Date.now()
  try {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        i % 2 ? call('POST', messages, { content: 'paused' }) : call('GET', messages),
      ),
    )
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([503]))
    expect(answers[0]!.headers.get('retry-after')).toBe('1')
    expect(Date.now() - started).toBeLessThan(15_000)
    expect((await call('GET', '/health')).status).toBe(200)
  } finally {
    signal('SIGCONT')
  }
  await expect
    .poll(async () => (await call('POST', messages, { content: 'again' })).status, { timeout: 10_000 })
    .toBe(200)
})

it('a server that is told to stop answers all that it has taken', { timeout: 60_000 }, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const ids: number[] = []
  const broken: string[] = []
  let isRunning = true
  const write = () =>
    new Promise<void>((done) => {
      const body = JSON.stringify({ content: 'under way' })
      const headers = { api_access_token: token, 'content-type': 'application/json', 'content-length': body.length }
      const sent = request(server.base + messages, { agent, method: 'POST', headers }, (answer) => {
        let text = ''
        answer.on('data', (data: Buffer) => (text += data.toString()))
        answer.on('error', (error: Error) => broken.push(`in the answer: ${error.message}`))
        answer.on('close', () => {
          if (answer.statusCode === 200) ids.push(JSON.parse(text).id)
          else broken.push(`${answer.statusCode} ${text}`)
          done()
        })
      })
      sent.on('error', (error) => {
        // Where nobody listens any more, nothing was taken.
        if (sent.reusedSocket) broken.push(`on an open connection: ${error.message}`)
        isRunning = false
        done()
      })
      sent.end(body)
    })
  const writers = Array.from({ length: 8 }, async () => {
    while (isRunning) await write()
  })
  await new Promise((done) => setTimeout(done, 500))
  expect(await server.stop()).toBe(0)
  await Promise.all(writers)
  agent.destroy()
  expect(broken).toEqual([])
  expect(ids.length).toBeGreaterThan(10)
  await server.start()
  const { payload } = await answerOf('GET', `${messages}?after=${Math.min(...ids) - 1}`)
  const kept = new Set(payload.map((message: { id: number }) => message.id))
  expect(ids.slice(0, 20).filter((id) => !kept.has(id))).toEqual([])
})
