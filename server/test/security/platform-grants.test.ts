import { beforeAll, expect, it } from 'vitest'
import type { Operation } from '../../src/http/operation.ts'
import { permit, type PermissibleType } from '../../src/features/platform/permissible.model.ts'
import { buildPlatformApp, nameOf, operations, send } from '../contract/support.ts'
import { PASSWORD, startTestApp, type Client, type TestAccount } from '../support.ts'

// An app of the Platform API reaches what it made or was granted, whether a path or a body names it, by id or by e-mail.
const t = startTestApp()
const api = '/platform/api/v1'

interface PlatformApp extends Client {
  id: number
}

async function buildApp(): Promise<PlatformApp> {
  const { id, token } = await buildPlatformApp(t)
  return { id, ...t.as({ access_token: token }) }
}

/** One of everything, by an app. */
async function buildObjects(app: PlatformApp): Promise<Record<PermissibleType, number>> {
  const made = async (path: string, body: object) => {
    const answer = await app.post(`${api}/${path}`, body)
    expect([path, answer.status]).toEqual([path, 200])
    return answer.body.id as number
  }
  const Account = await made('accounts', { name: t.unique('Acme') })
  const User = await made('users', { name: 'Ada', email: `${t.unique('ada')}@example.test`, password: PASSWORD })
  const AgentBot = await made('agent_bots', { name: 'Bender', account_id: Account })
  await made(`accounts/${Account}/account_users`, { user_id: User })
  return { Account, User, AgentBot }
}

let app: PlatformApp
let own: Record<PermissibleType, number>
let foreign: Record<PermissibleType, number>
beforeAll(async () => {
  app = await buildApp()
  own = await buildObjects(app)
  foreign = await buildObjects(await buildApp())
})

const TYPES: Record<string, PermissibleType> = {
  accounts: 'Account',
  users: 'User',
  agent_bots: 'AgentBot',
  account_id: 'Account',
  user_id: 'User',
}
const NOBODYS = 999_999_999

function pathOf(operation: Operation, ids: Record<PermissibleType, number>): string {
  return operation.path.replace(/([a-z_]+)\/:\w+/g, (_, table: string) => `${table}/${ids[TYPES[table]!]}`)
}

const refusalOf = (type: PermissibleType, id: number) =>
  `401 {"error":"Non permissible resource"} ${type} ${id} for platform app ${app.id}`

const platform = operations.filter(({ family }) => family === 'platform')

async function everything(): Promise<unknown> {
  const tables = ['accounts', 'users', 'agent_bots', 'access_tokens', 'account_users', 'platform_app_permissibles']
  const rows = tables.map((table) => t.database.pool.query(`select * from ${table} order by id`))
  return (await Promise.all(rows)).map(({ rows: all }) => all)
}

it('what was not granted is reached by no path of any operation', async () => {
  const before = await everything()
  const problems: string[] = []
  for (const operation of platform) {
    const table = /([a-z_]+)\/:\w+/.exec(operation.path)?.[1]
    if (!table) continue
    const wanted = refusalOf(TYPES[table]!, foreign[TYPES[table]!])
    const { status, text, headers } = await send(app, operation, pathOf(operation, foreign), { user_id: own.User })
    const answer = `${status} ${text} ${headers.get('x-missing-grant')}`
    if (answer !== wanted) problems.push(`${nameOf(operation)}: ${answer}`)
  }
  expect(problems).toEqual([])
  expect(await everything()).toEqual(before)
})

it('what was not granted is reached by no field of any body, and is not told from what does not exist', async () => {
  const before = await everything()
  const problems: string[] = []
  let asked = 0
  for (const operation of platform) {
    const fields = Object.keys({ ...operation.body?.properties, ...operation.query?.properties })
    for (const field of fields.filter((one) => /_ids?$/.test(one))) {
      const type = TYPES[field]
      if (!type) problems.push(`${nameOf(operation)}: nobody has thought about ${field}`)
      for (const id of type ? [foreign[type], NOBODYS] : []) {
        asked++
        const { status, text, headers } = await send(app, operation, pathOf(operation, own), { [field]: id })
        const answer = `${status} ${text} ${headers.get('x-missing-grant')}`
        if (answer !== refusalOf(type!, id)) problems.push(`${nameOf(operation)} ${field}=${id}: ${answer}`)
      }
    }
  }
  expect(problems).toEqual([])
  expect(asked).toBeGreaterThanOrEqual(8)
  expect(await everything()).toEqual(before)
})

