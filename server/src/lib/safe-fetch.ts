import ipaddr from 'ipaddr.js'
import { lookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { Agent, Dispatcher } from 'undici'

const DEFAULT_TIMEOUT = 5000
const DEFAULT_MAX_BYTES = 1024 * 1024
/** Shorter than any server keeps a connection that it said nothing about: one that it closes meanwhile would look like a failure. */
const KEEP_ALIVE = 1000

/** Why nothing came back; the message is fit to be shown. */
export class FetchError extends Error {}

export interface FetchOptions {
  method?: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Buffer
  /** Milliseconds to connect, and again to read; 5000 by default. The whole takes at most four times that. */
  timeout?: number
  /** Bytes of the answer that are read; 1 MB by default. More is an error. */
  maxBytes?: number
  /** More than that is no error, but left unread: for who looks at the status only. */
  cutAtMax?: boolean
  /** Loopback and private networks too. */
  allowPrivateNetwork?: boolean
  /** A 303 is followed once, with GET. Other redirects never are. */
  followSeeOther?: boolean
}

export interface FetchAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** What a fetch asks about the world; a test has one of its own. */
export interface Network {
  /** Resolves names, as the system does. */
  lookup: typeof lookup
  isPublic: (address: string) => boolean
}

type SafeFetch = (address: string, options?: FetchOptions) => Promise<FetchAnswer>

/** The only way out of the server. Where an address leads is checked at the moment of connecting, not before. */
export const safeFetch = createSafeFetch({ lookup, isPublic: isPublicAddress })

export function createSafeFetch(network: Network): SafeFetch {
  const agentFor = keepAgents(network)
  return async (address, options = {}) => {
    const timeout = options.timeout ?? DEFAULT_TIMEOUT
    const abort = new AbortController()
    const deadline = setTimeout(() => abort.abort(), timeout * 4)
    const asked = { agentFor, timeout, signal: abort.signal }
    try {
      const first = await fetchOnce(parseAddress(address), options, asked)
      const { location } = first.headers
      if (first.status !== 303 || !options.followSeeOther || typeof location !== 'string') return first
      const { body: _body, ...rest } = options
      const next = { ...rest, method: 'GET' as const, headers: withoutBody(options.headers) }
      return await fetchOnce(parseAddress(location, address), next, asked)
    } finally {
      clearTimeout(deadline)
    }
  }
}

interface Asked {
  agentFor: (undici: Undici, timeout: number, allowPrivateNetwork: boolean) => Agent
  timeout: number
  signal: AbortSignal
}

async function fetchOnce(url: URL, options: FetchOptions, { agentFor, timeout, signal }: Asked): Promise<FetchAnswer> {
  try {
    const { username, password } = url
    url.username = url.password = ''
    const undici = await import('undici')
    const answer = await undici.request(url, {
      dispatcher: agentFor(undici, timeout, options.allowPrivateNetwork ?? false),
      method: options.method ?? 'GET',
      headers: { ...options.headers, ...((username || password) && { authorization: basic(username, password) }) },
      ...(options.body !== undefined && { body: options.body }),
      headersTimeout: timeout,
      bodyTimeout: timeout,
      signal,
    })
    return { status: answer.statusCode, headers: answer.headers, body: await readBody(answer, options) }
  } catch (error) {
    throw explain(error, url)
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Reads addresses as Ruby's rest-client does: one without a scheme is http. */
function parseAddress(address: string, base?: string): URL {
  const text = address.trim()
  const whole = base || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  // What a URL parser would silently drop or turn around is an error, as in Ruby.
  if (/[\s\\\0-\x1f]/.test(text) || !URL.canParse(whole, base && parseAddress(base).href)) {
    throw new FetchError(`bad URI (is not URI?): ${JSON.stringify(whole)}`)
  }
  const url = new URL(whole, base && parseAddress(base).href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FetchError(`Only http and https addresses can be called, not ${url.protocol}`)
  }
  return url
}

/** What described the body that is not sent again. */
function withoutBody(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name)))
}

