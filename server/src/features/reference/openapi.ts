import { STATUS_CODES } from 'node:http'
import type { TSchema } from 'typebox'
import { Empty, type Family, type Operation } from '../../http/operation.ts'
import { fits } from './example.ts'
import { FIELDS, NOUNS, PARAMETERS } from './glossary.ts'

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

/** OpenAPI 3.1 out of the declarations. Schemas with a title, and common answers, stand once under components. */
export function buildOpenApi(operations: Operation[], document: Document = 'all'): Json {
  const own = operations.filter((one) => document === 'all' || one.family === document)
  const components = new Map<string, Json>()
  const paths: Record<string, Json> = {}
  for (const operation of own) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][operation.method.toLowerCase()] = describe(operation, components)
  }
  const used = JSON.stringify(paths)
  const isUsed = (kind: string) => (name: string) =>
    used.includes(kind === 'securitySchemes' ? `"${name}":[]` : `#/components/${kind}/${name}"`)
  return {
    openapi: '3.1.0',
    info: {
      title: TITLES[document],
      version: '4.10.1',
      description: [...introductionsOf(own), COMMON].join('\n\n'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that serves this reference' }],
    tags: tagsOf(own),
    ...(document === 'all' && { 'x-tagGroups': tagGroupsOf(own) }),
    paths: sortKeys(paths),
    components: {
      securitySchemes: pick(SECURITY_SCHEMES, isUsed('securitySchemes')),
      responses: pick(RESPONSES, isUsed('responses')),
      schemas: { Error: ERROR, RecordInvalid: RECORD_INVALID, ...sortKeys(Object.fromEntries(components)) },
    },
  }
}

function describe(operation: Operation, components: Map<string, Json>): Json {
  return {
    operationId: operation.id,
    tags: [tagOf(operation)],
    summary: operation.summary,
    ...(aboutOf(operation) && { description: aboutOf(operation) }),
    ...(operation.deprecated && { deprecated: true }),
    security: securityOf(operation),
    parameters: [
      ...pathParameters(operation),
      ...queryParameters(operation, components),
      ...headerParameters(operation),
    ],
    ...(operation.body && { requestBody: { content: contentOf(operation, components) } }),
    responses: responsesOf(operation, components),
  }
}

/** What is to be known of an operation, and who may call it. */
export const aboutOf = ({ description, access, bots }: Operation) =>
  [description, access === 'administrator' && 'For administrators only.', bots && 'Bots may call it too.']
    .filter(Boolean)
    .join(' ')

function headerParameters({ method, transaction }: Operation): Json[] {
  if (method !== 'POST' || !transaction) return []
  const description =
    'Any text of your own: the same request under it once more, within a day, has no effect and the same answer'
  return [
    { name: 'Idempotency-Key', in: 'header', required: false, description, schema: { type: 'string', maxLength: 255 } },
  ]
}

function pathParameters(operation: Operation): Json[] {
  return [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => {
    const noun = nounOf(operation)
    const [description, example] =
      name === 'id'
        ? operation.text.has('id')
          ? PARAMETERS.slug!
          : idOf(noun)
        : (PARAMETERS[name!] ?? FIELDS[name!] ?? [])
    const schema = { type: operation.text.has(name!) ? 'string' : 'integer' }
    return { name, in: 'path', required: true, description, schema, ...(example !== undefined && { example }) }
  })
}

const idOf = (noun: string): [string, number] =>
  noun === 'conversations'
    ? (PARAMETERS.conversation_id as [string, number])
    : [`The id of the ${noun.replaceAll('_', ' ').replace(/s$/, '')}`, 1]

function queryParameters(operation: Operation, components: Map<string, Json>): Json[] {
  return Object.entries(operation.query?.properties ?? {}).map(([name, schema]) => {
    const { description = PARAMETERS[name]?.[0] ?? FIELDS[name]?.[0], ...rest } = toJsonSchema(
      schema as TSchema,
      components,
    )
    const isList = rest.type === 'array'
    return { name: isList ? `${name}[]` : name, in: 'query', ...(description && { description }), schema: rest }
  })
}

function contentOf(operation: Operation, components: Map<string, Json>): Json {
  const fields = { ...toJsonSchema(operation.body!, components), ...(operation.needs && { required: operation.needs }) }
  const { wrapper } = operation
  const wrapped = wrapper && wrappedIn(wrapper, fields, operation)
  const isFlat = !operation.flat || operation.flat.length > 0
  const schema = !wrapped
    ? fields
    : isFlat
      ? {
          anyOf: [
            { ...fields, title: 'As it is' },
            { ...wrapped, title: `Under "${wrapper}"` },
          ],
        }
      : wrapped
  const example = exampleOf(operation)
  return {
    'application/json': { schema, ...(example !== undefined && { example }) },
    ...(operation.takesFiles && { 'multipart/form-data': { schema: fields } }),
  }
}

function wrappedIn(wrapper: string, fields: Json, { beside, mayBeEmpty }: Operation): Json {
  const parts = Object.entries(fields.properties as Json)
  const part = (isBeside: boolean) => Object.fromEntries(parts.filter(([name]) => beside.includes(name) === isBeside))
  const properties = { [wrapper]: { ...fields, properties: part(false) }, ...part(true) }
  return { type: 'object', properties, ...(!mayBeEmpty && { required: [wrapper] }) }
}

/** A body that is only taken under the name of its record is shown so. */
export const exampleOf = ({ example, wrapper, flat }: Operation): unknown =>
  wrapper && flat && example ? { [wrapper]: example } : example

function responsesOf(operation: Operation, components: Map<string, Json>): Json {
  const isEmpty = operation.reply === Empty
  const type = operation.produces ?? 'application/json'
  const success = isEmpty
    ? { description: 'Done; no body' }
    : { description: 'Done', content: { [type]: { schema: toJsonSchema(operation.reply, components) } } }
  const outside = operation.family === 'client' || operation.family === 'platform'
  const ref = (name: string) => ({ $ref: `#/components/responses/${name}` })
  const isOpen = operation.access === 'nobody' || operation.access === 'visitor'
  return {
    [operation.status]: success,
    ...(operation.body && { 400: ref('BadRequest') }),
    ...(!isOpen && { 401: ref(operation.access === 'platform' ? 'PlatformUnauthorized' : 'Unauthorized') }),
    ...(operation.path.includes(':') && { 404: ref(outside ? 'OutsideNotFound' : 'NotFound') }),
    ...(operation.body && {
      413: ref('TooLarge'),
      422: ref(operation.invalid === 'text' ? 'TextInvalid' : operation.wrapper ? 'WrappedInvalid' : 'Invalid'),
    }),
    ...Object.fromEntries(
      Object.entries(operation.errors ?? {}).map(([status, body]) => [
        status,
        refusal(STATUS_CODES[status]!, { refused: body }),
      ]),
    ),
    429: ref('TooManyRequests'),
  }
}

/** An answer that refuses, with the bodies it may have. */
function refusal(
  description: string,
  bodies: Record<string, object>,
  schema: 'Error' | 'RecordInvalid' = 'Error',
): Json {
  const examples = Object.fromEntries(Object.entries(bodies).map(([name, value]) => [name, { value }]))
  return {
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, examples } },
  }
}

