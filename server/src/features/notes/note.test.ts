import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  const [admin, agent] = [t.as(account.administrator), t.as(account.agent)]
  const contacts = `/api/v1/accounts/${account.id}/contacts`
  const contactOf = async (name: string) => (await admin.post(contacts, { name })).body.payload.contact.id as number
  const ada = await contactOf('Ada')
  return { account, admin, agent, contacts, contactOf, ada, notes: `${contacts}/${ada}/notes` }
}

it('agents write notes about a contact, and see the newest first', async () => {
  const { account, admin, agent, notes } = await office()
  const { body: first } = await agent.post(notes, { content: 'Called on **Monday**' })
  const { body: second } = await admin.post(notes, { note: { content: 'Prefers e-mail' } })
  expect(first).toEqual({
    id: first.id,
    content: 'Called on **Monday**',
    account_id: null,
    contact_id: null,
    user: expect.objectContaining({ id: account.agent.id, role: 'agent', name: 'Agent Person' }),
    created_at: first.created_at,
    updated_at: first.created_at,
  })
  expect((await agent.get(notes)).body).toEqual([second, first])
  expect((await agent.get(`${notes}/${first.id}`)).body).toEqual(first)
  expect((await agent.delete(`${notes}/${second.id}`)).text).toBe('')
  expect((await admin.get(notes)).body).toEqual([first])
})

it('who changes a note is its author, and a blank text changes nothing', async () => {
  const { account, admin, agent, notes } = await office()
  const { body: note } = await agent.post(notes, { content: 'Called on Monday' })
  const { body: blank } = await admin.put(`${notes}/${note.id}`, { content: ' ' })
  expect([blank.content, blank.user.id]).toEqual([' ', account.administrator.id])
  expect((await agent.get(`${notes}/${note.id}`)).body).toEqual(note)
  const { body: changed } = await admin.patch(`${notes}/${note.id}`, { content: 'Called on Tuesday' })
  expect([changed.content, changed.user.id]).toEqual(['Called on Tuesday', account.administrator.id])
  expect((await agent.get(notes)).body).toEqual([changed])
})

it('refuses a blank note, and finds none by way of another contact', async () => {
  const { agent, contacts, contactOf, notes } = await office()
  expect((await agent.post(notes, { content: '' })).body).toEqual({
    message: "Content can't be blank",
    attributes: ['content'],
  })
  expect((await agent.post(notes, {})).body.error).toBe('param is missing or the value is empty: note')
  const { body: note } = await agent.post(notes, { content: 'Hers' })
  const ben = await contactOf('Ben')
  for (const verb of ['get', 'patch', 'delete'] as const) {
    expect(
      (await agent[verb](`${contacts}/${ben}/notes/${note.id}`, verb === 'patch' ? { content: 'His' } : undefined))
        .status,
    ).toBe(404)
  }
  expect((await agent.get(notes)).body).toEqual([note])
})

it('a note stays when its author is gone, and moves with a contact that is merged', async () => {
  const { account, admin, agent, contacts, contactOf, ada, notes } = await office()
  const { body: note } = await agent.post(notes, { content: 'Kept' })
  await t.database.pool.query('update notes set user_id = null where id = $1', [note.id])
  const { user: _, ...nobodys } = note
  expect((await admin.get(notes)).body).toEqual([nobodys])
  const ben = await contactOf('Ben')
  await admin.post(`/api/v1/accounts/${account.id}/actions/contact_merge`, {
    base_contact_id: ben,
    mergee_contact_id: ada,
  })
  expect((await admin.get(`${contacts}/${ben}/notes`)).body).toMatchObject([{ id: note.id, content: 'Kept' }])
})
