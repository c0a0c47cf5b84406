import type { FastifyReply, FastifyRequest } from 'fastify'
import { bodyType, bytesOf, FORM_TYPE } from './bodies.ts'
import { otherVerb, type OtherVerb } from './transport.ts'

/** The verb that a form names in `_method`, known only once its route was looked for. Nothing else of the form is read. */
export async function formVerb(request: FastifyRequest, limit: number): Promise<OtherVerb | undefined> {
  if (request.method !== 'POST' || bodyType(request) !== FORM_TYPE) return undefined
  return otherVerb(methodIn(await bytesOf(request, limit)))
}

const NAME = '_method='
const LONGEST = 'DELETE'.length
const AMPERSAND = 38

function methodIn(form: Buffer): string | undefined {
  for (let at = form.indexOf(NAME); at >= 0; at = form.indexOf(NAME, at + 1)) {
    const value = at + NAME.length
    if (at === 0 || form[at - 1] === AMPERSAND) return form.toString('latin1', value, value + LONGEST + 1).split('&')[0]
  }
  return undefined
}

/** Answers a form as the verb that it names would be. */
export async function answerAs(method: OtherVerb, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await request.server.inject({
    method,
    url: request.originalUrl,
    headers: request.headers,
    payload: request.body as Buffer,
    remoteAddress: request.socket.remoteAddress!,
  })
  return reply.code(answer.statusCode).headers(answer.headers).send(answer.rawPayload)
}