const INVALID = { message: "Name can't be blank", attributes: ['name'] }

const RESPONSES = {
  BadRequest: refusal('The body is not JSON', { malformed: { status: 400, error: 'Bad Request' } }),
  TooLarge: refusal('The body, or a file in it, is larger than this operation takes', {
    too_large: { error: 'The body is larger than the 262144 bytes it may have' },
  }),
  Unauthorized: refusal('Not signed in, or not allowed: there is no 403', {
    no_token: { errors: ['You need to sign in or sign up before continuing.'] },
    wrong_token: { error: 'Invalid Access Token' },
    not_a_member: { error: 'You are not authorized to access this account' },
    not_allowed: { error: 'You are not authorized to do this action' },
    not_for_bots: { error: 'Access to this endpoint is not authorized for bots' },
  }),
  PlatformUnauthorized: refusal('No token of a platform app, or one that was not granted this record', {
    wrong_token: { error: 'Invalid access_token' },
    not_granted: { error: 'Non permissible resource' },
  }),
  NotFound: refusal('There is no such record, or the caller may not see it', {
    not_found: { error: 'Resource could not be found' },
  }),
  OutsideNotFound: refusal('There is no such record', { not_found: { status: 404, error: 'Not Found' } }),
  Invalid: refusal('The record would not hold', { invalid: INVALID }, 'RecordInvalid'),
  WrappedInvalid: refusal(
    'The record would not hold, or no field of it was sent',
    { invalid: INVALID, nothing_sent: { error: 'param is missing or the value is empty: name' } },
    'RecordInvalid',
  ),
  TextInvalid: refusal('The record would not hold', {
    invalid: { error: "Validation failed: Content can't be blank" },
  }),
  TooManyRequests: {
    description: 'Too many requests: wait a minute',
    content: { 'text/plain': { schema: { type: 'string' }, example: 'Retry later\n' } },
  },
}

