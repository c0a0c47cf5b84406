import { beforeAll, expect, it } from 'vitest'
import type { Operation } from '../../src/http/operation.ts'
import { startTestApp } from '../support.ts'
import {
  buildOffice,
  isAccountOperation,
  nameOf,
  operations,
  pathOf,
  send,
  tableOf,
  type Json,
  type Office,
} from './support.ts'

const t = startTestApp()

let here: Office
let there: Office

beforeAll(async () => {
  here = await buildOffice(t, t.unique('ours'))
  there = await buildOffice(t, t.unique('theirs'))
  // Conversations are numbered in each account: only a number that is not in use here can be somebody else's.
  for (let more = 0; more < 3; more++) {
    const { body } = await there.admin.post(`${there.base}/conversations`, {
      source_id: there.texts.source_id,
      inbox_id: there.ids.inboxes,
    })
    there.ids.conversations = body.id
  }
})

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

const ID_FIELDS: Record<string, string> = {
  inbox_id: 'inboxes',
  inbox_ids: 'inboxes',
  contact_id: 'contacts',
  base_contact_id: 'contacts',
  mergee_contact_id: 'other_contact',
  team_id: 'teams',
  assignee_id: 'agents',
  user_ids: 'agents',
  sender_id: 'agents',
  agent_bot: 'agent_bots',
  primary_actor_id: 'conversations',
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
      names.map((name) => [name, there.ids[tableOf(operation, name)] ?? there.texts.title]),
    )
    const body = {
      name: 'taken',
      title: 'taken',
      content: 'taken',
      user_ids: [here.account.agent.id],
      labels: ['taken'],
      custom_attributes: ['a'],
    }
    const { status, text } = await send(here.admin, operation, pathOf(operation, here, foreign), body)
    if (text.includes(there.mark)) problems.push(`${nameOf(operation)} shows ${text.slice(0, 200)}`)
    if (status !== 404 && status !== 422 && status !== 401)
      problems.push(`${nameOf(operation)}: ${status} ${text.slice(0, 200)}`)
  }
  expect(problems).toEqual([])
  expect(await digest(there)).toEqual(before)
})

it('no id of another account in a body or query leads anywhere', async () => {
  const before = await digest(there)
  const problems: string[] = []
  const fieldsOf = (operation: Operation) =>
    [...Object.keys(operation.body?.properties ?? {}), ...Object.keys(operation.query?.properties ?? {})].filter(
      (field) => field in ID_FIELDS,
    )
  // What the list does not know is a field nobody has thought about.
  const known = new Set([...Object.keys(ID_FIELDS), 'source_id', 'echo_id', 'portal_id', 'campaign_id', 'account_id'])
  const odd = mine
    .flatMap((one) => Object.keys({ ...one.body?.properties, ...one.query?.properties }))
    .filter((key) => /_ids?$/.test(key) && !known.has(key))
  expect(odd).toEqual([])
  for (const operation of mine) {
    const fields = fieldsOf(operation)
    for (const chosen of [...fields.map((field) => [field]), fields]) {
      if (!chosen.length) continue
      const own: Json = {
        source_id: operation.id.includes('contact') ? t.unique('source') : here.texts.source_id,
        name: 'x',
        content: 'x',
        url: `http://127.0.0.1:9/${t.unique('x')}`,
        primary_actor_type: 'Conversation',
      }
      for (const field of fields) {
        const id = (chosen.includes(field) ? there : here).ids[ID_FIELDS[field]!]
        own[field] = field.endsWith('_ids') ? [id] : id
      }
      if (operation.method === 'DELETE' && !fields.length) continue
      const query = new URLSearchParams(
        Object.entries(own).flatMap(([key, value]) =>
          Array.isArray(value) ? value.map((one) => [`${key}[]`, String(one)]) : [[key, String(value)]],
        ) as [string, string][],
      )
      const path = pathOf(operation, here)
      const { status, text } = await send(
        here.admin,
        operation,
        operation.method === 'GET' ? `${path}?${query}` : path,
        operation.wrapper ? { [operation.wrapper]: own } : own,
      )
      if (status >= 500) problems.push(`${nameOf(operation)} ${chosen}: ${status}`)
      if (text.includes(there.mark) || text.includes(there.account.agent.email))
        problems.push(`${nameOf(operation)} ${chosen} shows ${text.slice(0, 300)}`)
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
  expect(await digest(there)).toEqual(before)
})

/** Which table a create or update writes. */
const TABLES: Record<string, string> = {
  accounts: 'accounts',
  inboxes: 'inboxes',
  contacts: 'contacts',
  conversations: 'conversations',
  'conversations/messages': 'messages',
  labels: 'labels',
  teams: 'teams',
  agent_bots: 'agent_bots',
  webhooks: 'webhooks',
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
      content: 'x',
      url: `http://127.0.0.1:9/${t.unique('n')}`,
      email: `${t.unique('n')}@example.test`,
      source_id: here.texts.source_id,
      inbox_id: here.ids.inboxes,
      channel: { type: 'api' },
      outgoing_url: '',
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
