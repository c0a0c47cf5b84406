import { sql } from 'kysely'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { inTransaction } from '../../src/context/transaction.ts'
import { Context } from '../../src/context/context.ts'
import { setAvatar } from '../../src/features/active-storage/attachment.model.ts'
import { startTestApp } from '../support.ts'
import { buildVisitor, formWith } from '../support/visitor.ts'

// A file of a request that failed has no row: nobody would ever remove it.
const t = startTestApp()

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const files = () =>
  readdirSync(join(t.folder, 'storage'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).length

let before: number
beforeEach(async () => {
  // So that there is a folder.
  const { messages } = await buildVisitor(t)
  await t.anyone.post(messages, formWith([['a.txt', 'text/plain', 'kept']]))
  before = files()
})

it('a message that is refused leaves no file, however many of its files were kept already', async () => {
  const { admin, at, messages } = await buildVisitor(t)
  const form = () => {
    const sent = formWith([
      ['a.txt', 'text/plain', 'one'],
      ['b.txt', 'text/plain', 'two'],
    ])
    sent.append('attachments[]', 'no-signed-id')
    return sent
  }
  for (let tries = 0; tries < 3; tries++) {
    expect((await admin.post(`${at}/messages`, form())).status).toBe(422)
    expect((await t.anyone.post(messages, form())).status).toBe(422)
  }
  expect(files()).toBe(before)
  expect((await admin.post(`${at}/messages`, formWith([['a.txt', 'text/plain', 'one']]))).status).toBe(200)
  expect(files()).toBe(before + 1)
})

it('a picture is not left by a transaction that fails as it is committed, and is there once where one was tried again', async () => {
  const owner = { recordType: 'Contact', recordId: 1 }
  const ctx = () => new Context({ app: t.app, db: t.database.kysely })
  const keep = (one: Context) => setAvatar(one, owner, { filename: 'a.png', content: PNG })
  const broken = inTransaction(ctx(), async (one) => {
    await keep(one)
    one.emit('account.cache_invalidated', { account_id: 2 ** 40 } as never)
  })
  await expect(broken).rejects.toThrow()
  expect(files()).toBe(before)
  let tries = 0
  await inTransaction(ctx(), async (one) => {
    await keep(one)
    // A serialization failure.
    if (tries++ === 0) await sql`do $$ begin raise exception using errcode = '40001'; end $$`.execute(one.db)
  })
  expect([tries, files()]).toEqual([2, before + 1])
})
