import type { FastifyReply, FastifyRequest } from 'fastify'
import { hash, randomUUID } from 'node:crypto'

export const SECURITY_HEADERS = {
  'x-frame-options': 'SAMEORIGIN',
  'x-xss-protection': '0',
  'x-content-type-options': 'nosniff',
  'x-download-options': 'noopen',
  'x-permitted-cross-domain-policies': 'none',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

const JSON_TYPE = 'application/json; charset=utf-8'
/** Rails' exceptions app spells the charset in capitals. */
const OUTSIDE_TYPE = 'application/json; charset=UTF-8'

/** The id a caller sent, cleaned as Rails does, or a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (typeof header !== 'string' || !header) return randomUUID()
  return header.replace(/[^A-Za-z0-9_@-]/g, '').slice(0, 255)
}

const OTHER_VERBS = ['GET', 'PUT', 'PATCH', 'DELETE'] as const
export type OtherVerb = (typeof OTHER_VERBS)[number]

/** The verb as which a POST wants to be taken. */
export function otherVerb(wanted: unknown): OtherVerb | undefined {
  return OTHER_VERBS.find((verb) => typeof wanted === 'string' && verb === wanted.toUpperCase())
}

/** Stands for a query that cannot be read; every request with it is a 400. */
export const BROKEN_QUERY: Record<string, unknown> = Object.freeze({})

/** JSON as Rails writes it: safe inside HTML. */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value)
  // Looking for single characters is several times as fast as an expression.
  return UNSAFE.some((char) => text.includes(char))
    ? text.replace(/[<>&\u2028\u2029]/g, (char) => ESCAPES[char]!)
    : text
}

const UNSAFE = ['<', '>', '&', '\u2028', '\u2029']
const ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

export function sendJson(request: FastifyRequest, reply: FastifyReply, status: number, value: unknown) {
  if (value === undefined) return sendEmpty(reply, status)
  const body = typeof value === 'string' && reply.hasHeader('content-type') ? value : writeJson(value)
  if (!reply.hasHeader('content-type')) reply.header('content-type', JSON_TYPE)
  if (status !== 200) return reply.code(status).header('cache-control', 'no-cache').send(body)
  const etag = `W/"${hash('sha256', body).slice(0, 32)}"`
  reply
    .header('etag', etag)
    .header('cache-control', reply.getHeader('cache-control') ?? 'max-age=0, private, must-revalidate')
  if (request.method === 'GET' && request.headers['if-none-match'] === etag) {
    return reply.removeHeader('content-type').code(304).send()
  }
  return reply.code(200).send(body)
}

/** 200 without a byte still says JSON, without a charset. */
export function sendEmpty(reply: FastifyReply, status: number) {
  if (status !== 204) reply.header('content-type', 'application/json')
  // Text, even none, would be given a charset.
  return reply.code(status).header('cache-control', 'no-cache').send()
}

declare module 'node:http' {
  interface IncomingMessage {
    /** Asked for by the end of the path, in the place of JSON. */
    format?: OtherFormat
  }
}

export type OtherFormat = 'xml' | 'html'

/** Answers made outside any operation: JSON only for those who ask for nothing but JSON. */
export function sendOutside(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  error: string,
  format = wantedFormat(request),
) {
  reply.code(status)
  if (format === 'json') return reply.header('content-type', OUTSIDE_TYPE).send(JSON.stringify({ status, error }))
  if (format === 'xml') {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<hash>\n  <status type="integer">${status}</status>\n  <error>${error}</error>\n</hash>\n`
    return reply.header('content-type', 'application/xml; charset=UTF-8').send(xml)
  }
  reply.header('content-type', 'text/html; charset=UTF-8')
  return status === 404 ? reply.headers(NOT_FOUND_POLICY).send(NOT_FOUND_PAGE) : reply.headers(EMPTY_POLICY).send('')
}

/** The same for the families whose records answer so whatever the Accept header says. */
export function sendOutsideJson(reply: FastifyReply, status: number, error: string) {
  return reply.code(status).header('content-type', OUTSIDE_TYPE).send(JSON.stringify({ status, error }))
}

function wantedFormat(request: FastifyRequest): OtherFormat | 'json' {
  const accept = request.headers.accept ?? '*/*'
  const browser = accept.includes('*/*') && request.headers['x-requested-with'] !== 'XMLHttpRequest'
  if (!browser && accept.includes('application/json')) return 'json'
  return accept.startsWith('application/xml') ? 'xml' : 'html'
}

/** What a page may load: nothing but the styles that stand in it. */
export function policyOf(page: string): { 'content-security-policy': string } {
  const styles = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map(([, style]) => ` 'sha256-${digestOf(style!)}'`)
  const style = styles.length ? `style-src${styles.join('')}; ` : ''
  return {
    'content-security-policy': `default-src 'none'; ${style}img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}

const digestOf = (text: string) => hash('sha256', text, 'base64')

const NOT_FOUND_PAGE = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Page not found</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;place-content:center;min-height:100vh;margin:0;text-align:center}</style>
</head><body><h1>Page not found</h1><p>There is nothing at this address.</p></body></html>
`

const NOT_FOUND_POLICY = policyOf(NOT_FOUND_PAGE)
/** Of a page that says nothing. */
export const EMPTY_POLICY = policyOf('')
