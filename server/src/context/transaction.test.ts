import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../test/support.ts'
import { inTransaction } from './transaction.ts'
import { Context } from './context.ts'

const t = startTestApp()

describe('a transaction', () => {
  it('holds what was written, its events and its jobs, or nothing of them', async () => {
    const account = await t.buildAccount()
    const admin = t.as(account.administrator)
    const { body: inbox } = await admin.post(`/api/v1/accounts/${account.id}/inboxes`, {
      name: 'Desk',
      channel: { type: 'api' },
    })
    const contacts = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
    const { body: contact } = await t.anyone.post(contacts, {})
    const { body: talk } = await t.anyone.post(`${contacts}/${contact.source_id}/conversations`, {})
    const write = (webhook: boolean) =>
      t.anyone.post(`${contacts}/${contact.source_id}/conversations/${talk.id}/messages`, {
        content: webhook ? 'heard' : 'unheard',
      })
    // Once where nobody waits for the event, and once where somebody does.
    await write(false)
    await admin.post(`/api/v1/accounts/${account.id}/webhooks`, {
      url: 'http://127.0.0.1:9/hook',
      subscriptions: ['message_created'],
    })
    await write(true)
    const { rows } = await sql<{ content: string; together: boolean }>`
      select m.content, m.xmin = e.xmin as together from messages m
      join parley.events e on e.name = 'message.created' and (e.data ->> 'message_id')::integer = m.id
      where m.account_id = ${account.id} and m.message_type = 0 order by m.id`.execute(t.database.kysely)
    expect(rows).toEqual([
      { content: 'unheard', together: true },
      { content: 'heard', together: true },
    ])
  })

  it('leaves nothing when its events cannot be written, and its connection is fit for the next', async () => {
    const account = await t.buildAccount()
    const before = t.database.pool.totalCount
    const ctx = new Context({ app: t.app, db: t.database.kysely })
    const work = inTransaction(ctx, async () => {
      await sql`update accounts set name = 'Changed' where id = ${account.id}`.execute(ctx.db)
      ctx.emit('account.cache_invalidated', { account_id: 2 ** 40 } as never)
    })
    await expect(work).rejects.toThrow()
    const { rows } = await sql<{ name: string }>`select name from accounts where id = ${account.id}`.execute(
      t.database.kysely,
    )
    expect(rows[0]!.name).not.toBe('Changed')
    expect(t.database.pool.totalCount).toBe(before)
    expect(t.events).toEqual([])
  })
})
