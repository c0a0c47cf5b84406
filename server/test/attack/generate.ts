import type { Json } from '../contract/support.ts'
import { UNDECLARED } from './audit.ts'
import { BIG, BROKEN, IDS, QUERY_VALUES, SMALL, type RawBody } from './hostile.ts'
import { isBag, isFile, type Place, type Target } from './operations.ts'
import type { Chance } from './random.ts'
import type { Caller, References, Side } from './world.ts'

/** One request, in pieces that can be left out one by one. */
export interface Shot {
  target: string
  caller: Caller
  method: string
  path: string
  /** As they stand in the address. */
  query: string[]
  body: Node
  encoding: 'json' | 'form' | 'multipart'
  wrapper?: string
  files: Upload[]
  headers: Record<string, string>
  /** In the place of all that makes a body. */
  raw?: RawBody
}

export interface Upload {
  name: string
  filename: string
  type: string
  content: string
}

/** A body before it is written: what JSON says, or text that stands for itself. */
export type Node = Verbatim | string | number | boolean | null | Node[] | { [key: string]: Node }

/** JSON text that is sent as it is. */
export class Verbatim {
  readonly make: () => string

  constructor(make: () => string) {
    this.make = make
  }
}

/** What a generator knows of where it sends. */
export interface Ground {
  references: (caller: Caller, side: Side) => References
  /** The names of all columns, and what kind of value each holds. */
  columns: Record<string, string>
}

let fresh = 0

/** What the operation is meant for, with the records of one side in it. */
export function plainShot(target: Target, caller: Caller, side: Side, ground: Ground): Shot {
  const references = ground.references(caller, side)
  const path = target.path.replace(/\{(\w+)\}/g, (_, name: string) => String(references[recordOf(target, name)] ?? 1))
  const shot: Shot = {
    target: target.id,
    caller,
    method: target.method,
    path,
    query: target.query.flatMap((name) => {
      const record = references[keyFor(target, name.replace('[]', '')) ?? '']
      return record === undefined ? [] : [`${name}=${encodeURIComponent(record)}`]
    }),
    body: structuredClone(target.example) as Node,
    encoding: 'json',
    files: [],
    headers: {},
  }
  const own = ground.references(caller, 'own')
  for (const place of target.places) {
    const name = nameAt(place)
    if (valueAt(shot.body, place.path) === undefined) continue
    const value = referenceFor(target, name, own)
    if (Object.hasOwn(KEYED, name)) put(shot.body, place.path, { [references[KEYED[name]!] ?? 1]: 1 })
    else if (value !== undefined) put(shot.body, place.path, value)
    else if (/^(title|email|emails|identifier|phone_number|source_id|echo_id)$/.test(name))
      put(shot.body, place.path, unused(name))
    else if (name.endsWith('url')) put(shot.body, place.path, `http://127.0.0.1:9/${++fresh}`)
  }
  return shot
}

/** The declared places that name a record, or what identifies one; each can name somebody else's. */
export function referringPlaces(target: Target): Place[] {
  return target.places.filter((place) => keyFor(target, nameAt(place)) !== undefined)
}

/** Lets one place of a request name a record of others. */
export function referTo(shot: Shot, target: Target, place: Place, references: References): Shot {
  const value = references[keyFor(target, nameAt(place))!]
  if (value !== undefined) put(shot.body, place.path, value)
  return shot
}

/** With one wrong value, JSON text, in one place of a request that is right otherwise. */
export function spoiltShot(target: Target, place: Place, value: string, caller: Caller, ground: Ground): Shot {
  const shot = plainShot(target, caller, 'own', ground)
  put(shot.body, place.path, new Verbatim(() => value))
  return shot
}

/** With a picture where a file is declared. */
export function withPicture(shot: Shot, target: Target): Shot {
  const place = target.places.findLast(isFile)!
  return { ...shot, encoding: 'multipart', files: [{ name: nameOf(place.path, shot.wrapper), ...FILES[0]! }] }
}

/** What must be new each time is. */
export function renewed(shot: Shot): Shot {
  const renew = (node: Node): Node => {
    if (typeof node === 'string') return node.replace(USED, (_, before: string) => `${before}${1_000_000 + ++fresh}`)
    if (Array.isArray(node)) return node.map(renew)
    if (typeof node !== 'object' || node === null || node instanceof Verbatim) return node
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, renew(value)]))
  }
  return { ...shot, body: renew(shot.body) }
}

const USED = /^(fresh-?|http:\/\/127\.0\.0\.1:9\/|\+1416)\d+/

