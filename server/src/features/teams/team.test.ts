import { describe, expect, it } from 'vitest'
import { startTestApp, type TestAccount } from '../../../test/support.ts'

describe('teams', () => {
  const t = startTestApp()
  const at = (account: TestAccount, path = '') => `/api/v1/accounts/${account.id}/teams${path}`

  it('keeps names in lower case and once in an account, and tells the open dashboards', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const { body: team } = await admin.post(at(account), { team: { name: 'Sales', description: 'They sell' } })
    expect(team).toEqual({
      id: team.id,
      name: 'sales',
      description: 'They sell',
      allow_auto_assign: true,
      account_id: account.id,
      is_member: false,
    })
    expect(t.events.map((event) => event.data)).toEqual([
      expect.objectContaining({ account_id: account.id, model: 'team' }),
    ])
    expect((await admin.post(at(account), { name: 'SALES' })).body).toEqual({
      message: 'Name has already been taken',
      attributes: ['name'],
    })
    expect((await admin.post(at(account), { description: 'nameless' })).body.message).toBe('Name must not be blank')
    expect((await admin.post(at(account), { name: '🙂'.repeat(255) })).status).toBe(200)
    expect((await admin.post(at(account), { name: '🙂'.repeat(256) })).body.message).toBe(
      'Name is too long (maximum is 255 characters)',
    )
    expect((await admin.post(at(account), {})).body.error).toBe('param is missing or the value is empty: team')
    const other = await t.buildAccount()
    expect((await t.as(other.administrator).post(at(other), { name: 'sales' })).status).toBe(200)
    expect((await t.as(other.administrator).get(at(other, `/${team.id}`))).status).toBe(404)
  })

  it('answers those who joined, and refuses people of elsewhere', async () => {
    const [account, other] = [await t.buildAccount(), await t.buildAccount()]
    const [admin, agent] = [account.administrator, account.agent]
    const { body: team } = await t.as(admin).post(at(account), { name: 'night' })
    const members = at(account, `/${team.id}/team_members`)
    const ids = (answer: any) => answer.body.map((member: any) => member.id)
    expect(ids(await t.as(admin).post(members, { user_ids: [agent.id] }))).toEqual([agent.id])
    expect(ids(await t.as(admin).post(members, { user_ids: [agent.id, admin.id] }))).toEqual([admin.id])
    expect(ids(await t.as(agent).get(members))).toEqual([agent.id, admin.id])
    expect((await t.as(agent).get(at(account, `/${team.id}`))).body.is_member).toBe(true)
    expect(await t.as(admin).post(members, { user_ids: [other.agent.id] })).toMatchObject({
      status: 401,
      body: { error: 'Invalid User IDs' },
    })
    expect((await t.as(admin).patch(members, new URLSearchParams({ 'user_ids[]': '' }))).body.error).toBe(
      'Invalid User IDs',
    )
    expect(ids(await t.as(admin).patch(members, { user_ids: [admin.id] }))).toEqual([admin.id])
    expect((await t.as(admin).delete(members, { user_ids: [admin.id] })).status).toBe(200)
    expect(ids(await t.as(admin).get(members))).toEqual([])
    expect((await t.as(admin).post(members, {})).status).toBe(422)
  })
})