it('an e-mail gives no right to the person who has it', async () => {
  const account = await t.buildAccount()
  const { email, id } = account.administrator
  const take = () => app.post(`${api}/users`, { name: 'Mine', email: email.toUpperCase(), password: PASSWORD })
  const refused = await take()
  expect([refused.status, refused.body]).toEqual([401, { error: 'Non permissible resource' }])
  expect(refused.headers.get('x-missing-grant')).toBe(`User ${id} for platform app ${app.id}`)
  for (const path of ['', '/login']) expect((await app.get(`${api}/users/${id}${path}`)).status).toBe(401)
  await t.run((ctx) => permit(ctx, app.id, 'User', id))
  expect((await take()).body).toMatchObject({ id, name: account.administrator.name })
})

it('two apps that make the same person at once: one of them gets them', async () => {
  const other = await buildApp()
  const email = `${t.unique('grace')}@example.test`
  const make = (one: PlatformApp) => one.post(`${api}/users`, { name: 'Grace', email, password: PASSWORD })
  const answers = await Promise.all([make(app), make(other), make(app), make(other)])
  const gets = answers.map(({ status }) => status)
  expect([
    [200, 401, 200, 401],
    [401, 200, 401, 200],
  ]).toContainEqual(gets)
})

async function buildInbox(account: TestAccount): Promise<{ inbox: number; path: string }> {
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, {
    name: 'Chat',
    channel: { type: 'api', webhook_url: '' },
  })
  const { body: contact } = await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })
  const { source_id } = contact.payload.contact_inbox
  const { body: talk } = await admin.post(`${base}/conversations`, { source_id, inbox_id: inbox.id })
  return { inbox: inbox.id, path: `${base}/conversations/${talk.id}/messages` }
}

it('a bot of no account writes where an administrator gave it an inbox, and nowhere else', async () => {
  const [account, other] = [await t.buildAccount(), await t.buildAccount()]
  const [here, there] = [await buildInbox(account), await buildInbox(other)]
  const { body: bot } = await app.post(`${api}/agent_bots`, { name: 'Everywhere' })
  const say = async (path: string) => (await t.as(bot).post(path, { content: 'Beep' })).status
  expect([await say(here.path), await say(there.path)]).toEqual([401, 401])
  const set = `/api/v1/accounts/${account.id}/inboxes/${here.inbox}/set_agent_bot`
  expect((await t.as(account.administrator).post(set, { agent_bot: bot.id })).status).toBe(200)
  expect([await say(here.path), await say(there.path)]).toEqual([200, 401])
})

it('a bot that moves to another account leaves the inboxes and conversations of the one before', async () => {
  const [account, other] = [await t.buildAccount(), await t.buildAccount()]
  const [here, there] = [await buildInbox(account), await buildInbox(other)]
  for (const { id } of [account, other]) await t.run((ctx) => permit(ctx, app.id, 'Account', id))
  const { body: bot } = await app.post(`${api}/agent_bots`, { name: 'Mover', account_id: account.id })
  const admin = t.as(account.administrator)
  const of = `/api/v1/accounts/${account.id}/inboxes/${here.inbox}`
  await admin.post(`${of}/set_agent_bot`, { agent_bot: bot.id })
  const assigned = { assignee_id: bot.id, assignee_type: 'AgentBot' }
  expect((await admin.post(here.path.replace('messages', 'assignments'), assigned)).status).toBe(200)
  const say = async (path: string) => (await t.as(bot).post(path, { content: 'Beep' })).status
  expect([await say(here.path), await say(there.path)]).toEqual([200, 401])
  expect((await app.patch(`${api}/agent_bots/${bot.id}`, { account_id: other.id })).status).toBe(200)
  expect([await say(here.path), await say(there.path)]).toEqual([401, 200])
  expect((await admin.get(`${of}/agent_bot`)).body).toEqual({})
  const { body: talk } = await admin.get(here.path.replace('/messages', ''))
  expect(talk.meta.assignee).toBeUndefined()
})
