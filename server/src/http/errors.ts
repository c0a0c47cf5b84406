import { isTooLarge, sizeOf, TOO_LARGE } from '../lib/bag.ts'
import { isLonger } from '../lib/text.ts'

/** What a request may end in. Thrown anywhere, written to the wire once, by `mount.ts`. */
export abstract class RequestError extends Error {
  constructor(message?: string) {
    // It is an answer, not a fault: nobody reads its stack, and taking one is most of its cost.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }

  abstract readonly status: number
  /** Beside those every answer has. */
  readonly headers?: Record<string, string>
  /** The body of an Application API answer; the Client and Platform families word 404 in their own way. */
  abstract body(): unknown
}

/** Nobody is signed in, or the session is over. */
export class NotSignedInError extends RequestError {
  readonly status = 401
  body() {
    return { errors: ['You need to sign in or sign up before continuing.'] }
  }
}

/** Signed in, but not allowed. Chatwoot says 401 here, never 403. */
export class NotAuthorizedError extends RequestError {
  readonly status = 401
  constructor(message = 'You are not authorized to do this action') {
    super(message)
  }
  body() {
    return { error: this.message }
  }
}

/** A platform app reaches what it made or was granted. The body is Chatwoot's; which grant is missing stands in a header. */
export class MissingGrantError extends NotAuthorizedError {
  override readonly headers: Record<string, string>
  constructor(grant: string) {
    super('Non permissible resource')
    this.headers = { 'x-missing-grant': grant }
  }
}

export class NotFoundError extends RequestError {
  readonly status = 404
  constructor(message = 'Resource could not be found') {
    super(message)
  }
  body(): unknown {
    return { error: this.message }
  }
}

/** A 404 without a body. */
export class EmptyNotFoundError extends NotFoundError {
  override body() {
    return undefined
  }
}

/** A record that does not hold; `problems` are full sentences by attribute, in order. */
export class RecordInvalidError extends RequestError {
  readonly status = 422
  readonly problems: [attribute: string, message: string][]
  constructor(problems: [attribute: string, message: string][]) {
    super(problems.map(([, message]) => message).join(', '))
    this.problems = problems
  }
  body() {
    return { message: this.message, attributes: [...new Set(this.problems.map(([attribute]) => attribute))] }
  }
}

export class MissingParamError extends RequestError {
  readonly status = 422
  constructor(key: string) {
    super(`param is missing or the value is empty: ${key}`)
  }
  body() {
    return { error: this.message }
  }
}

/** Any other refusal with one sentence. */
export class RefusedError extends RequestError {
  readonly status: number
  readonly #body: unknown
  constructor(status: number, body: unknown) {
    super(typeof body === 'object' && body && 'error' in body ? String(body.error) : `refused with ${status}`)
    this.status = status
    this.#body = body
  }
  body() {
    return this.#body
  }
}

/** What Rails answers outside of its controllers: `{status, error}`, JSON only for whoever asks for it. */
export class OutsideError extends RequestError {
  readonly status: number
  /** Whatever the Accept header says. */
  readonly json: boolean
  constructor(status: number, error: string, { json = false } = {}) {
    super(error)
    this.status = status
    this.json = json
  }
  body() {
    return { status: this.status, error: this.message }
  }
}

export const badRequest = () => new OutsideError(400, 'Bad Request')

export const unprocessable = (error: string) => new RefusedError(422, { error })

/** For a field that the operation knows, with a value that it cannot take. */
export const invalidField = (attribute: string, problem: string) =>
  new RecordInvalidError([[attribute, `${humanize(attribute)} ${problem}`]])

/** What is wrong with texts that have more characters than they may. */
export function lengthProblems(values: object, limits: Record<string, number>): [string, string][] {
  return Object.entries(limits).flatMap(([attribute, most]): [string, string][] => {
    const text = (values as Record<string, unknown>)[attribute]
    if (typeof text !== 'string' || !isLonger(text, most)) return []
    return [[attribute, `${humanize(attribute)} is too long (maximum is ${most} characters)`]]
  })
}

/** What is wrong with bags that were added to. One that was too large already may become smaller. */
export function bagProblems(values: object, before: object = {}): [string, string][] {
  return Object.entries(values).flatMap(([attribute, bag]): [string, string][] => {
    if (typeof bag !== 'object' || !isTooLarge(bag)) return []
    const old = (before as Record<string, unknown>)[attribute]
    if (sizeOf(bag).bytes < sizeOf(old).bytes) return []
    return [[attribute, `${humanize(attribute)} ${TOO_LARGE}`]]
  })
}

/** `phone_number` → `Phone number`, as Rails writes attributes in its messages. */
export function humanize(attribute: string): string {
  const words = attribute.replace(/_id$/, '').replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Waiting helps: the database is away, or the disk is full. */
export class UnavailableError extends RequestError {
  readonly status = 503
  constructor(message = 'The database cannot be reached right now. Please try again in a moment.') {
    super(message)
  }
  body() {
    return { error: this.message }
  }
}
