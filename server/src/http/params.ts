import type { TSchema } from 'typebox'
import { isTooLarge, TOO_LARGE } from '../lib/bag.ts'
import type { UploadedFile } from '../vocabulary/files.ts'
import { humanize, invalidField, lengthProblems, RecordInvalidError } from './errors.ts'

/**
 * Reads parameters the way Rails clients send them: numbers as text and text as numbers, `"false"`, a scalar where a
 * list was meant. What is not declared is dropped. A value that no reading can take is a 422 that names the field; so is one that is
 * too large: a text has its `maxLength` or MOST_CHARACTERS, whatever may hold more values what `isTooLarge` says.
 */
export type Reader = (value: unknown, field: string) => unknown

export const isUploadedFile = (value: unknown): value is UploadedFile =>
  typeof value === 'object' && value !== null && Buffer.isBuffer((value as UploadedFile).content)

type Kind = TSchema & {
  type?: string
  format?: string
  anyOf?: TSchema[]
  enum?: string[]
  items?: TSchema
  properties?: Record<string, TSchema>
  patternProperties?: object
  additionalProperties?: unknown
  maxLength?: number
  'x-values'?: number[]
  'x-json-text'?: boolean
  /** Of an object: the text "null" stands for null. */
  'x-null-text'?: boolean
  /** A value that is not of the kind is refused, rather than left out. */
  'x-strict'?: string
  /** Of a list: a value by itself is a list of one. */
  'x-lone'?: boolean
}

const ABSENT = Symbol('absent')

/** Compiled once for each operation. */
export function compileReader(schema: TSchema): (input: Record<string, unknown>) => Record<string, unknown> {
  const read = objectReader(schema as Kind)
  return (input) => read(input, '') as Record<string, unknown>
}

function readerOf(schema: TSchema): Reader {
  const read = kindReader(schema as Kind)
  const problem = (schema as Kind)['x-strict']
  return problem ? strictReader(read, problem) : read
}

function strictReader(read: Reader, problem: string): Reader {
  return (value, field) => {
    const result = read(value, field)
    if (result === ABSENT && value !== '') throw invalidField(field, problem)
    return result
  }
}

function kindReader(kind: Kind): Reader {
  if (kind.anyOf) return unionReader(kind.anyOf)
  if (kind.format === 'binary') return (value) => (isUploadedFile(value) ? value : ABSENT)
  if (kind.enum) return choiceReader(kind.enum, kind['x-values'])
  if (kind.type === 'string') return textReader(kind)
  if (kind.type === 'integer') return readInteger
  if (kind.type === 'number') return readNumber
  if (kind.type === 'boolean') return readBoolean
  if (kind.type === 'array') return arrayReader(kind)
  if (kind.type === 'object' && kind.properties && Object.keys(kind.properties).length) return objectReader(kind)
  if (kind.type === 'object') return kind['x-json-text'] ? readBagOrText : readBag
  return readAnything
}

function unionReader(options: TSchema[]): Reader {
  const readers = options.filter((option) => (option as Kind).type !== 'null').map(readerOf)
  const nullable = readers.length < options.length
  return (value, field) => {
    if (value === null || value === undefined) return nullable ? null : ABSENT
    for (const read of readers.slice(0, -1)) {
      const result = read(value, field)
      if (result !== ABSENT) return result
    }
    return readers.at(-1)!(value, field)
  }
}

/** Of a text that declares nothing else: what Chatwoot keeps in a column for long ones. */
export const MOST_CHARACTERS = 20_000

function textReader({ maxLength = MOST_CHARACTERS }: Kind): Reader {
  return (value, field) => {
    if (typeof value === 'string') {
      const problems = lengthProblems({ [field]: value }, { [field]: maxLength })
      if (problems.length) throw new RecordInvalidError(problems)
      return checkText(value, field)
    }
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    return value === null ? null : ABSENT
  }
}

const readText = textReader({} as Kind)

function readInteger(value: unknown, field: string): unknown {
  if (value === null || value === '') return null
  const number = typeof value === 'string' ? Number(value.trim()) : value
  if (typeof number === 'boolean') return Number(number)
  if (typeof number !== 'number') return ABSENT
  if (!Number.isFinite(number)) throw invalidField(field, 'is not a number')
  if (Math.abs(number) > 2_147_483_647) throw invalidField(field, 'is out of range')
  return Math.trunc(number)
}

function readNumber(value: unknown, field: string): unknown {
  if (value === null || value === '') return null
  const number = typeof value === 'string' ? Number(value.trim()) : value
  if (typeof number !== 'number') return ABSENT
  if (!Number.isFinite(number)) throw invalidField(field, 'is not a number')
  return number
}

const FALSE = new Set<unknown>([false, 0, '0', 'f', 'F', 'false', 'FALSE', 'off', 'OFF'])

function readBoolean(value: unknown): unknown {
  if (value === null || value === '') return null
  if (typeof value === 'object') return ABSENT
  return !FALSE.has(value)
}

function choiceReader(names: string[], values = names.map((_, index) => index)): Reader {
  return (value, field) => {
    if (value === null || value === '') return null
    if (typeof value === 'object') return ABSENT
    if (typeof value === 'number' && values.includes(value)) return names[values.indexOf(value)]
    if (typeof value === 'string' && names.includes(value)) return value
    throw new RecordInvalidError([[field, `${humanize(field)} is not included in the list (${names.join(', ')})`]])
  }
}