async function readBody(answer: Dispatcher.ResponseData, options: FetchOptions): Promise<Buffer> {
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length
    chunks.push(chunk)
    if (size <= limit) continue
    // Leaving the loop closes the connection.
    if (options.cutAtMax) return Buffer.concat(chunks).subarray(0, limit)
    throw new FetchError(`The answer is larger than ${limit} bytes`)
  }
  return Buffer.concat(chunks)
}

class RefusedAddressError extends Error {}

/** Public addresses of the internet only; everything else is somebody's inside. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  let ip = ipaddr.parse(address)
  if (ip.kind() === 'ipv6') {
    const six = ip as ipaddr.IPv6
    if (six.isIPv4MappedAddress()) ip = six.toIPv4Address()
    // 6to4, Teredo and NAT64 carry an inner address that would be reached in the end. Of the rest, only 2000::/3 is given out.
    else return six.range() === 'unicast' && six.parts[0]! >> 13 === 1
  }
  return ip.range() === 'unicast'
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** Gives an address to connect to only if all that a name has are public: the address that was checked is the one that is called. */
function guardedLookup({ lookup: resolve, isPublic }: Network) {
  return (hostname: string, options: { all?: boolean; family?: number }, callback: LookupCallback): void => {
    resolve(hostname, { ...options, all: true } as never, (error, found) => {
      if (error) return callback(error, '')
      const addresses = found as unknown as LookupAddress[]
      if (!addresses.every(({ address }) => isPublic(address))) return callback(new RefusedAddressError(), '')
      if (options.all) return callback(null, addresses)
      callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
}

type Undici = typeof import('undici')

/** How long a connection may take is a property of the agent; callers use a handful of timeouts. */
function keepAgents(network: Network): Asked['agentFor'] {
  const agents = new Map<string, Agent>()
  return (undici, timeout, allowPrivateNetwork) => {
    const name = `${timeout} ${allowPrivateNetwork}`
    const known = agents.get(name)
    if (known) return known
    const agent = allowPrivateNetwork ? openAgent(undici, timeout) : guardedAgent(undici, timeout, network)
    agents.set(name, agent)
    return agent
  }
}

function openAgent({ Agent }: Undici, timeout: number): Agent {
  return new Agent({ connect: { timeout }, keepAliveTimeout: KEEP_ALIVE })
}

function guardedAgent({ Agent, buildConnector }: Undici, timeout: number, network: Network): Agent {
  const connect = buildConnector({ timeout, lookup: guardedLookup(network) as never })
  return new Agent({
    keepAliveTimeout: KEEP_ALIVE,
    connect(options, callback) {
      const host = options.hostname.replace(/^\[|\]$/g, '')
      // A literal address is never looked up.
      if (isIP(host) && !network.isPublic(host)) return callback(new RefusedAddressError(), null)
      connect(options, callback)
    },
  })
}

const CONNECT_PROBLEMS: Record<string, string> = {
  ECONNREFUSED: 'Connection refused',
  ENETUNREACH: 'Network is unreachable',
  EHOSTUNREACH: 'No route to host',
}

/** In the words of Chatwoot's HTTP client, which its users know from failed messages. */
function explain(error: unknown, url: URL): FetchError {
  if (error instanceof FetchError) return error
  const { code = '', name, message, cause } = error as Error & { code?: string; cause?: unknown }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const failed = `Failed to open TCP connection to ${url.hostname}:${port}`
  if (error instanceof RefusedAddressError || cause instanceof RefusedAddressError) {
    return new FetchError(
      `${url.hostname} leads to a private network, where nothing may be sent (WEBHOOK_ALLOW_PRIVATE_NETWORK)`,
    )
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return new FetchError('Timed out connecting to server')
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || name === 'AbortError') {
    return new FetchError('Timed out reading data from server')
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new FetchError(`${failed} (getaddrinfo: Name or service not known)`)
  }
  const problem = CONNECT_PROBLEMS[code]
  if (problem) return new FetchError(`${failed} (${problem} - connect(2) for "${url.hostname}" port ${port})`)
  if (code === 'ECONNRESET') return new FetchError('Connection reset by peer')
  if (code === 'UND_ERR_SOCKET' && message === 'other side closed') return new FetchError('Server broke connection')
  return new FetchError(`The server could not be reached (${code || name})`)
}
