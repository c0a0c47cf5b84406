import ipaddr from 'ipaddr.js'
import { lookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, buildConnector, request, type Dispatcher } from 'undici'

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

/** The only way out of the server. Where an address leads is checked at the moment of connecting, not before. */
export async function safeFetch(address: string, options: FetchOptions = {}): Promise<FetchAnswer> {
  const url = parseAddress(address)
  const timeout = options.timeout ?? 5000
  const dispatcher = options.allowPrivateNetwork ? openAgent() : guardedAgent()
  const abort = new AbortController()
  const deadline = setTimeout(() => abort.abort(), timeout * 4)
  try {
    const answer = await request(url, {
      dispatcher,
      method: options.method ?? 'GET',
      headers: options.headers ?? {},
      ...(options.body !== undefined && { body: options.body }),
      headersTimeout: timeout,
      bodyTimeout: timeout,
      signal: abort.signal,
    })
    if (answer.statusCode === 303 && options.followSeeOther && typeof answer.headers.location === 'string') {
      await answer.body.dump()
      const { body: _body, ...rest } = options
      return await safeFetch(new URL(answer.headers.location, url).href, { ...rest, method: 'GET', followSeeOther: false })
    }
    const body = await readBody(answer, options.maxBytes ?? 1024 * 1024)
    return { status: answer.statusCode, headers: answer.headers, body }
  } catch (error) {
    throw explain(error, url)
  } finally {
    clearTimeout(deadline)
  }
}

function parseAddress(address: string): URL {
  const text = address.trim()
  if (!URL.canParse(text)) throw new FetchError(`bad URI (is not URI?): ${JSON.stringify(text)}`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new FetchError(`Only http and https addresses can be called, not ${url.protocol}`)
  if (url.username || url.password) throw new FetchError('An address must not carry a user name or a password')
  return url
}

async function readBody(answer: Dispatcher.ResponseData, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += (chunk as Buffer).length
    if (size > limit) {
      answer.body.destroy()
      throw new FetchError(`The answer is larger than ${limit} bytes`)
    }
    chunks.push(chunk as Buffer)
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
    // 6to4, Teredo and NAT64 carry an inner address that would be reached in the end.
    else return six.range() === 'unicast'
  }
  return ip.range() === 'unicast'
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** Resolves as the system does, and gives an address to connect to only if all it found are public. */
function guardedLookup(hostname: string, options: { all?: boolean; family?: number }, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true } as never, (error, found) => {
    if (error) return callback(error, '')
    const addresses = found as unknown as LookupAddress[]
    if (!addresses.every(({ address }) => isPublicAddress(address))) return callback(new RefusedAddressError(), '')
    if (options.all) return callback(null, addresses)
    callback(null, addresses[0]!.address, addresses[0]!.family)
  })
}

const CONNECT_TIMEOUT = 5000

let open: Agent | undefined
let guarded: Agent | undefined

const openAgent = () => (open ??= new Agent({ connect: { timeout: CONNECT_TIMEOUT }, keepAliveTimeout: 4000, connections: 16 }))

function guardedAgent(): Agent {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT, lookup: guardedLookup as never })
  return (guarded ??= new Agent({
    keepAliveTimeout: 4000,
    connections: 16,
    connect(options, callback) {
      const host = options.hostname.replace(/^\[|\]$/g, '')
      // A literal address is never looked up.
      if (isIP(host) && !isPublicAddress(host)) return callback(new RefusedAddressError(), null)
      connect(options, callback)
    },
  }))
}

/** In the words of Chatwoot's HTTP client, which its users know from failed messages. */
function explain(error: unknown, url: URL): FetchError {
  if (error instanceof FetchError) return error
  const { code, name, cause } = error as Error & { code?: string; cause?: { code?: string } }
  const place = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`
  if (error instanceof RefusedAddressError || cause instanceof RefusedAddressError) {
    return new FetchError(`${url.hostname} leads to a private network, where nothing may be sent (WEBHOOK_ALLOW_PRIVATE_NETWORK)`)
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new FetchError('Timed out connecting to server')
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || name === 'AbortError') {
    return new FetchError('Timed out reading data from server')
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new FetchError(`Failed to open TCP connection to ${place} (getaddrinfo: Name or service not known)`)
  }
  if (code === 'ECONNREFUSED' || cause?.code === 'ECONNREFUSED') {
    const port = place.slice(place.lastIndexOf(':') + 1)
    return new FetchError(`Failed to open TCP connection to ${place} (Connection refused - connect(2) for "${url.hostname}" port ${port})`)
  }
  return new FetchError(`The server could not be reached (${code ?? name})`)
}
