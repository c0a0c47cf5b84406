import { createHash } from 'node:crypto'
import { FIELDS, PARAMETERS } from './glossary.ts'
import { aboutOf, exampleOf, tagOf } from './openapi.ts'
import type { Family, Operation } from '../../http/operation.ts'

type Json = Record<string, any>

const VARIABLES: Partial<Record<Family, string[]>> = {
  application: ['api_access_token', 'account_id'],
  client: ['inbox_identifier', 'source_id'],
  platform: ['platform_token'],
}

/** A Postman collection (v2.1) of one family: a folder for each noun, variables for what repeats. */
export function buildPostman(
  operations: Operation[],
  family: 'application' | 'client' | 'platform',
  baseUrl: string,
): Json {
  const own = operations.filter((operation) => operation.family === family)
  const folders = new Map<string, Json[]>()
  for (const operation of own) {
    const folder = tagOf(operation).split(' · ')[1]!
    folders.set(folder, [...(folders.get(folder) ?? []), itemOf(operation, family)])
  }
  const name = `Parley: ${family[0]!.toUpperCase()}${family.slice(1)} API`
  return {
    info: {
      _postman_id: createHash('md5')
        .update(name)
        .digest('hex')
        .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
      name,
      description: `Fill in the variables of the collection: ${VARIABLES[family]!.join(', ')}. The reference: ${baseUrl}/swagger`,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth:
      family === 'client'
        ? { type: 'noauth' }
        : apiKey(family === 'platform' ? '{{platform_token}}' : '{{api_access_token}}'),
    variable: [
      { key: 'base_url', value: baseUrl, type: 'string' },
      ...VARIABLES[family]!.map((key) => ({ key, value: key === 'account_id' ? '1' : '', type: 'string' })),
    ],
    item: [...folders].map(([folder, item]) => ({ name: folder, item })),
  }
}

const apiKey = (value: string) => {
  const entries = { key: 'api_access_token', value, in: 'header' }
  return {
    type: 'apikey',
    apikey: Object.entries(entries).map(([key, entry]) => ({ key, value: entry, type: 'string' })),
  }
}

function itemOf(operation: Operation, family: Family): Json {
  const known = new Set(VARIABLES[family])
  const segments = operation.path.slice(1).split('/')
  const path = segments.map((segment) =>
    segment.startsWith(':') && known.has(segment.slice(1)) ? `{{${segment.slice(1)}}}` : segment,
  )
  const query = Object.entries(operation.query?.properties ?? {}).map(([key, schema]) => ({
    key: (schema as { type?: string }).type === 'array' ? `${key}[]` : key,
    value: '',
    description: (schema as Json).description ?? PARAMETERS[key]?.[0] ?? FIELDS[key]?.[0] ?? '',
    disabled: true,
  }))
  return {
    name: operation.summary,
    request: {
      method: operation.method,
      header: [
        { key: 'Accept', value: 'application/json' },
        ...(operation.body ? [{ key: 'Content-Type', value: 'application/json' }] : []),
      ],
      ...(operation.access === 'nobody' && family !== 'client' && { auth: { type: 'noauth' } }),
      url: {
        raw: `{{base_url}}/${path.join('/')}`,
        host: ['{{base_url}}'],
        path,
        ...(query.length && { query }),
        variable: segments
          .filter((one) => one.startsWith(':') && !known.has(one.slice(1)))
          .map((one) => ({ key: one.slice(1), value: '1' })),
      },
      ...(operation.body && { body: bodyOf(operation) }),
      description: aboutOf(operation),
    },
  }
}

const bodyOf = (operation: Operation): Json => ({
  mode: 'raw',
  raw: JSON.stringify(exampleOf(operation) ?? {}, null, 2),
  options: { raw: { language: 'json' } },
})
