import type { TSchema } from 'typebox'
import { FIELDS } from './glossary.ts'

type Json = Record<string, any>

/** A value that a schema allows, of the glossary's examples where they fit; every field that may be there is. */
export function exampleFrom(schema: TSchema, name = ''): unknown {
  const { const: constant, enum: choices, examples, anyOf, allOf, type, properties, items, format } = schema as Json
  if (constant !== undefined) return constant
  if (examples) return examples[0]
  const [, known] = FIELDS[name] ?? []
  if (known !== undefined && fits(schema, known)) return known
  if (choices) return choices[0]
  if (anyOf)
    return exampleFrom(
      anyOf.find((one: Json) => one.type !== 'null'),
      name,
    )
  if (allOf) return Object.assign({}, ...allOf.map((part: TSchema) => exampleFrom(part, name)))
  if (properties)
    return Object.fromEntries(
      Object.entries(properties as Record<string, TSchema>).map(([key, field]) => [key, exampleFrom(field, key)]),
    )
  if (type === 'array') return [exampleFrom(items)]
  if (format === 'date-time') return '2026-01-15T09:30:00.000Z'
  return EXAMPLES[type] ?? null
}

const EXAMPLES: Json = { object: {}, string: '', integer: 1, number: 1768469400.123456, boolean: false }

export function fits(schema: Json, value: unknown): boolean {
  if (schema.anyOf) return (schema.anyOf as Json[]).some((one) => fits(one, value))
  if (schema.const !== undefined || schema.enum) return schema.const === value || Boolean(schema.enum?.includes(value))
  if (schema.format === 'date-time') return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
  switch (schema.type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value) && value.every((one) => fits(schema.items ?? {}, one))
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && !schema.properties
    case 'null':
      return value === null
    default:
      return typeof value === schema.type
  }
}
