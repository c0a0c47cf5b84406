import type { TSchema } from 'typebox'
import { beforeAll, expect, it } from 'vitest'
import type { Operation } from '../../src/http/operation.ts'
import { startTestApp } from '../support.ts'
import { eventually } from '../support/eventually.ts'
import {
  buildOffice,
  isAccountOperation,
  nameOf,
  operations,
  pathOf,
  send,
  valueOf,
  type Json,
  type Office,
} from './support.ts'
import { nestedNames } from '../support/nested-names.ts'

const t = startTestApp()

let here: Office
let there: Office

beforeAll(async () => {
  // A field that may name a bot must not name a person by the same number.
  await t.database.pool.query(`select setval('agent_bots_id_seq', 1000000)`)
  here = await buildOffice(t, t.unique('ours'))
  there = await buildOffice(t, t.unique('theirs'))
  // Conversations and campaigns are numbered in each account: only a number that is not in use here can be somebody else's.
  for (let more = 0; more < 3; more++) {
    const campaign = { title: there.mark, message: there.mark, inbox_id: there.ids.websites }
    there.ids.campaigns = (await there.admin.post(`${there.base}/campaigns`, campaign)).body.id
    const { body } = await there.admin.post(`${there.base}/conversations`, {
      source_id: there.texts.source_id,
      inbox_id: there.ids.inboxes,
    })
    there.ids.conversations = body.id
  }
  await addRows(here)
  await addRows(there)
})

/** What no operation makes yet but fields name, and what is numbered in its account by its row. */
async function addRows({ account, ids }: Office): Promise<void> {
  const add = async (sql: string, values: unknown[]) => (await t.database.pool.query(sql, values)).rows[0].id as number
  ids.campaign_rows = await add('select id from campaigns where account_id = $1 and display_id = $2', [
    account.id,
    ids.campaigns,
  ])
  ids.conversation_rows = await add('select id from conversations where account_id = $1 and display_id = $2', [
    account.id,
    ids.conversations,
  ])
}

/** Everything that belongs to an account, row by row. */
async function digest(office: Office): Promise<Json> {
  const { pool } = t.database
  const { rows: tables } = await pool.query<{ table_name: string }>(
    `select c.table_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'account_id' and t.table_type = 'BASE TABLE' order by 1`,
  )
  const all: Json = {}
  for (const { table_name: table } of tables) {
    all[table] = (
      await pool.query(`select * from "${table}" as r where account_id = $1 order by r::text`, [office.account.id])
    ).rows
  }
  const { id, administrator, agent } = office.account
  all.accounts = (await pool.query('select * from accounts where id = $1', [id])).rows
  all.members = (
    await pool.query('select * from users where id = any($1) order by id', [[administrator.id, agent.id]])
  ).rows
  all.tokens = (
    await pool.query(
      `select * from access_tokens where owner_type = 'User' and owner_id = any($1) or owner_type = 'AgentBot' and owner_id = $2 order by id`,
      [[administrator.id, agent.id], office.ids.agent_bots],
    )
  ).rows
  all.inbox_members = (
    await pool.query('select * from inbox_members where inbox_id = $1 order by id', [office.ids.inboxes])
  ).rows
  all.team_members = (
    await pool.query('select * from team_members where team_id = $1 order by id', [office.ids.teams])
  ).rows
  all.taggings = (
    await pool.query(
      `select * from taggings where taggable_type = 'Conversation' and taggable_id in (select id from conversations where account_id = $1) order by id`,
      [id],
    )
  ).rows
  return JSON.parse(JSON.stringify(all)) as Json
}

const mine = operations.filter((one) => isAccountOperation(one) && one.access !== 'nobody')

