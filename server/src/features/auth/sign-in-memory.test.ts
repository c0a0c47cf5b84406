import { describe, expect, it } from 'vitest'
import { startTestApp, type Answer, type Client, type TestAccount } from '../../../test/support.ts'
import { createPlatformApp, permit } from '../platform/permissible.model.ts'

describe('a right that ends at one process', () => {
  const shared = { DATABASE_URL: 'postgres://shared' }
  // Longer than any test: what is still known was not forgotten.
  const settings = { signInMemory: 600_000 }
  const one = startTestApp(shared, settings)
  const two = startTestApp({ ...shared, PARLEY_RUN: 'web,cable' }, settings)

  const api = (account: TestAccount) => `/api/v1/accounts/${account.id}`
  const platform = async (account: TestAccount) => {
    const app = await one.run((ctx) => createPlatformApp(ctx, 'Billing'))
    await one.run((ctx) => permit(ctx, app.id, 'Account', account.id))
    await one.run((ctx) => permit(ctx, app.id, 'User', account.agent.id))
    return one.as(app)
  }
  const bot = async (account: TestAccount) => {
    const { body } = await one
      .as(account.administrator)
      .post(`${api(account)}/agent_bots`, { name: 'Robot', outgoing_url: '' })
    return body
  }

  it.each<
    [
      string,
      (account: TestAccount) => Promise<{
        token: string
        ask?: (client: Client) => Promise<Answer>
        end: () => Promise<{ status: number }>
      }>,
    ]
  >([
    [
      'membership',
      async (account) => ({
        token: account.agent.access_token,
        end: () => one.as(account.administrator).delete(`${api(account)}/agents/${account.agent.id}`),
      }),
    ],
    [
      'role',
      async (account) => ({
        token: account.administrator.access_token,
        ask: (client) => client.get(`${api(account)}/webhooks`),
        end: async () => {
          const { id } = account.administrator
          return (await platform(account)).post(`/platform/api/v1/accounts/${account.id}/account_users`, {
            user_id: id,
            role: 'agent',
          })
        },
      }),
    ],
    [
      'token',
      async (account) => ({
        token: account.agent.access_token,
        end: () => one.as(account.agent).post('/api/v1/profile/reset_access_token'),
      }),
    ],
    [
      'person',
      async (account) => ({
        token: account.agent.access_token,
        end: async () => (await platform(account)).delete(`/platform/api/v1/users/${account.agent.id}`),
      }),
    ],
    [
      'account',
      async (account) => ({
        token: account.agent.access_token,
        end: async () => (await platform(account)).delete(`/platform/api/v1/accounts/${account.id}`),
      }),
    ],
    [
      'account that is suspended',
      async (account) => ({
        token: account.agent.access_token,
        end: async () =>
          (await platform(account)).patch(`/platform/api/v1/accounts/${account.id}`, { status: 'suspended' }),
      }),
    ],
    [
      'bot',
      async (account) => {
        const { id, access_token: token } = await bot(account)
        // Of a conversation that there is not: they come as far as that.
        const ask = (client: Client) => client.post(`${api(account)}/conversations/1/messages`, { content: 'Hello' })
        return { token, ask, end: () => one.as(account.administrator).delete(`${api(account)}/agent_bots/${id}`) }
      },
    ],
  ])('ends at the others: %s', async (what, build) => {
    const account = await one.buildAccount()
    const { token, ask = (client) => client.get(`${api(account)}/conversations`), end } = await build(account)
    const status = async () => (await ask(two.as({ access_token: token }))).status
    const before = await status()
    expect(before).not.toBe(401)
    expect((await end()).status).toBe(200)
    await expect.poll(status, { timeout: 5000, interval: 10 }).toBe(what === 'account' ? 404 : 401)
  })
})
