import type { FastifyReply, FastifyRequest } from 'fastify'

export function isPreflight(request: FastifyRequest): boolean {
  return Boolean(request.headers.origin && request.headers['access-control-request-method'])
}

/** Answered before anything else looks at it, and with nothing else. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, apiCors: boolean): void {
  crossOrigin(request, reply, apiCors)
  reply.removeHeader('vary').code(200).send()
}

/** The Client API and its files are for pages of everywhere; the Application API where the operator says so. */
export function crossOrigin(request: FastifyRequest, reply: FastifyReply, apiCors: boolean): void {
  const open = /^\/(public\/api|packs|audio)\//.test(request.url)
  const api = apiCors && request.url.startsWith('/api/')
  if (!open && !api) return
  reply.header('vary', 'Origin')
  if (!request.headers.origin) return
  reply.headers({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-expose-headers': api ? 'access-token, client, uid, expiry' : '',
    'access-control-max-age': '7200',
  })
  const wanted = request.headers['access-control-request-headers']
  if (wanted) reply.header('access-control-allow-headers', wanted)
}
