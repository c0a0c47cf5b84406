import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FetchError, isPublicAddress, safeFetch, type FetchOptions } from './safe-fetch.ts'

const met: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []

const answers: Record<string, (response: ServerResponse) => void> = {
  '/hello': (response) => response.writeHead(201, { 'x-one': '1' }).end('hello'),
  '/hang': () => {},
  '/huge': (response) => response.end(Buffer.alloc(300_000)),
  '/moved': (response) => response.writeHead(302, { location: '/hello' }).end(),
  '/see': (response) => response.writeHead(303, { location: '/hello' }).end('x'.repeat(10_000)),
  '/see-again': (response) => response.writeHead(303, { location: '/see' }).end(),
  '/see-nothing': (response) => response.writeHead(303, { location: 'http://a b/' }).end(),
  '/see-file': (response) => response.writeHead(303, { location: 'file:///etc/passwd' }).end(),
  '/cut': (response) => response.socket!.end(),
  '/drip': (response) => {
    response.writeHead(200)
    const drops = setInterval(() => response.write('.'), 50)
    response.on('close', () => clearInterval(drops))
  },
  '/stall': (response) => response.writeHead(200, { 'content-length': 10 }).write('half'),
}

let server: Server
let base = ''
let port = 0
let unused = 0

beforeAll(async () => {
  server = createHttpServer((request, response) => {
    let body = ''
    request.on('data', (data: Buffer) => (body += data.toString()))
    request.on('end', () => {
      met.push({ method: request.method!, url: request.url!, headers: request.headers, body })
      answers[request.url!]?.(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  port = (server.address() as AddressInfo).port
  base = `http://127.0.0.1:${port}`
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  unused = (silent.address() as AddressInfo).port
  await new Promise((resolve) => silent.close(resolve))
})
beforeEach(() => {
  met.length = 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const inside = (path: string, options: FetchOptions = {}) =>
  safeFetch(path.startsWith('/') ? base + path : path, { allowPrivateNetwork: true, ...options })
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no problem',
    (error: unknown) => (error instanceof FetchError ? error.message : error),
  )

describe('what comes back', () => {
  it('is status, headers and bytes', async () => {
    const { status, headers, body } = await inside('/hello', {
      method: 'POST',
      headers: { 'x-two': '2' },
      body: 'mine',
    })
    expect([status, headers['x-one'], body.toString()]).toEqual([201, '1', 'hello'])
    expect(met).toMatchObject([{ method: 'POST', body: 'mine', headers: { 'x-two': '2' } }])
  })

  it('is never more than asked for', async () => {
    expect(await problemOf(inside('/huge', { maxBytes: 1000 }))).toBe('The answer is larger than 1000 bytes')
    expect((await inside('/huge', { maxBytes: 300_000 })).body).toHaveLength(300_000)
    const cut = await inside('/huge', { maxBytes: 1000, cutAtMax: true })
    expect([cut.status, cut.body.length]).toEqual([200, 1000])
  })

  it('is read of an address without a scheme too', async () => {
    expect((await inside(`127.0.0.1:${port}/hello`)).status).toBe(201)
    expect((await inside(`localhost:${port}/hello`)).status).toBe(201)
  })
})

describe('redirects', () => {
  it('are not followed', async () => {
    expect((await inside('/moved', { followSeeOther: true })).status).toBe(302)
    expect((await inside('/see')).status).toBe(303)
    expect(met.map(({ url }) => url)).toEqual(['/moved', '/see'])
  })

  it('of kind 303 are followed once, with GET and without the body, when asked', async () => {
    const headers = { 'content-type': 'application/json', 'x-two': '2' }
    const { status } = await inside('/see', { method: 'POST', body: '{}', headers, followSeeOther: true })
    expect(status).toBe(201)
    expect(met.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/see', '{}'],
      ['GET', '/hello', ''],
    ])
    expect(met[1]!.headers).toMatchObject({ 'x-two': '2' })
    expect(met[1]!.headers['content-type']).toBeUndefined()
    expect((await inside('/see-again', { followSeeOther: true })).status).toBe(303)
  })

  it('lead to nothing that could not be called by itself', async () => {
    expect(await problemOf(inside('/see-nothing', { followSeeOther: true }))).toBe(
      'bad URI (is not URI?): "http://a b/"',
    )
    expect(await problemOf(inside('/see-file', { followSeeOther: true }))).toMatch(/^Only http and https/)
  })
})

describe('a slow host', () => {
  it('that never answers', async () => {
    expect(await problemOf(inside('/hang', { timeout: 200 }))).toBe('Timed out reading data from server')
  })

  it('that stops half way', async () => {
    expect(await problemOf(inside('/stall', { timeout: 200 }))).toBe('Timed out reading data from server')
  })

  it('that drips holds nobody longer than four times the timeout', async () => {
    const started = Date.now()
    expect(await problemOf(inside('/drip', { timeout: 200 }))).toBe('Timed out reading data from server')
    expect(Date.now() - started).toBeLessThan(2000)
  })

  it('that lets nobody in', async () => {
    const { port: full, open } = await fullQueue()
    expect(await problemOf(inside(`http://127.0.0.1:${full}/`, { timeout: 300 }))).toBe(
      'Timed out connecting to server',
    )
    await open()
  })
})

/** A listener that never accepts, its queue filled: the next connection waits. */
async function fullQueue() {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20)
    })`,
    { eval: true },
  )
  const full = await new Promise<number>((resolve) => worker.once('message', resolve))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const waiting = Array.from({ length: 4 }, () => connect(full, '127.0.0.1').on('error', () => {}))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const open = async () => {
    for (const socket of waiting) socket.destroy()
    await worker.terminate()
  }
  return { port: full, open }
}

describe('problems, in the words of Chatwoot', () => {
  it('nobody listens', async () => {
    expect(await problemOf(inside(`http://127.0.0.1:${unused}/`))).toBe(
      `Failed to open TCP connection to 127.0.0.1:${unused} (Connection refused - connect(2) for "127.0.0.1" port ${unused})`,
    )
    expect(await problemOf(inside(`http://localhost:${unused}/`))).toBe(
      `Failed to open TCP connection to localhost:${unused} (Connection refused - connect(2) for "localhost" port ${unused})`,
    )
  })

  it('no such name', async () => {
    expect(await problemOf(inside('http://no-such-host.invalid/'))).toBe(
      'Failed to open TCP connection to no-such-host.invalid:80 (getaddrinfo: Name or service not known)',
    )
  })

  it('hanging up without an answer', async () => {
    expect(await problemOf(inside('/cut'))).toMatch(/^(Server broke connection|Connection reset by peer)$/)
  })

  it.each([
    'not a url',
    'http://not a url',
    'http://127.0.0.1\\@example.test',
    'http://',
    'http://a\nb/',
    'http://[::1',
  ])('%j is no address', async (address) => {
    const whole = address.startsWith('http://') ? address : `http://${address}`
    expect(await problemOf(inside(address))).toBe(`bad URI (is not URI?): ${JSON.stringify(whole)}`)
  })

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1/'])('%s is not called', async (address) => {
    expect(await problemOf(inside(address))).toMatch(/^Only http and https addresses can be called/)
  })

  it('a name and a password in an address sign in there, and nowhere else', async () => {
    const address = `http://me:p%40ss@127.0.0.1:${port}`
    answers['/see-other-host'] = (response) =>
      response.writeHead(303, { location: `http://localhost:${port}/hello` }).end()
    for (const path of ['/hello', '/see', '/see-other-host']) await inside(address + path, { followSeeOther: true })
    const signedIn = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
    expect(met.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/hello', signedIn],
      ['/see', signedIn],
      ['/hello', signedIn],
      ['/see-other-host', signedIn],
      ['/hello', undefined],
    ])
  })
})

describe('private networks', () => {
  const loopback = [
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0177.0.0.1',
    '0x7f.1',
    '127.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
  ]
  it.each(loopback)('%s is refused, and nothing is sent', async (host) => {
    expect(await problemOf(safeFetch(`http://${host}:${port}/hello`))).toMatch(/leads to a private network/)
    expect(met).toEqual([])
  })

  it('a connection made where they are allowed does not serve a caller to whom they are not', async () => {
    expect((await inside('/hello')).status).toBe(201)
    expect(await problemOf(safeFetch(`${base}/hello`))).toMatch(/leads to a private network/)
    expect(met).toHaveLength(1)
  })

  it.each([
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.8.8.8',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::10.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::a00:1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:a00:1::',
    '3fff::1',
    '4000::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )
})
