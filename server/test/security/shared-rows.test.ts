import { expect, it } from 'vitest'
import { createAgentBot } from '../../src/features/agent-bots/agent-bot.model.ts'
import { buildOffice, isAccountOperation, nameOf, operations, pathOf, send } from '../contract/support.ts'
import { startTestApp } from '../support.ts'

// A person is one row for all their accounts, and a bot of the installation one for all there are: what one account does to them
// would be seen in the others. Anybody can be made a member by their e-mail, without being asked.
const t = startTestApp()

/** What the installation holds of somebody outside of one account, and of a bot that everybody can choose. */
async function everywhereElse(userId: number, botId: number, accountId: number): Promise<unknown> {
  const queries: [text: string, values: unknown[]][] = [
    ['select * from users where id = $1', [userId]],
    [`select * from access_tokens where owner_type = 'User' and owner_id = $1 order by id`, [userId]],
    [`select * from access_tokens where owner_type = 'AgentBot' and owner_id = $1 order by id`, [botId]],
    [
      `select * from active_storage_attachments where record_type in ('User', 'AgentBot') and record_id = any($1)`,
      [[userId, botId]],
    ],
    ['select * from notification_subscriptions where user_id = $1', [userId]],
    ['select * from account_users where user_id = $1 and account_id <> $2 order by id', [userId, accountId]],
    ['select * from notification_settings where user_id = $1 and account_id <> $2 order by id', [userId, accountId]],
    ['select * from agent_bots where id = $1', [botId]],
  ]
  const found = await Promise.all(queries.map(([text, values]) => t.database.pool.query(text, values)))
  return JSON.parse(JSON.stringify(found.map(({ rows }) => rows))) as unknown
}

it('no operation of an account changes a person of other accounts, or a bot of all accounts', async () => {
  const office = await buildOffice(t)
  const elsewhere = await t.buildAccount()
  const victim = elsewhere.agent
  const bot = await t.run((ctx) => createAgentBot(ctx, { name: 'Common', outgoing_url: 'https://bot.example.test' }))
  const join = () => office.admin.post(`${office.base}/agents`, { name: 'Taken', email: victim.email })
  expect((await join()).body).toMatchObject({ id: victim.id, name: victim.name })
  const ids = { ...office.ids, agents: victim.id, agent_bots: bot.id }
  const before = await everywhereElse(victim.id, bot.id, office.account.id)
  const problems: string[] = []
  for (const operation of operations) {
    if (!isAccountOperation(operation) || operation.access === 'nobody' || operation.id === 'accounts.destroy') continue
    const fields = operation.body?.properties ?? {}
    const body = {
      ...Object.fromEntries(Object.keys(fields).map((field) => [field, 'taken'])),
      email: victim.email,
      emails: [victim.email],
      user_id: victim.id,
      user_ids: [victim.id],
      assignee_id: victim.id,
      inbox_id: office.ids.inboxes,
      agent_bot: bot.id,
      role: 'administrator',
      availability: 'busy',
      auto_offline: false,
    }
    // Each field by itself too, because another may be what is refused.
    const alone = Object.entries(body).filter(([field]) => field in fields)
    const bodies = [body, ...alone.map(([field, value]) => ({ [field]: value }))]
    for (const one of operation.method === 'GET' ? [] : bodies) {
      const { status } = await send(office.admin, operation, pathOf(operation, { ...office, ids }), one)
      if (status >= 500) problems.push(`${nameOf(operation)}: ${status}`)
    }
    expect([operation.id, await everywhereElse(victim.id, bot.id, office.account.id)]).toEqual([operation.id, before])
    // Whoever was removed is one of them again.
    if (operation.id === 'agents.destroy') await join()
  }
  expect(problems).toEqual([])
})

it('an administrator names a member as long as every account of theirs is the administrator’s too', async () => {
  const [account, other] = [await t.buildAccount(), await t.buildAccount()]
  const { administrator, agent } = account
  const rename = (name: string, more = {}, id = agent.id) =>
    t.as(administrator).patch(`/api/v1/accounts/${account.id}/agents/${id}`, { name, ...more })
  expect((await rename('Grace')).body.name).toBe('Grace')

  const member = (of: typeof account, email: string, role: string) =>
    t.as(of.administrator).post(`/api/v1/accounts/${of.id}/agents`, { name: 'x', email, role })
  expect((await member(other, agent.email, 'administrator')).status).toBe(200)
  const refused = await rename('Hopper', { role: 'administrator', availability: 'busy' })
  expect([refused.status, refused.body.attributes]).toEqual([422, ['name']])
  const { body: agents } = await t.as(administrator).get(`/api/v1/accounts/${account.id}/agents`)
  expect(agents.find(({ id }: { id: number }) => id === agent.id)).toMatchObject({ name: 'Grace', role: 'agent' })
  // The same name is no change: forms send it along.
  expect((await rename('Grace', { role: 'administrator' })).body.role).toBe('administrator')
  // Themself they may.
  const self = `/api/v1/accounts/${account.id}/agents/${agent.id}`
  expect((await t.as(agent).patch(self, { name: 'Grace Hopper' })).body.name).toBe('Grace Hopper')

  expect((await member(other, administrator.email, 'agent')).status).toBe(200)
  expect((await rename('Hopper')).status).toBe(422)
  const theirs = `/api/v1/accounts/${other.id}/agents/${administrator.id}`
  expect((await t.as(other.administrator).patch(theirs, { role: 'administrator' })).status).toBe(200)
  expect((await rename('Hopper')).body.name).toBe('Hopper')
})

it('whoever had a login before an account invited them has it still when that account removes them', async () => {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const agents = `/api/v1/accounts/${account.id}/agents`
  const owner = await t.buildPerson()
  await t.database.pool.query(`update users set created_at = now() - interval '1 day' where id = $1`, [owner.id])
  const guest = { name: 'Guest', email: `${t.unique('guest')}@example.test` }
  const logins = async (...ids: number[]) =>
    (await t.database.pool.query('select id from users where id = any($1) order by id', [ids])).rows.map(({ id }) => id)

  const { body: known } = await admin.post(agents, { name: 'x', email: owner.email })
  const { body: made } = await admin.post(agents, guest)
  expect(await logins(owner.id, made.id)).toEqual([owner.id, made.id])
  for (const { id } of [known, made]) expect((await admin.delete(`${agents}/${id}`)).status).toBe(200)
  await expect.poll(() => logins(owner.id, made.id), { timeout: 10_000 }).toEqual([owner.id])
  expect((await t.as(owner).get('/api/v1/profile')).body.accounts).toEqual([])
})
