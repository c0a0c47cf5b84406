import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Verbatim, type Node, type Shot } from './generate.ts'
import { nestedNames } from '../support/nested-names.ts'

export interface Outcome {
  /** 0: there was no answer. */
  status: number
  text: string
  from: number
  until: number
}

export const now = (): number => performance.timeOrigin + performance.now()

const EDGE = 'edge-of-a-part'
const PATIENCE = 20_000

/** What goes over the wire. */
export function written(shot: Shot): { headers: Record<string, string>; body?: Buffer } {
  if (shot.raw) return { headers: { ...shot.headers, 'content-type': shot.raw.type }, body: shot.raw.make() }
  const body: Node = shot.wrapper ? { [shot.wrapper]: shot.body } : shot.body
  const isBare = !shot.files.length && (shot.method === 'GET' || !Object.keys(shot.body as object).length)
  if (isBare) return { headers: shot.headers }
  const [type, text] =
    shot.encoding === 'json'
      ? ['application/json', jsonOf(body)]
      : shot.encoding === 'form'
        ? [
            'application/x-www-form-urlencoded',
            pairsOf(body)
              .map(([name, value]) => `${escape(name)}=${escape(value)}`)
              .join('&'),
          ]
        : [`multipart/form-data; boundary=${EDGE}`, partsOf(shot, pairsOf(body))]
  return {
    headers: { ...shot.headers, 'content-type': type },
    body: Buffer.from(text, shot.files.length ? 'latin1' : 'utf8'),
  }
}

function jsonOf(node: Node): string {
  if (node instanceof Verbatim) return node.make()
  if (Array.isArray(node)) return `[${node.map(jsonOf).join()}]`
  if (typeof node !== 'object' || node === null) return JSON.stringify(node)
  return `{${Object.entries(node)
    .map(([key, value]) => `${JSON.stringify(key)}:${jsonOf(value)}`)
    .join()}}`
}

const MOST_PAIRS = 4000

const pairsOf = (body: Node) => nestedNames(readBack(body), MOST_PAIRS)

function readBack(body: Node): unknown {
  const text = jsonOf(body)
  try {
    return JSON.parse(text)
  } catch {
    return { body: text }
  }
}

/** A half surrogate too, as bytes that are no UTF-8. */
function escape(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text).replaceAll('%5B', '[').replaceAll('%5D', ']') : '%ED%A0%80'
}

function partsOf(shot: Shot, pairs: [string, string][]): string {
  // Written byte by byte where there are files.
  const bytes = (text: string) => (shot.files.length ? Buffer.from(text).toString('latin1') : text)
  const head = (name: string) =>
    `--${EDGE}\r\ncontent-disposition: form-data; name="${bytes(name).replaceAll('"', '%22')}"`
  const fields = pairs.slice(0, 900).map(([name, value]) => `${head(name)}\r\n\r\n${bytes(value)}\r\n`)
  const files = shot.files.map(
    ({ name, filename, type, content }) =>
      `${head(name)}; filename="${filename}"\r\ncontent-type: ${type}\r\n\r\n${content}\r\n`,
  )
  return `${[...files, ...fields].join('')}--${EDGE}--\r\n`
}

const addressOf = ({ path, query }: Shot) => (query.length ? `${path}?${query.join('&')}` : path)

/** Speaks to one server over connections that stay open. */
export function createSender(base: string, headersOf: (shot: Shot) => Record<string, string>) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const { hostname, port } = new URL(base)

  const send = (shot: Shot): Promise<Outcome> =>
    new Promise((done) => {
      const { headers, body } = written(shot)
      const from = now()
      const end = (status: number, text: string) => done({ status, text, from, until: now() })
      const sent = request(
        {
          agent,
          hostname,
          port,
          method: shot.method,
          path: addressOf(shot),
          timeout: PATIENCE,
          headers: {
            accept: 'application/json',
            ...headersOf(shot),
            ...headers,
            ...(body && { 'content-length': body.length }),
          },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () => end(answer.statusCode!, Buffer.concat(chunks).toString()))
          answer.on('error', (error) => end(0, String(error)))
        },
      )
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE / 1000} s`)))
      sent.on('error', (error: NodeJS.ErrnoException) => end(0, error.code ?? error.message))
      sent.end(body)
    })

  /** Bytes as they are, to whatever answer comes soon. */
  const sendBytes = (text: string): Promise<string> =>
    new Promise((done) => {
      const chunks: Buffer[] = []
      const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(text, 'latin1')))
      const end = () => {
        socket.destroy()
        done(Buffer.concat(chunks).toString('latin1'))
      }
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('error', end)
      socket.on('close', end)
      socket.setTimeout(250, end)
    })

  return { send, sendBytes, close: () => agent.destroy() }
}

const LONG = 2000

/** How to send it again by hand; a long body is left in `folder`. */
export function curlOf(
  shot: Shot,
  base: string,
  headersOf: Record<string, string>,
  folder: string,
  number: number,
): string {
  const { headers, body } = written(shot)
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
  const all = Object.entries({ accept: 'application/json', ...headersOf, ...headers }).map(
    ([name, value]) => `-H ${quote(`${name}: ${value}`)}`,
  )
  const words = ['curl -sS -g --path-as-is', `-X ${shot.method}`, quote(base + addressOf(shot)), ...all]
  if (body) {
    const text = body.toString()
    const isPlain = body.length <= LONG && Buffer.from(text).equals(body) && !text.includes('\0')
    const file = join(folder, `body-${number}`)
    if (!isPlain) writeFileSync(file, body)
    words.push(`--data-binary ${isPlain ? quote(text.startsWith('@') ? ` ${text}` : text) : `@${file}`}`)
  }
  return words.join(' ')
}
