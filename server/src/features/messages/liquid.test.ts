import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

it('names in a message are capitalised: all words of the contact, only the first of a conversation', async () => {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' } })
  const { body: contact } = await admin.post(`${base}/contacts`, { name: 'ada LOVELACE', inbox_id: inbox.id })
  const { source_id } = contact.payload.contact_inbox
  const { body: conversation } = await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })
  const say = async (content: string) =>
    (await admin.post(`${base}/conversations/${conversation.id}/messages`, { content })).body.content
  expect(await say('{{contact.name}}, {{conversation.contact_name}}')).toBe('Ada Lovelace, Ada lovelace')
  await admin.patch(`${base}/contacts/${contact.payload.contact.id}`, { name: null })
  expect(await say('{{contact.name}}, {{conversation.contact_name}}')).toBe(', Customer')
})