/** Whose id a field of a body, a query or a column is, by its name without `_id`; several where a type beside it says which. */
const ROWS: Record<string, string[]> = {
  inbox: ['inboxes'],
  contact: ['contacts'],
  conversation: ['conversation_rows'],
  base_contact: ['contacts'],
  mergee_contact: ['other_contact'],
  team: ['teams'],
  user: ['agents'],
  assignee: ['agents', 'agent_bots'],
  sender: ['agents', 'agent_bots'],
  agent_bot: ['agent_bots'],
  primary_actor: ['conversation_rows'],
  portal: ['portals'],
  category: ['categories'],
  parent_category: ['categories'],
  associated_category: ['categories'],
  related_category: ['categories'],
  associated_article: ['articles'],
  author: ['agents'],
  campaign: ['campaign_rows'],
}
const TYPES: Record<string, string> = { agents: 'User', agent_bots: 'AgentBot', conversation_rows: 'Conversation' }
/** A campaign is of a website. */
const idOf = (office: Office, { wrapper }: Operation, table: string) =>
  office.ids[table === 'inboxes' && wrapper === 'campaign' ? 'websites' : table]!
const NOBODYS = 999_999_999
/** Names that a client, not the server, gives. */
const NO_ROWS = new Set(['source_id', 'echo_id', 'blob_id'])
const NAMES_A_ROW = /(_ids?|^agent_bot)$/
const stemOf = (field: string) => field.replace(/_ids?$/, '')

interface IdField {
  path: string[]
  table: string
}

/** The fields of a schema that name a row, at any depth. What the list above does not know, nobody has thought about. */
function idFieldsOf(schema: TSchema | undefined, path: string[] = []): IdField[] {
  const { anyOf = [], properties = {} } = (schema ?? {}) as { anyOf?: TSchema[]; properties?: Record<string, TSchema> }
  return [
    ...anyOf.flatMap((one) => idFieldsOf(one, path)),
    ...Object.entries(properties).flatMap(([name, inner]) => {
      if (!NAMES_A_ROW.test(name) || NO_ROWS.has(name)) return idFieldsOf(inner, [...path, name])
      const tables = ROWS[stemOf(name)]
      if (!tables) throw new Error(`${[...path, name].join('.')} is of no table`)
      return tables.map((table) => ({ path: [...path, name], table }))
    }),
  ]
}

function put(body: Json, { path, table }: IdField, id: number): void {
  const field = path.at(-1)!
  const at = path.slice(0, -1).reduce((outer: Json, name) => (outer[name] ??= { content: 'x' }), body)
  at[field] = field.endsWith('_ids') ? [id] : id
  if (ROWS[stemOf(field)]!.length > 1 || field === 'primary_actor_id') at[`${stemOf(field)}_type`] = TYPES[table]
}

it('no id of another account in a path leads anywhere', async () => {
  const before = await digest(there)
  const problems: string[] = []
  for (const operation of mine) {
    const names = [...operation.path.matchAll(/:(\w+)/g)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'account_id')
    if (!names.length) continue
    const foreign = Object.fromEntries(
      names.map((name) => [name, valueOf(operation, name, there) ?? there.texts.title]),
    )
    const body = {
      name: 'taken',
      title: 'taken',
      content: 'taken',
      user_ids: [here.account.agent.id],
      labels: ['taken'],
      custom_attributes: ['a'],
    }
    // All of them, and the last behind those that are ours.
    for (const named of [foreign, { [names.at(-1)!]: foreign[names.at(-1)!]! }]) {
      const { status, text } = await send(here.admin, operation, pathOf(operation, here, named), body)
      if (text.includes(there.mark)) problems.push(`${nameOf(operation)} shows ${text.slice(0, 200)}`)
      if (status !== 404 && status !== 422 && status !== 401)
        problems.push(`${nameOf(operation)}: ${status} ${text.slice(0, 200)}`)
    }
  }
  expect(problems).toEqual([])
  expect(await digest(there)).toEqual(before)
})

