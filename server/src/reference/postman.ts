import { createHash } from 'node:crypto'
import { tagOf } from './openapi.ts'
import type { Family, Operation } from '../http/operation.ts'

type Json = Record<string, any>

const VARIABLES: Partial<Record<Family, string[]>> = {
  application: ['api_access_token', 'account_id'],
  client: ['inbox_identifier', 'source_id'],
  platform: ['platform_token'],
}

/** A Postman collection (v2.1) of one family: a folder for each noun, variables for what repeats. */
export function buildPostman(operations: Operation[], family: 'application' | 'client' | 'platform'): Json {
  const own = operations.filter((operation) => operation.family === family)
  const folders = new Map<string, Json[]>()
  for (const operation of own) {
    const folder = tagOf(operation).split(' · ')[1]!
    folders.set(folder, [...(folders.get(folder) ?? []), itemOf(operation, family)])
  }
  const name = `Parley: ${family[0]!.toUpperCase()}${family.slice(1)} API`
  return {
    info: {
      _postman_id: createHash('md5').update(name).digest('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
      name,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: [{ key: 'base_url', value: 'http://127.0.0.1:3000' }, ...(VARIABLES[family] ?? []).map((key) => ({ key, value: '' }))],
    item: [...folders].map(([folder, item]) => ({ name: folder, item })),
  }
}

function itemOf(operation: Operation, family: Family): Json {
  const known = new Set(VARIABLES[family])
  const segments = operation.path.slice(1).split('/')
  const path = segments.map((segment) => (segment.startsWith(':') && known.has(segment.slice(1)) ? `{{${segment.slice(1)}}}` : segment))
  const query = Object.entries(operation.query?.properties ?? {}).map(([key, schema]) => ({
    key: (schema as { type?: string }).type === 'array' ? `${key}[]` : key,
    value: '',
    disabled: true,
  }))
  const token = operation.access === 'platform' ? '{{platform_token}}' : '{{api_access_token}}'
  const isOpen = operation.access === 'nobody' || operation.access === 'client'
  const raw = `{{base_url}}/${path.join('/')}`
  return {
    name: operation.summary,
    request: {
      method: operation.method,
      header: isOpen ? [] : [{ key: 'api_access_token', value: token }],
      url: {
        raw,
        host: ['{{base_url}}'],
        path,
        ...(query.length && { query }),
        variable: segments.filter((one) => one.startsWith(':') && !known.has(one.slice(1))).map((one) => ({ key: one.slice(1), value: '1' })),
      },
      ...(operation.body && { body: bodyOf(operation) }),
      ...(operation.description && { description: operation.description }),
    },
  }
}

function bodyOf(operation: Operation): Json {
  const example = Object.fromEntries(Object.entries(operation.body!.properties).map(([key, schema]) => [key, exampleOf(schema as Json)]))
  return { mode: 'raw', raw: JSON.stringify(example, null, 2), options: { raw: { language: 'json' } } }
}

function exampleOf(schema: Json): unknown {
  if (schema.anyOf) return exampleOf(schema.anyOf[0])
  if (schema.enum) return schema.enum[0]
  if (schema.type === 'string') return ''
  if (schema.type === 'integer' || schema.type === 'number') return 1
  if (schema.type === 'boolean') return false
  return schema.type === 'array' ? [] : {}
}
