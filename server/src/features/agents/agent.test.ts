import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { startTestApp, type TestAccount } from '../../../test/support.ts'

describe('agents', () => {
  const t = startTestApp()
  const at = (account: TestAccount, path: string | number = '') =>
    `/api/v1/accounts/${account.id}/agents${path && `/${path}`}`
  const addressOf = (word: string) => `${t.unique(word)}@example.test`

  it('invites somebody new, who waits for their confirmation', async () => {
    const account = await t.buildAccount()
    const email = addressOf('nora')
    const { status, body } = await t
      .as(account.administrator)
      .post(at(account), { agent: { name: 'Nora', email: email.toUpperCase() } })
    expect([status, body]).toEqual([
      200,
      {
        id: body.id,
        account_id: account.id,
        availability_status: 'offline',
        auto_offline: true,
        confirmed: false,
        email,
        provider: 'email',
        available_name: 'Nora',
        name: 'Nora',
        role: 'agent',
        thumbnail: '',
        custom_role_id: null,
      },
    ])
    const again = await t.as(account.administrator).post(at(account), { name: 'Nora', email })
    expect([again.status, again.body]).toEqual([
      422,
      { message: 'User has already been taken', attributes: ['user_id'] },
    ])
  })

  it('makes one member of two invitations at once', async () => {
    const account = await t.buildAccount()
    const email = addressOf('twice')
    const invite = () => t.as(account.administrator).post(at(account), { name: 'Twice', email })
    const statuses = (await Promise.all([invite(), invite(), invite()])).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 422, 422])
    const { rows } = await sql`select 1 from users where email = ${email}`.execute(t.database.kysely)
    expect(rows.length).toBe(1)
  })

  it('lists members by name', async () => {
    const account = await t.buildAccount()
    await t.as(account.administrator).post(at(account), { name: 'aaron', email: addressOf('aaron') })
    await t.as(account.administrator).post(at(account), { name: 'Zoe', email: addressOf('zoe') })
    const { body } = await t.as(account.agent).get(at(account))
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['aaron', 'Admin Person', 'Agent Person', 'Zoe'])
  })

  it('never leaves an account without an administrator', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const own = at(account, account.administrator.id)
    for (const answer of [await admin.delete(own), await admin.patch(own, { role: 'agent' })]) {
      expect([answer.status, answer.body.error]).toEqual([422, expect.stringContaining('last administrator')])
    }
    await admin.patch(at(account, account.agent.id), { role: 'administrator' })
    // Both at once: one of them stays.
    const answers = await Promise.all([admin.delete(own), t.as(account.agent).delete(at(account, account.agent.id))])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422])
    const { rows } = await sql`select 1 from account_users where account_id = ${account.id} and role = 1`.execute(
      t.database.kysely,
    )
    expect(rows.length).toBe(1)
  })

  it('changes members of its own account only', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    const admin = t.as(account.administrator)
    expect((await admin.patch(at(account, other.agent.id), { name: 'Mine' })).status).toBe(404)
    expect((await admin.delete(at(account, other.agent.id))).status).toBe(404)
    expect((await admin.patch(at(account, account.agent.id), { role: 'owner' })).body.attributes).toEqual(['role'])
    expect(
      (await admin.patch(at(account, account.agent.id), { email: addressOf('new'), name: 'Renamed' })).body,
    ).toMatchObject({
      email: account.agent.email,
      name: 'Renamed',
    })
  })

  it('takes no more members than the account may have', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    await t.database.pool.query(`update accounts set limits = '{"agents": 3}' where id = $1`, [account.id])
    const many = await admin.post(at(account, 'bulk_create'), { emails: [addressOf('one'), addressOf('two')] })
    expect([many.status, many.body]).toEqual([402, { error: 'Account limit exceeded. Please purchase more licenses' }])
    const invite = () => admin.post(at(account), { name: 'Nora', email: addressOf('nora') })
    expect([(await invite()).status, (await invite()).status]).toEqual([200, 402])
    expect((await admin.get(at(account))).body.length).toBe(3)
  })

  it('makes many members at once, and passes over what is no address', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const email = addressOf('bulk')
    const emails = [
      email,
      email.toUpperCase(),
      account.agent.email,
      'nothing',
      null,
      7,
      `${'x'.repeat(300)}@example.test`,
    ]
    const made = await admin.post(at(account, 'bulk_create'), { emails })
    expect([made.status, made.text]).toEqual([200, ''])
    const { body } = await admin.get(at(account))
    expect(body.length).toBe(3)
    expect(body.find((agent: { email: string }) => agent.email === email)).toMatchObject({
      name: email.split('@')[0],
      role: 'agent',
      auto_offline: false,
      availability_status: 'offline',
    })
    expect((await admin.post(at(account, 'bulk_create'), {})).status).toBe(422)
    const many = Array.from({ length: 501 }, (_, i) => `many-${i}@example.test`)
    expect((await admin.post(at(account, 'bulk_create'), { emails: many })).body.attributes).toEqual(['emails'])
  })
})
