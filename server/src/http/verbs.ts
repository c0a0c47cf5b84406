import type { FastifyReply, FastifyRequest } from 'fastify'
import { stringify } from 'qs'
import { otherVerb, type OtherVerb } from './transport.ts'

/** The verb that a form names in `_method`, known only once its route was looked for. */
export function formVerb(request: FastifyRequest): OtherVerb | undefined {
  if (request.method !== 'POST' || !request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return undefined
  return otherVerb((request.body as { _method?: unknown } | undefined)?._method)
}

/** Answers a form as the verb that it names would be. */
export async function answerAs(method: OtherVerb, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const payload = stringify(request.body, { arrayFormat: 'brackets' })
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(payload)) }
  const answer = await request.server.inject({
    method,
    url: request.originalUrl,
    headers,
    payload,
    remoteAddress: request.socket.remoteAddress!,
  })
  return reply.code(answer.statusCode).headers(answer.headers).send(answer.rawPayload)
}
