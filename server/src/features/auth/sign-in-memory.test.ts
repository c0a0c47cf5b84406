import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

describe('a remembered sign-in', () => {
  const t = startTestApp()
  const isForgottenBy = (statement: string) => t.app.signIns.dependOn(statement)

  it('depends on all that its statement reads', async () => {
    const account = await t.buildAccount()
    const texts: string[] = []
    const listen = (client: { query: (...args: any[]) => unknown }) => {
      const query = client.query.bind(client)
      client.query = (...args) => {
        texts.push(args[0]?.text ?? String(args[0]))
        return query(...args)
      }
    }
    t.database.pool.on('acquire', listen)
    await t.as(account.agent).get(`/api/v1/accounts/${account.id}/labels`)
    t.database.pool.off('acquire', listen)
    const text = texts.find((one) => /from access_tokens/.test(one))!
    const tables = [...text.matchAll(/\b(?:from|join) ([a-z_]+)/g)].map(([, table]) => table!)
    expect(tables).toEqual(expect.arrayContaining(['access_tokens', 'users', 'account_users', 'accounts', 'webhooks']))
    // A blob never changes under the attachment that names it.
    const read = [...new Set(tables)].filter((table) => table !== 'active_storage_blobs')
    expect(read.filter((table) => !isForgottenBy(`update ${table} set id = id`))).toEqual([])
  })

  it('is forgotten by a write to that, however it is put, and outlives every other', () => {
    const writes = [
      'insert into "access_tokens" ("token") values ($1)',
      'delete from "account_users" where "id" = $1 returning "id"',
      'with gone as (update users set name = $1 returning id) select 1 from gone',
    ]
    const others = [
      'select u.name from users u where u.id = $1 for update of u',
      'update conversations set agent_last_seen_at = $1',
      'insert into messages (content) select content from users',
      'update "notifications" set "read_at" = $1',
    ]
    expect([writes.map(isForgottenBy), others.map(isForgottenBy)]).toEqual([
      [true, true, true],
      [false, false, false, false],
    ])
  })
})