function securityOf(operation: Operation): Json[] {
  switch (operation.access) {
    case 'nobody':
    case 'visitor':
      return []
    case 'platform':
      return [{ platformAppToken: [] }]
    default:
      return [
        { userToken: [] },
        { session: [], client: [], uid: [] },
        ...(operation.bots ? [{ agentBotToken: [] }] : []),
      ]
  }
}

const token = (description: string) => ({ type: 'apiKey', in: 'header', name: 'api_access_token', description })
const header = (name: string) => ({
  type: 'apiKey',
  in: 'header',
  name,
  description: 'From POST /auth/sign_in; the three go together',
})

const SECURITY_SCHEMES = {
  userToken: token("A user's access token: in their profile, and printed by `parley user create`"),
  agentBotToken: token("An agent bot's access token: in the answer that made the bot"),
  platformAppToken: token("A platform app's access token: printed by `parley platform-app create NAME`"),
  session: header('access-token'),
  client: header('client'),
  uid: header('uid'),
}

const ERROR = {
  title: 'Error',
  type: 'object',
  description: 'What went wrong, in one of the forms that the examples show',
  properties: {
    error: { type: 'string', description: 'One sentence' },
    errors: { type: 'array', items: { type: 'string' }, description: 'Or several' },
    message: { type: 'string' },
    status: { type: ['integer', 'string'], description: 'The status of the answer, once more' },
    success: { type: 'boolean', description: '`false`, when it stands there' },
  },
}
const RECORD_INVALID = {
  title: 'RecordInvalid',
  type: 'object',
  properties: {
    message: { type: 'string', description: 'All that does not hold, in sentences' },
    attributes: { type: 'array', items: { type: 'string' }, description: 'The fields that do not hold' },
    error: { type: 'string', description: 'In place of both, where the request was refused as a whole' },
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
export const tagOf = (operation: Operation) =>
  `${FAMILY_NAMES[operation.family]} · ${nounOf(operation).replaceAll('_', ' ')}`

const titleOf = (noun: string) => noun[0]!.toUpperCase() + noun.slice(1).replaceAll('_', ' ')

const nounOf = (operation: Operation) => operation.id.split('.')[0]!.split('/').at(-1)!

function tagsOf(operations: Operation[]): Json[] {
  const tags = new Map(operations.map((one) => [tagOf(one), nounOf(one)]))
  return [...tags].map(([name, noun]) => ({ name, 'x-displayName': titleOf(noun), description: NOUNS[noun] }))
}

function tagGroupsOf(operations: Operation[]): Json[] {
  const tags = (family: Family) => [...new Set(operations.filter((one) => one.family === family).map(tagOf))]
  return (Object.keys(FAMILY_NAMES) as Family[]).map((family) => ({ name: FAMILY_NAMES[family], tags: tags(family) }))
}

const introductionsOf = (operations: Operation[]) =>
  (Object.keys(INTRODUCTIONS) as Family[])
    .filter((family) => operations.some((one) => one.family === family))
    .map((family) => INTRODUCTIONS[family])

const INTRODUCTIONS: Partial<Record<Family, string>> = {
  application:
    '**Application API** (`/api/v1/…`): what agents, administrators and bots do. Send `api_access_token: TOKEN`, the token of a user (in their profile) or of a bot. `account_id` is in `GET /api/v1/profile`.',
  client:
    '**Client API** (`/public/api/v1/…`): what a visitor does in an inbox of kind API. No token: the address holds the `inbox_identifier` and the `source_id` of the contact, which is a secret of that visitor. Make a contact, open a conversation, write messages; answers come on `/cable` under the `pubsub_token` of the contact.',
  platform:
    '**Platform API** (`/platform/api/v1/…`): what the owner of the installation does: accounts, users and bots. Send `api_access_token: TOKEN` with the token of a platform app. An app may touch what it made itself, and what `parley platform-app grant` gave it; that holds for every account, user and bot that a path or a body names.',
  auth: '**Signing in** (`/auth/…`): a session for people with a password. Programs use a token instead.',
}

const COMMON = `**Requests.** JSON, forms and multipart say the same; fields that are not known are ignored. A body may stand under the name of its record (\`{"label":{…}}\`) where the schema shows it. \`PUT\` is answered wherever \`PATCH\` is.

**Sizes.** A text has 20,000 characters at most where its schema says nothing else. Attributes and other objects and lists hold 64 kB and 1,000 keys, together with what they are merged into. What is larger is a 422 that names the field.

**Answers.** The API of Chatwoot 4.10. Times are seconds since 1970, or ISO-8601 in UTC where the schema says date-time. What is not allowed is a 401, what is not there or not yours a 404, what does not hold a 422. Too many requests are a 429, and while the database is away there is a 503 with \`Retry-After\`. Every answer has an \`x-request-id\`.

**Events.** Frames on \`/cable\` and webhooks stand in [asyncapi.json](/swagger/asyncapi.json). Postman collections: [Application](/swagger/postman/application.json), [Client](/swagger/postman/client.json), [Platform](/swagger/postman/platform.json).`

/** TypeBox is JSON Schema already; what has a title becomes a reference, and a field is explained by the glossary. */
function toJsonSchema(schema: TSchema, components: Map<string, Json>): Json {
  const copy = (value: unknown, name?: string): any => {
    if (Array.isArray(value)) return value.map((item) => copy(item))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).filter(([key]) => !key.startsWith('~') && !key.startsWith('x-'))
    const { title } = value as { title?: unknown }
    const body = Object.fromEntries(
      entries.map(([key, item]) => [key, key === 'properties' ? fields(item as Json) : copy(item)]),
    )
    if (typeof title !== 'string') return name ? explain(name, body) : body
    const known = components.get(title)
    if (known && JSON.stringify(known) !== JSON.stringify(body)) throw new Error(`two schemas are called ${title}`)
    components.set(title, body)
    return { $ref: `#/components/schemas/${title}` }
  }
  const fields = (properties: Json) =>
    Object.fromEntries(Object.entries(properties).map(([name, item]) => [name, copy(item, name)]))
  return copy(schema)
}

/** What the declaration says itself holds; an example is given only where its type fits. */
function explain(name: string, schema: Json): Json {
  const [description, example] = FIELDS[name] ?? []
  const own = schema.description ?? (schema.anyOf as Json[] | undefined)?.find((one) => one.description)?.description
  const isoExample = schema.format === 'date-time' ? '2026-01-15T09:30:00.000Z' : undefined
  const given = isoExample ?? example
  return {
    ...schema,
    ...(description && !own && { description }),
    ...(given !== undefined && fits(schema, given) && { examples: [given] }),
  }
}

const pick = (record: Json, isWanted: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => isWanted(name)))

function sortKeys<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
