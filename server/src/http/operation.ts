import Type, { type Static, type TObject, type TSchema } from 'typebox'
import type {
  AccountContext,
  ClientContext,
  Context,
  MemberContext,
  PlatformContext,
  UserContext,
  VisitorContext,
} from '../context/context.ts'
import type { UploadedFile } from '../vocabulary/files.ts'
import type { RawAnswer } from './raw-answer.ts'

/** Who may call: one word a reader can grep for. `agent` is any member of the account, `visitor` whoever stands behind the path. */
export type Access = 'nobody' | 'visitor' | 'platform' | 'user' | 'agent' | 'administrator'

export type Family = 'application' | 'client' | 'platform' | 'auth' | 'other'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
type ParamNames<Route extends string> = Route extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Route extends `${string}:${infer Name}.${string}`
    ? Name
    : Route extends `${string}:${infer Name}`
      ? Name
      : never
type PathParams<Route extends string, Text extends string> = {
  [Name in ParamNames<Route>]: Name extends Text ? string : number
}

/** What the handler is given, by who may call and by what the path names. */
type ContextFor<Who extends Access, Bots, Route extends string> = Who extends 'visitor'
  ? 'source_id' extends ParamNames<Route>
    ? VisitorContext
    : ClientContext
  : Who extends 'platform'
    ? PlatformContext
    : Who extends 'user'
      ? UserContext
      : Who extends 'agent' | 'administrator'
        ? Bots extends true
          ? AccountContext
          : MemberContext
        : Context

/** What a handler returns: what `reply` describes, nothing where that is nothing, or an answer that is no JSON. */
type Answer<Reply extends TSchema> = Static<Reply> | RawAnswer | (undefined extends Static<Reply> ? void : never)

export interface Declaration<
  Route extends string,
  Who extends Access,
  Bots extends boolean,
  Text extends ParamNames<Route>,
  Query extends TObject,
  Body extends TObject,
  Reply extends TSchema,
> {
  /** `resource.action`, with Chatwoot's names. */
  id: string
  route: Route
  summary: string
  description?: string
  access: Who
  /** Entered before the role is looked at, as some of Chatwoot's controllers do: what does not exist is not found, whoever asks. */
  door?: (ctx: ContextFor<Who, Bots, Route>, params: PathParams<Route, Text>) => Promise<unknown>
  /** An agent bot's token may call it too. */
  bots?: Bots
  /** It is about the account itself: a stranger gets 404, and suspension is not checked. */
  own?: true
  /** The parameters of the path that are text; every other one is a number. */
  text?: readonly Text[]
  query?: Query
  body?: Body
  /** A body as a client would send it, for the reference and the Postman collections; held against `body` by a test. */
  example?: Static<Body>
  /** Fields without which nothing can be done: what the reference calls required. Models refuse them, never the reader of parameters. */
  needs?: readonly (keyof Static<Body> & string)[]
  /** Answers of this operation alone, by status, besides those of its family. */
  errors?: Record<number, object>
  /** The most bytes that the text of a body may have; default by who may call. */
  bodyLimit?: number
  /** The key under which Rails clients may wrap the body; a body without any known field is "param is missing". */
  wrapper?: string
  /** The fields that JSON may send flat; default all. */
  flat?: readonly string[]
  /** Fields that stand beside the wrapper: they are none of the record's own. */
  beside?: readonly string[]
  /** Nothing at all may be sent, where that is "param is missing" otherwise. */
  mayBeEmpty?: true
  /** Held against every answer at run time, in tests and development: types do not see a key too many. */
  reply: Reply
  /** Default 200. */
  status?: number
  /** Writes run in one transaction; `false` for what hashes passwords or only reads. */
  transaction?: false
  /** Fields by which a client numbers what it sends: the same once more is a repeat (see repeats.ts). */
  repeatedBy?: readonly (keyof Static<Body> & string)[]
  /** How a broken record is told: `text` is `{"error":"Validation failed: …"}`. */
  invalid?: 'text'
  /** Media type of an answer that is no JSON. */
  produces?: string
  deprecated?: true
  /** Locks the visitor's contact before anything of theirs, as a merge does. */
  lock?: true
  handle: (
    ctx: ContextFor<Who, Bots, Route>,
    input: { params: PathParams<Route, Text>; query: Static<Query>; body: Static<Body> },
  ) => Answer<Reply> | Promise<Answer<Reply>>
}

export interface Operation {
  id: string
  method: Method
  path: string
  family: Family
  summary: string
  description?: string
  access: Access
  door?: (ctx: any, params: any) => Promise<unknown>
  bots: boolean
  own: boolean
  text: ReadonlySet<string>
  lock: boolean
  query?: TObject
  body?: TObject
  example?: unknown
  needs?: readonly string[]
  errors?: Record<number, object>
  bodyLimit: number
  /** A file stands somewhere in its body. */
  takesFiles: boolean
  wrapper?: string
  flat?: readonly string[]
  beside: readonly string[]
  mayBeEmpty: boolean
  reply: TSchema
  status: number
  transaction: boolean
  repeatedBy?: readonly string[]
  invalid: 'record' | 'text'
  produces?: string
  deprecated: boolean
  handle: (ctx: any, input: { params: any; query: any; body: any }) => unknown
}

/**
 * Of the text of a body, in bytes: from nobody in particular, from whoever is known, and where it holds a message, each of whose
 * characters may come as `\\u044f`.
 */
export const BODY_LIMITS = { stranger: 32 * 1024, known: 256 * 1024, message: 1024 * 1024 }

/** Declares an operation once: its route, sign-in, parameters, documents and table tests all come from here. */
export function operation<
  const Route extends `${Method} /${string}`,
  const Who extends Access,
  const Bots extends boolean = false,
  const Text extends ParamNames<Route> = never,
  Query extends TObject = TObject<{}>,
  Body extends TObject = TObject<{}>,
  Reply extends TSchema = TSchema,
>(declaration: Declaration<Route, Who, Bots, Text, Query, Body, Reply>): Operation {
  const [method, path] = declaration.route.split(' ') as [Method, string]
  return {
    ...declaration,
    door: declaration.door as Operation['door'],
    method,
    path,
    family: familyOf(path),
    bots: declaration.bots ?? false,
    own: declaration.own ?? false,
    bodyLimit: declaration.bodyLimit ?? BODY_LIMITS[declaration.access === 'nobody' ? 'stranger' : 'known'],
    takesFiles: JSON.stringify(declaration.body ?? {}).includes('"binary"'),
    text: new Set<string>(declaration.text),
    lock: declaration.lock ?? false,
    beside: declaration.beside ?? [],
    mayBeEmpty: declaration.mayBeEmpty ?? false,
    status: declaration.status ?? 200,
    transaction: declaration.transaction ?? method !== 'GET',
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
export const Strict = <T extends TSchema>(schema: T, problem = 'is invalid'): T => ({ ...schema, 'x-strict': problem })

export const File = Type.Unsafe<UploadedFile>({ type: 'string', format: 'binary' })

/** One of a closed list of names; input also takes the number Chatwoot stores for it. */
export function Choice<const Names extends readonly string[]>(names: Names) {
  return Type.Unsafe<Names[number]>({ type: 'string', enum: [...names] })
}

/** ISO-8601 in UTC with three digits of a second. */
export const Iso = Type.String({ format: 'date-time' })

/** Seconds since 1970. */
export const Unix = Type.Integer({ description: 'Unix time in seconds' })