/** Some of all that can be wrong with a request, at once. */
export function hostileShot(target: Target, caller: Caller, ground: Ground, chance: Chance): Shot {
  const shot = plainShot(target, caller, chance.pick(['own', 'own', 'own', 'foreign', 'absent'] as const), ground)
  for (let left = 1 + chance.below(3); left > 0; left--) chance.pick(MUTATIONS)(shot, target, ground, chance)
  return shot
}

type Mutation = (shot: Shot, target: Target, ground: Ground, chance: Chance) => void

const MUTATIONS: Mutation[] = [
  spoilPlace,
  spoilPlace,
  spoilPlace,
  spoilPlace,
  referElsewhere,
  referElsewhere,
  addUndeclared,
  addUndeclared,
  encode,
  encode,
  attach,
  ask,
  ask,
  spoilPath,
  addHeader,
  breakBody,
]

function spoilPlace(shot: Shot, target: Target, _: Ground, chance: Chance): void {
  if (!target.places.length) return
  const value = chance.once(12) ? chance.pick(BIG) : () => chance.pick(SMALL)
  const made = value()
  const spoilt = new Verbatim(value.length ? value : () => made)
  const place = chance.pick(target.places)
  if (isBag(place) && chance.once(2)) put(shot.body, [...place.path, chance.pick(['a', 'items', 'x.y', ''])], spoilt)
  else put(shot.body, place.path, spoilt)
}

function referElsewhere(shot: Shot, target: Target, ground: Ground, chance: Chance): void {
  const places = referringPlaces(target)
  const references = ground.references(shot.caller, chance.pick(['foreign', 'absent'] as const))
  if (places.length && !chance.once(4)) referTo(shot, target, chance.pick(places), references)
  else put(shot.body, ['account_id'], references.accounts ?? 1)
}

function addUndeclared(shot: Shot, target: Target, { columns }: Ground, chance: Chance): void {
  const declared = new Set(target.places.map(nameAt))
  const names = Object.keys(columns).filter((name) => !declared.has(name))
  const spots = [[], ...target.places.filter(({ schema }) => schema.properties).map(({ path }) => path)]
  const spot = chance.pick(spots)
  for (let left = 30; left > 0; left--) {
    const name = chance.pick(names)
    put(shot.body, [...spot, name], markOf(columns[name]!))
  }
}

/** A value of a column's kind that tells where it came from. */
function markOf(kind: string): Node {
  if (/int|numeric|double/.test(kind)) return UNDECLARED.number
  if (/json/.test(kind)) return { a: UNDECLARED.text }
  if (/time|date/.test(kind)) return UNDECLARED.time
  return kind === 'boolean' ? true : UNDECLARED.text
}

function encode(shot: Shot, target: Target, _: Ground, chance: Chance): void {
  shot.encoding = chance.pick(['form', 'multipart'] as const)
  if (target.wrapper && chance.once(2)) shot.wrapper = target.wrapper
}

const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
).toString('latin1')
const FILES: Omit<Upload, 'name'>[] = [
  { filename: 'a.png', type: 'image/png', content: PICTURE },
  { filename: '../../a"\r\nb.png', type: 'image/png', content: PICTURE },
  { filename: 'a.html', type: 'text/html', content: '<script>alert(1)</script>' },
  { filename: 'a.svg', type: 'image/svg+xml', content: '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' },
  { filename: 'a\u0000.txt', type: 'x', content: '\u0000' },
  { filename: 'empty', type: 'application/octet-stream', content: '' },
  { filename: 'a.pdf', type: 'application/pdf', content: '%PDF-1.4 '.repeat(20_000) },
]

/** A file where one is meant, where a text or a bag is meant, or where nothing is. */
function attach(shot: Shot, target: Target, { columns }: Ground, chance: Chance): void {
  const { places } = target
  const meant = places.filter(isFile)
  const place = chance.pick(
    meant.length && chance.once(2) ? meant : [...places, { path: [chance.pick(Object.keys(columns))], schema: {} }],
  )
  const name = nameOf(isBag(place) ? [...place.path, 'a'] : place.path, shot.wrapper)
  shot.encoding = 'multipart'
  shot.files.push({ name: chance.once(6) ? `${name}[]` : name, ...chance.pick(FILES) })
}

/** Of a place in a form: `a[b][]`. */
function nameOf(path: Place['path'], wrapper: string | undefined): string {
  const [first, ...rest] = wrapper ? [wrapper, ...path] : path
  return `${first}${rest.map((step) => `[${typeof step === 'number' ? '' : step}]`).join('')}`
}

function ask(shot: Shot, target: Target, { columns }: Ground, chance: Chance): void {
  const name =
    target.query.length && !chance.once(3)
      ? chance.pick(target.query)
      : chance.pick([...Object.keys(columns), 'page', 'q', '__proto__', 'format', '_method', 'include'])
  shot.query.push(`${name}${chance.pick(['', '', '[]', '[a]', '[][b]', '[0]'])}=${chance.pick(QUERY_VALUES)}`)
}

