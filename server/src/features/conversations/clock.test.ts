import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { buildVisitor } from '../../../test/support/visitor.ts'
import { resolveQuietOnes, wakeConversations } from './clock.jobs.ts'

describe('the clock of conversations', () => {
  const t = startTestApp()

  async function start() {
    const { account, admin, base: api, talks } = await buildVisitor(t)
    const open = async () => (await t.anyone.post(talks, {})).body.id as number
    const show = async (id: number) => (await admin.get(`${api}/conversations/${id}`)).body
    const set = (id: number, what: ReturnType<typeof sql>) =>
      sql`update conversations set ${what} where account_id = ${account.id} and display_id = ${id}`.execute(
        t.database.kysely,
      )
    return { account, admin, api, open, show, set }
  }

  it('opens what was put off until now, but not what was due long ago or is due later', async () => {
    const { admin, api, open, show, set } = await start()
    const ids = [await open(), await open(), await open()]
    for (const id of ids)
      await admin.post(`${api}/conversations/${id}/toggle_status`, { status: 'snoozed', snoozed_until: 1924992000 })
    await set(ids[0]!, sql`snoozed_until = now() - interval '1 minute'`)
    await set(ids[1]!, sql`snoozed_until = now() - interval '4 days'`)
    await t.run(wakeConversations)
    const shown = await Promise.all(ids.map(show))
    expect(shown.map((conversation) => conversation.status)).toEqual(['open', 'snoozed', 'snoozed'])
    expect(shown[0].snoozed_until).toBe(null)
  })

  it('resolves what has been quiet for as long as the account wants, with a word and a label', async () => {
    const { account, admin, api, open, show, set } = await start()
    const settings = { auto_resolve_after: 120, auto_resolve_message: 'Bye', auto_resolve_label: 'quiet' }
    await sql`update accounts set settings = ${JSON.stringify(settings)}::jsonb where id = ${account.id}`.execute(
      t.database.kysely,
    )
    const [quiet, lively] = [await open(), await open()]
    await set(quiet, sql`last_activity_at = now() - interval '3 hours'`)
    await t.run(resolveQuietOnes)
    await eventually(async () => (await show(quiet)).status === 'resolved', 'the end of the quiet one')
    expect([(await show(quiet)).status, (await show(quiet)).labels, (await show(lively)).status]).toEqual([
      'resolved',
      ['quiet'],
      'open',
    ])
    const contents = async () =>
      (await admin.get(`${api}/conversations/${quiet}/messages`)).body.payload.map((m: any) => m.content)
    await eventually(async () => (await contents()).length === 2, 'its last words')
    expect(await contents()).toEqual(['Bye', 'Conversation was marked resolved by system due to 2 hours of inactivity'])
  })
})