it('no id of another account in a body or query leads anywhere', async () => {
  const before = await digest(there)
  const problems: string[] = []
  for (const operation of mine) {
    const fields = [...idFieldsOf(operation.body), ...idFieldsOf(operation.query)]
    for (const chosen of [...fields.map((field) => [field]), fields]) {
      if (!chosen.length) continue
      const own: Json = {
        source_id: operation.id.includes('contact') ? t.unique('source') : here.texts.source_id,
        name: 'x',
        title: 'x',
        content: 'x',
        slug: t.unique('x'),
        url: `http://127.0.0.1:9/${t.unique('x')}`,
        ...(operation.wrapper === 'campaign' && { message: 'x' }),
        ...(operation.id === 'bulk_actions.create' && { type: 'Conversation', ids: [here.ids.conversations] }),
      }
      for (const field of fields) put(own, field, idOf(here, operation, field.table))
      for (const field of chosen) put(own, field, idOf(there, operation, field.table))
      const ask = (body: Json) => {
        const query = operation.method === 'GET' ? `?${new URLSearchParams(nestedNames(body))}` : ''
        const wrapped = operation.wrapper ? { [operation.wrapper]: body } : body
        return send(here.admin, operation, pathOf(operation, here) + query, wrapped)
      }
      const named = `${operation.id} ${chosen.map((one) => `${one.path.join('.')} of ${one.table}`).join(', ')}`
      const { status, text } = await ask(own)
      if (status >= 500) problems.push(`${named}: ${status}`)
      // Who could tell the two apart would find out by counting what there is.
      const absent = { ...structuredClone(own), slug: t.unique('x'), url: `http://127.0.0.1:9/${t.unique('x')}` }
      for (const field of chosen) put(absent, field, NOBODYS)
      const unknown = await ask(absent)
      if (unknown.status !== status) problems.push(`${named}: ${status}, and ${unknown.status} for what does not exist`)
      if (text.includes(there.mark) || text.includes(there.account.agent.email))
        problems.push(`${named} shows ${text.slice(0, 300)}`)
    }
  }
  // Another account's contact by its source id, with and without the inbox it belongs to (CVE-2026-115725).
  for (const body of [
    { source_id: there.texts.source_id },
    { source_id: there.texts.source_id, inbox_id: there.ids.inboxes },
    { source_id: there.texts.source_id, inbox_id: here.ids.inboxes },
  ]) {
    const filtered = await here.admin.post(`${here.base}/contact_inboxes/filter`, body)
    const made = await here.admin.post(`${here.base}/conversations`, body)
    for (const { text, status } of [filtered, made]) {
      if (text.includes(there.mark) || status === 200) problems.push(`by source id: ${status} ${text.slice(0, 200)}`)
    }
  }
  expect(problems).toEqual([])
  await eventually(async () => !(await areActionsWaiting()), 'what was asked for in bulk')
  expect(await digest(there)).toEqual(before)
  expect(namedRows(await digest(here), there)).toEqual([])
})

async function areActionsWaiting(): Promise<boolean> {
  const { rows } = await t.database.pool.query(
    `select from parley_jobs.jobs where task_identifier = 'actions.carry_out'`,
  )
  return rows.length > 0
}

/** Which rows of an office name one of another, in their columns and in what those hold. */
function namedRows(digested: Json, other: Office): string[] {
  const found = new Set<string>()
  const look = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      const tables = NAMES_A_ROW.test(name) ? (ROWS[stemOf(name)] ?? []) : []
      const type = (value as Json)[`${stemOf(name)}_type`] as string | undefined
      for (const table of tables) {
        const isOfTable = tables.length === 1 || (type ?? TYPES[tables[0]!]) === TYPES[table]
        if (isOfTable && [inner].flat().includes(other.ids[table])) found.add(`${place}.${name} is of ${table}`)
      }
      look(inner, Array.isArray(value) ? place : `${place}.${name}`)
    }
  }
  look(digested, 'here')
  return [...found]
}

/** Which table a create or update writes. */
const TABLES: Record<string, string> = {
  accounts: 'accounts',
  inboxes: 'inboxes',
  contacts: 'contacts',
  'contacts/notes': 'notes',
  conversations: 'conversations',
  'conversations/messages': 'messages',
  labels: 'labels',
  canned_responses: 'canned_responses',
  teams: 'teams',
  agent_bots: 'agent_bots',
  webhooks: 'webhooks',
  custom_attribute_definitions: 'custom_attribute_definitions',
  custom_filters: 'custom_filters',
  dashboard_apps: 'dashboard_apps',
  campaigns: 'campaigns',
  macros: 'macros',
  portals: 'portals',
  categories: 'categories',
  articles: 'articles',
  csat_survey_responses: 'csat_survey_responses',
  agents: 'users',
  profiles: 'users',
  notifications: 'notifications',
}

