import Type, { type Static, type TObject, type TSchema } from 'typebox'
import type { Context } from '../context/context.ts'
import type { UploadedFile } from '../vocabulary/files.ts'

/** Who may call: one word a reader can grep for. `agent` is any member of the account. */
export type Access = 'nobody' | 'client' | 'platform' | 'user' | 'agent' | 'administrator'

export type Family = 'application' | 'client' | 'platform' | 'auth' | 'other'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
/** Path parameters that are text; every other one is a number. */
type TextParam = 'inbox_identifier' | 'source_id' | 'conversation_uuid' | 'title'
type ParamNames<Route extends string> = Route extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Route extends `${string}:${infer Name}`
    ? Name
    : never
export type PathParams<Route extends string> = {
  [Name in ParamNames<Route>]: Name extends TextParam ? string : number
}

export const TEXT_PARAMS: ReadonlySet<string> = new Set<TextParam>([
  'inbox_identifier',
  'source_id',
  'conversation_uuid',
  'title',
])

export interface Declaration<Route extends string, Query extends TObject, Body extends TObject, Reply extends TSchema> {
  /** `resource.action`, with Chatwoot's names. */
  id: string
  route: Route
  summary: string
  description?: string
  access: Access
  /** Entered before the role is looked at, as some of Chatwoot's controllers do: what does not exist is not found, whoever asks. */
  door?: (ctx: Context, params: PathParams<Route>) => Promise<unknown>
  /** An agent bot's token may call it too. */
  bots?: true
  query?: Query
  body?: Body
  /** A body as a client would send it, for the reference and the Postman collections; held against `body` by a test. */
  example?: Static<Body>
  /** Fields without which nothing can be done: what the reference calls required. Models refuse them, never the reader of parameters. */
  needs?: readonly (keyof Static<Body> & string)[]
  /** Answers of this operation alone, by status, besides those of its family. */
  errors?: Record<number, object>
  /** The key under which Rails clients may wrap the body; a body without any known field is "param is missing". */
  wrapper?: string
  /** The fields that JSON may send flat; default all. */
  flat?: readonly string[]
  /** Held against every answer at run time, in tests and development: types do not see a key too many. */
  reply: Reply
  /** Default 200. */
  status?: number
  /** Writes run in one transaction; `false` for what hashes passwords or only reads. */
  transaction?: false
  /** Called all the time, and changes nobody's rights: remembered sign-ins outlive it (see sign-in.ts). */
  routine?: true
  /** Fields by which a client numbers what it sends: the same once more is a repeat (see repeats.ts). */
  repeatedBy?: readonly (keyof Static<Body> & string)[]
  /** How a broken record is told: `text` is `{"error":"Validation failed: …"}`. */
  invalid?: 'text'
  /** Media type of an answer that is no JSON. */
  produces?: string
  deprecated?: true
  handle: (ctx: Context, input: { params: PathParams<Route>; query: Static<Query>; body: Static<Body> }) => unknown
}

export interface Operation {
  id: string
  method: Method
  path: string
  family: Family
  summary: string
  description?: string
  access: Access
  door?: (ctx: Context, params: any) => Promise<unknown>
  bots: boolean
  query?: TObject
  body?: TObject
  example?: unknown
  needs?: readonly string[]
  errors?: Record<number, object>
  wrapper?: string
  flat?: readonly string[]
  reply: TSchema
  status: number
  transaction: boolean
  routine: boolean
  repeatedBy?: readonly string[]
  invalid: 'record' | 'text'
  produces?: string
  deprecated: boolean
  handle: (ctx: Context, input: { params: any; query: any; body: any }) => unknown
}

/** Declares an operation once: its route, sign-in, parameters, documents and table tests all come from here. */
export function operation<
  const Route extends `${Method} /${string}`,
  Query extends TObject = TObject<{}>,
  Body extends TObject = TObject<{}>,
  Reply extends TSchema = TSchema,
>(declaration: Declaration<Route, Query, Body, Reply>): Operation {
  const [method, path] = declaration.route.split(' ') as [Method, string]
  return {
    ...declaration,
    door: declaration.door as Operation['door'],
    method,
    path,
    family: familyOf(path),
    bots: declaration.bots ?? false,
    status: declaration.status ?? 200,
    transaction: declaration.transaction ?? method !== 'GET',
    routine: declaration.routine ?? false,
    invalid: declaration.invalid ?? 'record',
    deprecated: declaration.deprecated ?? false,
    handle: declaration.handle as Operation['handle'],
  }
}

export function familyOf(path: string): Family {
  if (path.startsWith('/api/')) return 'application'
  if (path.startsWith('/public/api/')) return 'client'
  if (path.startsWith('/platform/api/')) return 'platform'
  return path.startsWith('/auth') ? 'auth' : 'other'
}

/** A 200 with no body at all, as Rails' `head :ok`. */
export const Empty = Type.Unsafe<undefined>({ description: 'No body', 'x-empty': true })

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** An object of any keys, kept as sent. */
export const Bag = Type.Unsafe<Record<string, any>>({ type: 'object', additionalProperties: true })

/** A Bag that may also come as JSON text, as multipart forms send it. */
export const BagOrText = Type.Unsafe<Record<string, any>>({
  type: 'object',
  additionalProperties: true,
  'x-json-text': true,
})

/** A value of another kind is refused; elsewhere it counts as not sent. */
export const Strict = <T extends TSchema>(schema: T): T => ({ ...schema, 'x-strict': true })

export const File = Type.Unsafe<UploadedFile>({ type: 'string', format: 'binary' })

/** One of a closed list of names; input also takes the number Chatwoot stores for it. */
export function Choice<const Names extends readonly string[]>(names: Names) {
  return Type.Unsafe<Names[number]>({ type: 'string', enum: [...names] })
}

/** ISO-8601 in UTC with three digits of a second. */
export const Iso = Type.String({ format: 'date-time' })

/** Seconds since 1970. */
export const Unix = Type.Integer({ description: 'Unix time in seconds' })
