import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { buildTalk } from '../../../test/support/visitor.ts'

const t = startTestApp()

async function talkWith(name: string) {
  const { admin, base, contact, write } = await buildTalk(t, { name })
  const say = async (content: string): Promise<string> => (await write({ content })).body.content
  return { admin, base, contact, say }
}

it('names in a message are capitalised: all words of the contact, only the first of a conversation', async () => {
  const { admin, base, contact, say } = await talkWith('ada LOVELACE')
  expect(await say('{{contact.name}}, {{conversation.contact_name}}')).toBe('Ada Lovelace, Ada lovelace')
  await admin.patch(`${base}/contacts/${contact.id}`, { name: null })
  expect(await say('{{contact.name}}, {{conversation.contact_name}}')).toBe(', Customer')
})

it.each([
  ['ada', 'Ada||'],
  ['ada LOVELACE', 'Ada Lovelace|Ada|Lovelace'],
  [' ada  king of lovelace ', 'Ada King Of Lovelace|Ada|Lovelace'],
])('a first and a last name are those of at least two words: %j', async (name, names) => {
  const { admin, say } = await talkWith(name)
  expect(await say('{{contact.name}}|{{contact.first_name}}|{{contact.last_name}}')).toBe(names)
  expect((await admin.put('/api/v1/profile', { profile: { name } })).status).toBe(200)
  expect(await say('{{agent.name}}|{{agent.first_name}}|{{agent.last_name}}')).toBe(names)
})

it('the values of a template are given no more together than one text', async () => {
  const { at, admin, write } = await buildTalk(t)
  const loop = '{% for i in (1..40) %}{% for j in (1..20) %}{{ j }}{% endfor %}{% endfor %}'
  const values = Array.from({ length: 50 }, () => loop)
  const { status } = await write({
    content: 'Hello {{ contact.first_name }}',
    template_params: { name: 'many', processed_params: { values } },
  })
  expect(status).toBe(200)
  const [message] = (await admin.get(at)).body.messages
  expect(message.content).toBe('Hello Ada')
  const filled: string[] = message.additional_attributes.template_params.processed_params.values
  expect(filled[0]).toMatch(/^1234.*1920$/)
  expect(filled.filter((text) => text !== loop).length).toBeLessThan(5)
})
