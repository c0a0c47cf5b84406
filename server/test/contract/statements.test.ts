import { expect, it } from 'vitest'
import { startTestApp } from '../support.ts'
import { buildOffice, isAccountOperation, operations, pathOf, type Office } from './support.ts'

const t = startTestApp({ PARLEY_RUN: 'web' })

/** Twenty-four more of everything that is listed, made as the API makes it. */
async function fill(office: Office): Promise<void> {
  const { admin, base, ids, account } = office
  for (let at = 0; at < 24; at++) {
    const mark = t.unique('more')
    const inbox = (await admin.post(`${base}/inboxes`, { name: mark, channel: { type: 'api', webhook_url: '' } })).body
    await admin.post(`${base}/agents`, { name: mark, email: `${mark}@example.test`, role: 'agent' })
    const contact = (await admin.post(`${base}/contacts`, { name: mark, inbox_id: ids.inboxes })).body.payload
    await admin.post(`${base}/contacts/${ids.contacts}/contact_inboxes`, { inbox_id: inbox.id })
    const mine = { inbox_id: ids.inboxes, contact_id: ids.contacts, source_id: office.texts.source_id }
    const conversation = (await admin.post(`${base}/conversations`, mine)).body
    await admin.post(`${base}/conversations`, { inbox_id: ids.inboxes, contact_id: contact.contact.id, source_id: contact.contact_inbox.source_id, assignee_id: account.agent.id })
    await admin.post(`${base}/conversations/${conversation.id}/messages`, { content: mark })
    await admin.post(`${base}/conversations/${ids.conversations}/messages`, { content: mark })
    const file = new FormData()
    file.append('content', mark)
    file.append('attachments[]', new Blob(['text'], { type: 'text/plain' }), 'note.txt')
    await admin.post(`${base}/conversations/${ids.conversations}/messages`, file)
    await admin.post(`${base}/labels`, { title: mark })
    await admin.post(`${base}/teams`, { name: mark })
    await admin.post(`${base}/agent_bots`, { name: mark, outgoing_url: '' })
    await admin.post(`${base}/webhooks`, { url: `http://127.0.0.1:9/${mark}`, subscriptions: ['contact_created'], inbox_id: inbox.id })
    await t.database.pool.query(
      `insert into notifications (account_id, user_id, notification_type, primary_actor_type, primary_actor_id, created_at, updated_at, last_activity_at)
       select account_id, $2, 1, 'Conversation', id, now(), now(), now() from conversations where account_id = $1 and display_id = $3`,
      [account.id, account.administrator.id, conversation.id],
    )
  }
  const { rows } = await t.database.pool.query('select user_id from account_users where account_id = $1', [account.id])
  const everybody = rows.map((row) => row.user_id as number)
  await admin.post(`${base}/inbox_members`, { inbox_id: ids.inboxes, user_ids: everybody })
  await admin.post(`${base}/teams/${ids.teams}/team_members`, { user_ids: everybody })
  await admin.post(`${base}/conversations/${ids.conversations}/participants`, { user_ids: everybody })
}

const lists = operations.filter(
  (one) => one.method === 'GET' && ((isAccountOperation(one) && one.access !== 'nobody') || (one.family === 'client' && one.path.includes('inboxes'))),
)

async function count(office: Office): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const operation of lists) {
    const query = new URLSearchParams()
    if (operation.id === 'assignable_agents.index') query.append('inbox_ids[]', String(office.ids.inboxes))
    if (operation.id === 'contacts.search') query.append('q', 'm')
    if ('include_contact_inboxes' in (operation.query?.properties ?? {})) query.append('include_contact_inboxes', 'true')
    if (operation.id === 'conversations.index') query.append('assignee_type', 'all')
    const path = `${pathOf(operation, office)}?${query}`
    const client = operation.family === 'client' ? t.anyone : office.admin
    await client.get(path)
    const before = t.statements
    const { status } = await client.get(path)
    counts[operation.id] = t.statements - before
    expect([operation.id, status]).toEqual([operation.id, 200])
  }
  return counts
}

it('a list takes as many statements for 25 rows as for one', async () => {
  const few = await buildOffice(t)
  const many = await buildOffice(t)
  await fill(many)
  const [one, all] = [await count(few), await count(many)]
  expect(all).toEqual(one)
  expect(Math.min(...Object.values(all))).toBeGreaterThan(0)
  expect(Math.max(...Object.values(all))).toBeLessThan(12)
}, 60_000)