it('a column that an operation does not declare is not written, whatever its name (CVE-2026-72719)', async () => {
  const { pool } = t.database
  const untouched = await digest(there)
  const problems: string[] = []
  const writes = operations.filter(
    (one) => /\.(create|update)$/.test(one.id) && TABLES[one.id.split('.')[0]!] && one.access !== 'nobody',
  )
  expect(writes.length).toBeGreaterThan(12)
  for (const operation of writes) {
    const table = TABLES[operation.id.split('.')[0]!]!
    const { rows: columns } = await pool.query<{ column_name: string; data_type: string }>(
      `select column_name, data_type from information_schema.columns where table_schema = 'public' and table_name = $1`,
      [table],
    )
    const declared = new Set(Object.keys(operation.body?.properties ?? {}))
    const sent: Json = {}
    for (const { column_name: name, data_type: type } of columns) {
      if (declared.has(name)) continue
      sent[name] = /int/.test(type)
        ? there.account.id
        : /json/.test(type)
          ? { stolen: true }
          : type === 'boolean'
            ? true
            : /time|date/.test(type)
              ? '1999-01-01T00:00:00Z'
              : 'stolen-value'
    }
    Object.assign(sent, { account_id: there.account.id, role: 'administrator', type: 'SuperAdmin', id: 999_999 })
    const required: Json = {
      name: t.unique('n'),
      title: t.unique('n'),
      content: table === 'dashboard_apps' ? [{ type: 'frame', url: 'https://example.test/' }] : 'x',
      short_code: t.unique('n'),
      url: `http://127.0.0.1:9/${t.unique('n')}`,
      email: `${t.unique('n')}@example.test`,
      source_id: here.texts.source_id,
      inbox_id: idOf(here, operation, 'inboxes'),
      ...(table === 'campaigns' && { message: 'x' }),
      ...(table === 'macros' && { actions: [] }),
      channel: { type: 'api' },
      outgoing_url: '',
      attribute_display_name: t.unique('n'),
      attribute_key: t.unique('n'),
      slug: t.unique('n'),
      author_id: here.account.agent.id,
    }
    for (const key of Object.keys(required)) if (declared.has(key)) sent[key] = required[key]
    if (operation.id === 'profiles.update') delete sent.email
    // An agent's role is declared; a declared field is no secret way.
    if (declared.has('role')) sent.role = 'agent'
    const before = new Map(
      (await pool.query(`select id, to_jsonb(r) as row from "${table}" r`)).rows.map(({ id, row }) => [
        id,
        row as Json,
      ]),
    )
    const answer = await send(
      here.admin,
      operation,
      pathOf(operation, here),
      operation.wrapper ? { [operation.wrapper]: sent } : sent,
    )
    if (answer.status >= 500) problems.push(`${nameOf(operation)}: ${answer.status}`)
    const after = (await pool.query(`select id, to_jsonb(r) as row from "${table}" r`)).rows as {
      id: number
      row: Json
    }[]
    for (const { id, row } of after) {
      const old = before.get(id)
      const owned = 'account_id' in row ? row.account_id : undefined
      if (!old && owned === there.account.id) problems.push(`${nameOf(operation)} made a row in another account`)
      if (id === 999_999) problems.push(`${nameOf(operation)} took the id`)
      for (const [column, value] of Object.entries(row)) {
        if (declared.has(column) || same(old?.[column], value)) continue
        const text = JSON.stringify(value) ?? ''
        if (/stolen|SuperAdmin|1999-01-01/.test(text)) problems.push(`${nameOf(operation)} wrote ${column} = ${text}`)
        if (old && column === 'account_id') problems.push(`${nameOf(operation)} moved a row to account ${text}`)
      }
    }
  }
  expect(problems).toEqual([])
  expect(await digest(there)).toEqual(untouched)
})

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