function spoilPath(shot: Shot, target: Target, _: Ground, chance: Chance): void {
  const segments = target.path.split('/')
  const spots = segments.flatMap((segment, at) => (segment.startsWith('{') ? [at] : []))
  if (!spots.length) return
  const sent = shot.path.split('/')
  sent[chance.pick(spots)] = chance.pick(IDS)
  shot.path = sent.join('/')
}

const HEADERS: [name: string, values: string[]][] = [
  ['idempotency-key', ['a', 'x'.repeat(256), 'x'.repeat(8000), '\u00ff', ' ']],
  ['accept', ['text/html', 'application/xml', '*/*;q=0', 'x'.repeat(8000), ',,,,']],
  ['accept-language', ['xx', '../../etc', `${'de,'.repeat(2000)}de`]],
  ['x-forwarded-for', ['127.0.0.1', 'x'.repeat(8000), '::1, \u00ff']],
  ['x-request-id', ['x'.repeat(8000), '\u00ff\u00fe']],
  ['if-none-match', ['*', 'W/"x"', 'x'.repeat(8000)]],
  ['origin', ['null', 'http://\u00ff']],
  ['cookie', [`${'a=b; '.repeat(1500)}`]],
  ['range', ['bytes=0-', 'bytes=9999999999999999999-', `bytes=${'0-,'.repeat(2000)}`]],
  ['x-http-method-override', ['DELETE']],
  ['access-token', ['x']],
]

function addHeader(shot: Shot, _target: Target, _ground: Ground, chance: Chance): void {
  const [name, values] = chance.pick(HEADERS)
  shot.headers[name] = chance.pick(values)
}

function breakBody(shot: Shot, _target: Target, _ground: Ground, chance: Chance): void {
  shot.raw = chance.pick(BROKEN)
}

/** Whose id stands in the path at `{name}`: `/teams/{team_id}` is of teams; a text that has a name of its own goes by that. */
function recordOf(target: Target, name: string): string {
  const segments = target.path.split('/')
  const before = segments[segments.indexOf(`{${name}}`) - 1]
  if (target.texts.includes(name)) return before === 'portals' ? 'portal_id' : name
  return name === 'account_id' ? 'accounts' : before === 'inbox_members' ? 'inboxes' : before!
}

const REFERRING: Record<string, string> = {
  account_id: 'accounts',
  inbox_id: 'inboxes',
  inbox_ids: 'inboxes',
  contact_id: 'contacts',
  base_contact_id: 'contacts',
  mergee_contact_id: 'other_contact',
  team_id: 'teams',
  assignee_id: 'users',
  user_id: 'users',
  user_ids: 'users',
  sender_id: 'users',
  agent_bot: 'agent_bots',
  primary_actor_id: 'conversations',
  emails: 'person_email',
  identifier: 'identifier',
  phone_number: 'phone_number',
  source_id: 'source_id',
}

/** Objects whose keys name records. */
const KEYED: Record<string, string> = { positions_hash: 'articles' }

function keyFor(target: Target, name: string): string | undefined {
  if (name === 'email') return target.path.includes('/contacts') ? 'email' : 'person_email'
  return Object.hasOwn(REFERRING, name) ? REFERRING[name] : undefined
}

/** Records that are there; what only identifies one is given a new value each time. */
function referenceFor(target: Target, name: string, own: References): string | number | undefined {
  if (name === 'source_id') return /^(conversations|contact_inboxes)\./.test(target.id) ? own.source_id : undefined
  const key = keyFor(target, name)
  return key && /s$|other/.test(key) ? own[key] : undefined
}

function unused(name: string): string {
  const number = ++fresh
  if (name.startsWith('email')) return `fresh${number}@example.test`
  return name === 'phone_number' ? `+1416${String(1_000_000 + number)}` : `fresh-${number}`
}

const nameAt = ({ path }: Place): string => String(path.findLast((step) => typeof step === 'string') ?? '')

function valueAt(node: Node, path: Place['path']): Node | undefined {
  return path.reduce<Node | undefined>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? (inner as Json)[step] : undefined),
    node,
  )
}

function put(node: Node, path: Place['path'], value: Node): void {
  let inner = node as Json
  path.forEach((step, at) => {
    if (at === path.length - 1) inner[step] = value
    else if (typeof inner[step] !== 'object' || inner[step] === null || inner[step] instanceof Verbatim)
      inner[step] = typeof path[at + 1] === 'number' ? [] : {}
    inner = inner[step] as Json
  })
}
