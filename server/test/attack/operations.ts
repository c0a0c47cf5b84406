import type { Json } from '../contract/support.ts'

/** What an operation declares, as the document says it. */
export interface Target {
  id: string
  method: string
  /** With `{names}`. */
  path: string
  /** The names in the path that are text, not numbers. */
  texts: string[]
  query: string[]
  /** The body: every declared place, nested ones too, with its schema. */
  places: Place[]
  /** The name under which the fields may be wrapped. */
  wrapper?: string
  example: Json
  isPlatform: boolean
  isPublic: boolean
  statuses: number[]
}

export interface Place {
  path: (string | number)[]
  schema: Json
}

export function readTargets(document: Json): Target[] {
  return Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, declared]) => readTarget(path, method, declared)),
  )
}

function readTarget(path: string, method: string, declared: Json): Target {
  const { schema = {}, example = {} } = declared.requestBody?.content?.['application/json'] ?? {}
  const [plain, wrapped] = (schema.anyOf ?? [schema]) as Json[]
  const parameters = (declared.parameters ?? []) as Json[]
  return {
    id: declared.operationId,
    method: method.toUpperCase(),
    path,
    texts: parameters.filter((one) => one.in === 'path' && one.schema.type === 'string').map((one) => one.name),
    query: parameters.filter((one) => one.in === 'query').map((one) => one.name),
    places: placesIn(plain!, []),
    wrapper: wrapped?.required?.[0],
    example,
    isPlatform: path.startsWith('/platform/'),
    isPublic: !(declared.security as Json[]).length,
    statuses: Object.keys(declared.responses).map(Number),
  }
}

function placesIn(schema: Json, path: Place['path']): Place[] {
  return ((schema.anyOf ?? [schema]) as Json[]).flatMap((kind) => [
    ...Object.entries((kind.properties ?? {}) as Record<string, Json>).flatMap(([name, inner]) => {
      const place = [...path, name]
      return [{ path: place, schema: inner }, ...placesIn(inner, place)]
    }),
    ...(kind.items ? [{ path: [...path, 0], schema: kind.items }, ...placesIn(kind.items, [...path, 0])] : []),
  ])
}

/** Whether a place takes an object of any keys, or anything at all. */
export function isBag({ schema }: Place): boolean {
  return ((schema.anyOf ?? [schema]) as Json[]).some((kind) =>
    kind.type === undefined ? !kind.enum : kind.type === 'object' && !kind.properties,
  )
}

export const isFile = ({ schema }: Place): boolean => JSON.stringify(schema).includes('"binary"')
