import type { TSchema } from 'typebox'
import { Empty, TEXT_PARAMS, type Family, type Operation } from '../http/operation.ts'

/** A document may hold all families or one. */
export type Document = 'all' | Family

const TITLES: Record<Document, string> = {
  all: 'Parley',
  application: 'Parley: Application API',
  client: 'Parley: Client API',
  platform: 'Parley: Platform API',
  auth: 'Parley: signing in',
  other: 'Parley: everything else',
}

type Json = Record<string, any>

/** OpenAPI 3.1 out of the declarations. Schemas with a title stand once, under components. */
export function buildOpenApi(operations: Operation[], document: Document = 'all'): Json {
  const components = new Map<string, Json>()
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    if (document !== 'all' && operation.family !== document) continue
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][operation.method.toLowerCase()] = describe(operation, components)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: TITLES[document],
      version: '4.10.1',
      description: 'Chatwoot 4.10 on the wire. PUT is answered wherever PATCH is.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: tagsOf(operations.filter((one) => document === 'all' || one.family === document)),
    paths: sortKeys(paths),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: { Error: ERROR, RecordInvalid: RECORD_INVALID, ...sortKeys(Object.fromEntries(components)) },
    },
  }
}

function describe(operation: Operation, components: Map<string, Json>): Json {
  return {
    operationId: operation.id,
    tags: [tagOf(operation)],
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    ...(operation.deprecated && { deprecated: true }),
    security: securityOf(operation),
    parameters: [...pathParameters(operation), ...queryParameters(operation, components)],
    ...(operation.body && { requestBody: { content: contentOf(operation, components) } }),
    responses: responsesOf(operation, components),
  }
}

function pathParameters(operation: Operation): Json[] {
  return [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: TEXT_PARAMS.has(name!) ? 'string' : 'integer' },
  }))
}

function queryParameters(operation: Operation, components: Map<string, Json>): Json[] {
  return Object.entries(operation.query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...rest } = toJsonSchema(schema as TSchema, components)
    const isList = rest.type === 'array'
    return { name: isList ? `${name}[]` : name, in: 'query', ...(description && { description }), schema: rest }
  })
}

function contentOf(operation: Operation, components: Map<string, Json>): Json {
  const fields = toJsonSchema(operation.body!, components)
  const schema = operation.wrapper
    ? { anyOf: [fields, { type: 'object', properties: { [operation.wrapper]: fields }, required: [operation.wrapper] }] }
    : fields
  const hasFile = JSON.stringify(fields).includes('"binary"')
  return { 'application/json': { schema }, ...(hasFile && { 'multipart/form-data': { schema: fields } }) }
}

function responsesOf(operation: Operation, components: Map<string, Json>): Json {
  const isEmpty = operation.reply === Empty
  const type = operation.produces ?? 'application/json'
  const success = isEmpty
    ? { description: 'Done; no body' }
    : { description: 'Done', content: { [type]: { schema: toJsonSchema(operation.reply, components) } } }
  const error = (description: string, name = 'Error') => ({
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  })
  return {
    [operation.status]: success,
    ...(operation.access !== 'nobody' && operation.access !== 'client' && { 401: error('Not signed in, or not allowed') }),
    ...(operation.path.includes(':') && { 404: error('There is no such record') }),
    ...(operation.body && { 422: error('The record would not hold', 'RecordInvalid') }),
  }
}

function securityOf(operation: Operation): Json[] {
  switch (operation.access) {
    case 'nobody':
    case 'client':
      return []
    case 'platform':
      return [{ platformAppToken: [] }]
    default:
      return [{ userToken: [] }, { session: [], client: [], uid: [] }, ...(operation.bots ? [{ agentBotToken: [] }] : [])]
  }
}

const token = (description: string) => ({ type: 'apiKey', in: 'header', name: 'api_access_token', description })
const header = (name: string) => ({ type: 'apiKey', in: 'header', name, description: 'From POST /auth/sign_in' })

const SECURITY_SCHEMES = {
  userToken: token("A user's access token: in the profile"),
  agentBotToken: token("An agent bot's access token"),
  platformAppToken: token("A platform app's access token: `parley platform-app create NAME`"),
  session: header('access-token'),
  client: header('client'),
  uid: header('uid'),
}

const ERROR = {
  title: 'Error',
  type: 'object',
  properties: { error: {}, errors: { type: 'array', items: { type: 'string' } }, status: { type: 'integer' } },
}
const RECORD_INVALID = {
  title: 'RecordInvalid',
  type: 'object',
  properties: {
    message: { type: 'string' },
    attributes: { type: 'array', items: { type: 'string' } },
    error: {},
  },
}

const FAMILY_NAMES: Record<Family, string> = {
  application: 'Application',
  client: 'Client',
  platform: 'Platform',
  auth: 'Auth',
  other: 'Other',
}

/** `conversations/messages.create` stands under "Application · messages". */
export function tagOf(operation: Operation): string {
  const noun = operation.id.split('.')[0]!.split('/').at(-1)!
  return `${FAMILY_NAMES[operation.family]} · ${noun.replaceAll('_', ' ')}`
}

function tagsOf(operations: Operation[]): Json[] {
  return [...new Set(operations.map(tagOf))].map((name) => ({ name }))
}

/** TypeBox is JSON Schema already; what has a title becomes a reference. */
function toJsonSchema(schema: TSchema, components: Map<string, Json>): Json {
  const copy = (value: unknown): any => {
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).filter(([key]) => !key.startsWith('~') && !key.startsWith('x-'))
    const { title } = value as { title?: unknown }
    const body = Object.fromEntries(entries.map(([key, item]) => [key, copy(item)]))
    if (typeof title !== 'string') return body
    const known = components.get(title)
    if (known && JSON.stringify(known) !== JSON.stringify(body)) throw new Error(`two schemas are called ${title}`)
    components.set(title, body)
    return { $ref: `#/components/schemas/${title}` }
  }
  return copy(schema)
}

function sortKeys<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
