import { readFileSync } from 'node:fs'
import { Errors } from 'typebox/value'
import { expect, it } from 'vitest'
import { reactions as catalog } from '../../src/catalog/events.ts'
import type { Reactions } from '../../src/events/reactions.ts'
import { operations } from '../../src/catalog/operations.ts'
import { buildAsyncApi } from '../../src/features/reference/asyncapi.ts'
import { buildOpenApi, type Document } from '../../src/features/reference/openapi.ts'
import { buildPostman } from '../../src/features/reference/postman.ts'

type Json = Record<string, any>

const DOCUMENTS: Document[] = ['all', 'application', 'client', 'platform', 'auth', 'other']
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

/** Every object of a document, with the way to it. */
function* walk(value: unknown, path = '#'): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [path, value as Json]
  for (const [key, item] of Object.entries(value))
    yield* walk(item, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

function resolve(document: Json, ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<any>((value, key) => value?.[key], document)
}

const brokenRefs = (document: Json) =>
  [...walk(document)]
    .filter(([, one]) => typeof one.$ref === 'string' && resolve(document, one.$ref) === undefined)
    .map(([path]) => path)

it.each(DOCUMENTS)('the OpenAPI document of %s holds together', (name) => {
  const document = plain(buildOpenApi(operations, name))
  expect(document.openapi).toBe('3.1.0')
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
  expect(brokenRefs(document)).toEqual([])
  const described = Object.entries(document.paths as Json).flatMap(([path, item]) =>
    Object.entries(item as Json).map(([method, one]) => ({ path, method, one: one as Json })),
  )
  const own = operations.filter((one) => name === 'all' || one.family === name)
  expect(described.map(({ one }) => one.operationId as string).sort()).toEqual(own.map((one) => one.id).sort())
  expect(new Set(own.map((one) => one.id)).size).toBe(own.length)
  const tags = document.tags.map((tag: Json) => tag.name)
  expect(document.tags.filter((tag: Json) => !tag.description)).toEqual([])
  for (const { path, method, one } of described) {
    expect(['get', 'post', 'patch', 'delete']).toContain(method)
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param)
    const declared = one.parameters.filter((param: Json) => param.in === 'path')
    expect([path, declared.map((param: Json) => param.name)]).toEqual([path, named])
    expect(declared.every((param: Json) => param.required === true && param.schema)).toBe(true)
    expect(new Set(one.parameters.map((param: Json) => `${param.in} ${param.name}`)).size).toBe(one.parameters.length)
    expect(tags).toContain(one.tags[0])
    const answers = Object.entries(one.responses as Json).map(
      ([status, answer]) => [status, answer.$ref ? resolve(document, answer.$ref) : answer] as [string, Json],
    )
    expect([one.operationId, answers.filter(([, answer]) => !answer.description)]).toEqual([one.operationId, []])
    // Whoever reads about an error is shown what it looks like.
    const errors = answers
      .filter(([status]) => Number(status) >= 400)
      .flatMap(([, answer]) => Object.values(answer.content as Json))
    expect([one.operationId, errors.filter((content) => !content.example && !content.examples)]).toEqual([
      one.operationId,
      [],
    ])
    expect([one.operationId, one.parameters.filter((param: Json) => !param.description)]).toEqual([one.operationId, []])
    const schemes = one.security.flatMap((way: Json) => Object.keys(way))
    expect(schemes.filter((scheme: string) => !document.components.securitySchemes[scheme])).toEqual([])
  }
  // Private notes to the parameter readers stay private.
  const leftovers = [...walk(document)].filter(
    ([path, one]) =>
      path !== '#' &&
      !path.startsWith('#/tags/') &&
      !path.endsWith('/properties') &&
      Object.keys(one).some((key) => /^(x-|~)/.test(key)),
  )
  expect(leftovers.map(([path]) => path)).toEqual([])
  const types = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']
  for (const [path, one] of walk(document.components.schemas)) {
    if (!path.endsWith('/properties') && typeof one.type === 'string')
      expect([path, types]).toEqual([path, expect.arrayContaining([one.type])])
    if (!path.endsWith('/properties') && Array.isArray(one.required)) {
      expect([path, one.required.filter((key: string) => !one.properties?.[key])]).toEqual([path, []])
    }
  }
})

it.each(operations.filter((one) => one.body && Object.keys(one.body.properties).length))(
  '$id has an example that its own schema allows',
  (operation) => {
    expect(operation.example).toBeDefined()
    expect([...Errors(operation.body!, operation.example)]).toEqual([])
    // A misspelt field would be dropped without a word.
    expect(Object.keys(operation.example as Json).filter((key) => !operation.body!.properties[key])).toEqual([])
  },
)

it('openapi.json is the document the server serves: `npm run generate` writes it', () => {
  const written = readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8')
  expect(JSON.parse(written)).toEqual(plain(buildOpenApi(operations)))
})

it.each(['application', 'client', 'platform'] as const)(
  'the Postman collection of %s holds each operation once',
  (family) => {
    const collection = plain(buildPostman(operations, family, 'https://support.example.com'))
    const variables = new Set(collection.variable.map((one: Json) => one.key))
    const requests = collection.item.flatMap((folder: Json) => folder.item.map((item: Json) => item.request)) as Json[]
    const pathOf = (path: string) => path.replace(/\{\{(\w+)\}\}/g, ':$1')
    expect(requests.map((one) => `${one.method} /${pathOf(one.url.path.join('/'))}`).sort()).toEqual(
      operations
        .filter((one) => one.family === family)
        .map((one) => `${one.method} ${one.path}`)
        .sort(),
    )
    const used = [...JSON.stringify(requests).matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name)
    expect(used.filter((name) => !variables.has(name))).toEqual([])
  },
)

it('the AsyncAPI document holds every event that leaves the server', () => {
  const document = plain(buildAsyncApi(catalog))
  expect(brokenRefs(document)).toEqual([])
  const expected = Object.entries(catalog as Record<string, Reactions<any, any>>).flatMap(
    ([event, { cable, webhook }]) => [
      ...(cable ? [`cable.${event}`] : []),
      ...(webhook ? [`webhook.${webhook.name}`] : []),
    ],
  )
  const protocol = [
    'subscribe',
    'unsubscribe',
    'update_presence',
    'welcome',
    'ping',
    'confirm_subscription',
    'reject_subscription',
    'disconnect',
  ]
  expected.push(...[...protocol, 'presence.update'].map((name) => `cable.${name}`))
  expect(Object.keys(document.components.messages).sort()).toEqual(expected.sort())
  expect(Object.values(document.components.messages as Json).filter((message) => !message.summary)).toEqual([])
  for (const [name, message] of Object.entries(document.components.messages as Record<string, Json>)) {
    const [example] = message.examples
    expect([name, [...Errors(message.payload, example.payload)]]).toEqual([name, []])
    expect([name, Object.keys(example.payload).length]).not.toEqual([name, 0])
  }
  for (const operation of Object.values(document.operations as Json)) {
    for (const message of (operation as Json).messages) expect(resolve(document, message.$ref)).toBeDefined()
  }
})