function arrayReader(kind: Kind): Reader {
  const readItem = readerOf(kind.items ?? ({} as TSchema))
  return (value, field) => {
    if (value === null) return null
    const list = kind['x-lone'] && typeof value !== 'object' ? [value] : value
    if (!Array.isArray(list)) return ABSENT
    return checkSize(
      list.map((item) => readItem(item, field)).filter((item) => item !== ABSENT),
      field,
    )
  }
}

function objectReader(kind: Kind): Reader {
  const readers = Object.entries(kind.properties ?? {}).map(([key, schema]) => [key, readerOf(schema)] as const)
  return (value, field) => {
    if (value === null) return null
    if (typeof value !== 'object' || Array.isArray(value)) return ABSENT
    const result: Record<string, unknown> = {}
    for (const [key, read] of readers) {
      if (!Object.hasOwn(value, key)) continue
      const sent = (value as Record<string, unknown>)[key]
      const item = read(kind['x-null-text'] && sent === 'null' ? null : sent, field ? `${field}.${key}` : key)
      if (item !== ABSENT) result[key] = item
    }
    return result
  }
}

function readBag(value: unknown, field: string): unknown {
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) return ABSENT
  return checkSize(cleanBag(value, field), field)
}

/** `content_attributes` may come as JSON text; text that is no object reads as an empty bag. */
function readBagOrText(value: unknown, field: string): unknown {
  if (typeof value !== 'string') return readBag(value, field)
  const problem = shapeProblem(value)
  if (problem) throw invalidField(field, problem)
  try {
    const parsed: unknown = JSON.parse(value)
    const bag = readBag(parsed, field)
    return bag === ABSENT || bag === null ? {} : bag
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

function readAnything(value: unknown, field: string): unknown {
  return typeof value === 'string' ? readText(value, field) : checkSize(cleanBag(value, field), field)
}

function checkSize<T>(value: T, field: string): T {
  if (isTooLarge(value)) throw invalidField(field, TOO_LARGE)
  return value
}

/** What a schema has under the keys of a form's name: a file, something else, or nothing. */
export function kindAt(schema: TSchema, keys: string[]): 'file' | 'other' | undefined {
  const { anyOf, items, properties, format } = schema as Kind
  if (anyOf) {
    const kinds = anyOf.map((option) => kindAt(option, keys))
    return kinds.find((kind) => kind === 'file') ?? kinds.find(Boolean)
  }
  const [key, ...below] = keys
  // Where files are a list, a lone one is refused as no list.
  if (items) return kindAt(items, below)
  if (key === undefined) return format === 'binary' ? 'file' : 'other'
  if (!properties) return 'other'
  return Object.hasOwn(properties, key) ? kindAt(properties[key]!, below) : undefined
}

/** A copy of JSON that came from outside which PostgreSQL can keep, without keys that reach an object's prototype. */
function cleanBag(value: unknown, field: string, depth = 0): unknown {
  if (depth > 50) throw invalidField(field, TOO_DEEP)
  if (typeof value === 'string') return checkText(value, field)
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalidField(field, 'is out of range')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => cleanBag(item, field, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') continue
    copy[checkText(key, field)] = cleanBag(item, field, depth + 1)
  }
  return copy
}

function checkText(text: string, field: string): string {
  if (text.includes('\0') || !text.isWellFormed()) throw invalidField(field, 'contains characters that are not allowed')
  return text
}

/** An id out of a path: leading digits count (`12abc` is 12), anything else is no id: null. */
export function readPathId(text: string): number | null {
  const digits = /^\d{1,15}/.exec(text)?.[0]
  const id = digits === undefined ? NaN : Number(digits)
  return id <= 2_147_483_647 ? id : null
}

/** An id, or a number of seconds, in a query. Text is read by its leading digits; without any it is 0. */
export function idOf(text: string): number {
  return Math.min(Number(/^\s*\d{1,15}/.exec(text)?.[0] ?? 0), 2_147_483_647)
}

/** Which of a closed list of names a query means, by the name or by its number; -1 for none of them. */
export function placeIn(names: readonly string[], text: string): number {
  return names.findIndex((name, place) => text === name || text === String(place))
}

/** The page a list shall show. Text is read by its leading digits; below 1 is page 1; past the end is an empty list. */
export function readPage(text: string | null | undefined): number {
  const page = Number(/^\s*\d{1,9}/.exec(text ?? '')?.[0] ?? 1)
  return Math.max(page, 1)
}

/** Rails takes null out of lists, at any depth, before anybody sees them; a field that is null stays. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  // A reviver would take five times as long.
  return text.includes('null') ? withoutNulls(value) : value
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls)
  for (const [key, item] of Object.entries(value))
    if (typeof item === 'object') (value as Record<string, unknown>)[key] = withoutNulls(item)
  return value
}

const MAX_DEPTH = 100
/** A thousand times what any field needs; more only holds up the others. */
const MAX_VALUES = 20_000

export const TOO_DEEP = 'is nested too deeply'
const TOO_MANY = 'holds too many values'

/** Why JSON is not read: it is nested deeper than Rails reads, or of too many values. Seen before anything walks it. */
export function shapeProblem(text: string): typeof TOO_DEEP | typeof TOO_MANY | undefined {
  let depth = 0
  let values = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inText) {
      if (code === 92) i++
      else if (code === 34) inText = false
    } else if (code === 34) inText = true
    else if (code === 91 || code === 123) {
      if (++depth > MAX_DEPTH) return TOO_DEEP
    } else if (code === 93 || code === 125) depth--
    else if (code === 44 && ++values > MAX_VALUES) return TOO_MANY
  }
  return undefined
}
