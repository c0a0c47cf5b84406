import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { NotFoundError, OutsideError, RecordInvalidError, RequestError, UnavailableError } from './errors.ts'
import { RetryLaterError } from './rate-limit.ts'
import { sendJson, sendOutside, sendOutsideJson } from './transport.ts'

/** Writes to the wire whatever a request has ended in: the one place where errors become answers. */
export function answerError(log: Logger, request: FastifyRequest, reply: FastifyReply, thrown: unknown): unknown {
  const error = thrown as Error & { code?: string; statusCode?: number }
  const operation = request.routeOptions?.config?.operation
  const outside = operation?.family === 'client' || operation?.family === 'platform'
  if (error instanceof RetryLaterError) return reply.code(429).type('text/plain').send(error.body())
  if (error instanceof RequestError) {
    if (error.headers) reply.headers(error.headers)
    if (error instanceof OutsideError && !error.json)
      return sendOutside(request, dropSession(reply), error.status, error.message, request.raw.format)
    if (error instanceof OutsideError) return sendOutsideJson(reply, error.status, error.message)
    if (error instanceof NotFoundError && outside) return sendOutsideJson(reply, 404, 'Not Found')
    if (error instanceof RecordInvalidError) {
      dropSession(reply)
      if (operation?.invalid === 'text')
        return sendJson(request, reply, 422, { error: `Validation failed: ${error.message}` })
    }
    return sendJson(request, reply, error.status, error.body())
  }
  const status = statusOfFrameworkError(error)
  if (status) return sendJson(request, dropSession(reply), status, { error: error.message })
  dropSession(reply)
  const unavailable = unavailableFor(error)
  if (unavailable) {
    log.error({ err: error, request: request.id }, unavailable.message)
    return sendJson(request, reply.header('retry-after', '1'), 503, unavailable.body())
  }
  if (UNSTORABLE.has(error.code ?? '')) {
    return sendJson(request, reply, 422, { error: 'A value that was sent cannot be stored' })
  }
  // Two wrote the same at once, and both had looked before.
  if (error.code === '23505')
    return sendJson(request, reply, 422, { error: 'A value that was sent has already been taken' })
  // PostgreSQL tells the whole row that did not hold, and with it whatever secret is in it.
  delete (error as { detail?: string }).detail
  log.error({ err: error, request: request.id, operation: operation?.id }, 'a request broke')
  return sendOutsideJson(reply, 500, 'Internal Server Error')
}

function statusOfFrameworkError(error: { code?: string; statusCode?: number }): number | undefined {
  const status = error.statusCode
  return error.code?.startsWith('FST_') && status && status >= 400 && status < 500 ? status : undefined
}

/** Wrong encodings, numbers out of range: the last net under the parameter readers. */
const UNSTORABLE = new Set(['54000', '22003', '22021', '22P02', '22P05', '22001', '22007', '22008'])

const AWAY = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  '55P03',
  '53300',
  '08006',
  '08001',
])
const FULL = new Set(['ENOSPC', 'EDQUOT', '53100'])

function unavailableFor({
  code = '',
  message = '',
}: {
  code?: string
  message?: string
}): UnavailableError | undefined {
  if (FULL.has(code)) return new UnavailableError('The disk is full right now. Please try again later.')
  if (AWAY.has(code) || /Connection terminated|timeout exceeded when trying to connect/.test(message))
    return new UnavailableError()
  return undefined
}

/** A broken record, a 400 and a 500 do not repeat the headers of a session. */
export function dropSession(reply: FastifyReply): FastifyReply {
  for (const name of ['access-token', 'token-type', 'client', 'expiry', 'uid', 'authorization'])
    reply.removeHeader(name)
  return reply
}
