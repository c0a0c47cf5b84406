import { badRequest } from './errors.ts'
import { isUploadedFile } from './params.ts'

/** A name of a form, and what stands under it: a text or a file. */
export type Pair = [name: string, value: unknown]

/** Rack's. */
const MAX_PAIRS = 4096
const MAX_DEPTH = 32

/** `a[b][]=1&c=2`, in time that grows with its length only. Throws for a broken percent-escape, and for more than Rack reads. */
export function parseForm(text: string): Record<string, unknown> {
  if (!text) return {}
  const parts = text.split('&', MAX_PAIRS + 1)
  if (parts.length > MAX_PAIRS) throw badRequest()
  return nest(parts.filter(Boolean).map(pairOf))
}

function pairOf(text: string): Pair {
  const end = text.indexOf('=')
  return end < 0 ? [decode(text), ''] : [decode(text.slice(0, end)), decode(text.slice(end + 1))]
}

const decode = (text: string) => (text.includes('%') ? decodeURIComponent(text) : text)

const PLUS = 43
const SPACE = 32

/** In a form a plus is a space. Seen to before it is text: as text, a body of nothing else would take a tenth of a second. */
export function plusToSpace(bytes: Buffer): Buffer {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === PLUS) bytes[i] = SPACE
  return bytes
}

/** `a[b][]` is `a`, `b`, `[]`: what is no bracket is a key as it stands. */
export function keysOf(name: string): string[] {
  let at = name.indexOf('[', 1)
  if (at < 0) return [name]
  const keys = [name.slice(0, at)]
  while (at < name.length) {
    const end = name[at] === '[' ? name.indexOf(']', at) : -1
    if (end < 0) return [...keys, name.slice(at)]
    keys.push(end === at + 1 ? LIST : name.slice(at + 1, end))
    at = end + 1
  }
  return keys
}

/** The key of a list's next item. */
export const LIST = '[]'

type Fields = Record<string, unknown>

/** Names nest as Rack has it: `a[]` are the items of a list, `a[b]` a key, and in `a[][b]` a key that comes again begins the next item. */
export function nest(pairs: Pair[]): Fields {
  const root: Fields = {}
  for (const [name, value] of pairs) {
    const keys = keysOf(name)
    if (keys.length > MAX_DEPTH) throw badRequest()
    if (keys.every((key) => key && key !== '__proto__')) place(root, keys, 0, value)
  }
  return root
}

function place(fields: Fields, keys: string[], at: number, value: unknown): void {
  const key = keys[at]!
  if (at === keys.length - 1) return void (fields[key] = value)
  const isList = keys[at + 1] === LIST
  const inside = Object.hasOwn(fields, key) ? fields[key] : (fields[key] = isList ? [] : {})
  if (!isFields(inside) && !Array.isArray(inside)) throw badRequest()
  if (Array.isArray(inside) !== isList) throw badRequest()
  if (!Array.isArray(inside)) return place(inside, keys, at + 1, value)
  const below = keys.slice(at + 2)
  if (!below.length) return void inside.push(value)
  const last: unknown = inside.at(-1)
  if (isFields(last) && !has(last, below)) return place(last, below, 0, value)
  const item: Fields = {}
  inside.push(item)
  place(item, below, 0, value)
}

function has(fields: Fields, keys: string[]): boolean {
  if (keys.includes(LIST)) return false
  let inside: unknown = fields
  for (const key of keys) {
    if (!isFields(inside) || !Object.hasOwn(inside, key)) return false
    inside = inside[key]
  }
  return true
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isUploadedFile(value)
}
