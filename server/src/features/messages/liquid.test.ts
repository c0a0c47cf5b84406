import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function buildTalk(name: string) {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' } })
  const { body: contact } = await admin.post(`${base}/contacts`, { name, inbox_id: inbox.id })
  const { source_id } = contact.payload.contact_inbox
  const { body: conversation } = await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })
  const say = async (content: string): Promise<string> =>
    (await admin.post(`${base}/conversations/${conversation.id}/messages`, { content })).body.content
  return { admin, base, contact, say }
}

it('names in a message are capitalised: all words of the contact, only the first of a conversation', async () => {
  const { admin, base, contact, say } = await buildTalk('ada LOVELACE')
  expect(await say('{{contact.name}}, {{conversation.contact_name}}')).toBe('Ada Lovelace, Ada lovelace')
  await admin.patch(`${base}/contacts/${contact.payload.contact.id}`, { name: null })
  expect(await say('{{contact.name}}, {{conversation.contact_name}}')).toBe(', Customer')
})

it.each([
  ['ada', 'Ada||'],
  ['ada LOVELACE', 'Ada Lovelace|Ada|Lovelace'],
  [' ada  king of lovelace ', 'Ada King Of Lovelace|Ada|Lovelace'],
])('a first and a last name are those of at least two words: %j', async (name, names) => {
  const { admin, say } = await buildTalk(name)
  expect(await say('{{contact.name}}|{{contact.first_name}}|{{contact.last_name}}')).toBe(names)
  expect((await admin.put('/api/v1/profile', { profile: { name } })).status).toBe(200)
  expect(await say('{{agent.name}}|{{agent.first_name}}|{{agent.last_name}}')).toBe(names)
})
