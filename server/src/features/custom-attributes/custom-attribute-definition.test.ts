import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  const base = `/api/v1/accounts/${account.id}`
  const admin = t.as(account.administrator)
  return { account, admin, agent: t.as(account.agent), base, definitions: `${base}/custom_attribute_definitions` }
}

const plan = { attribute_display_name: 'Plan', attribute_key: 'plan', attribute_model: 'contact_attribute' }

it('every type is kept, by its name or its number', async () => {
  const { agent, definitions } = await office()
  const types = ['text', 'number', 'currency', 'percent', 'link', 'date', 'list', 'checkbox']
  for (const [number, type] of types.entries()) {
    for (const sent of [type, number]) {
      const key = `${type}-${sent}`
      const { status, body } = await agent.post(definitions, {
        attribute_display_name: type,
        attribute_key: key,
        attribute_display_type: sent,
      })
      expect([status, body.attribute_display_type, body.attribute_model]).toEqual([200, type, 'conversation_attribute'])
    }
  }
  expect((await agent.get(definitions)).body).toHaveLength(16)
  const { status, body } = await agent.post(definitions, { ...plan, attribute_display_type: 'odd' })
  expect([status, body.attributes]).toEqual([422, ['attribute_display_type']])
})

it('what is chosen from keeps its texts and numbers, and what is neither is left out', async () => {
  const { agent, definitions } = await office()
  const { body } = await agent.post(definitions, { ...plan, attribute_values: ['gold', '2', 3, true, { a: 1 }, null] })
  expect(body.attribute_values).toEqual(['gold', '2', 3, true])
  expect((await agent.patch(`${definitions}/${body.id}`, { regex_cue: 'any' })).body).toMatchObject({
    attribute_values: ['gold', '2', 3, true],
    regex_cue: 'any',
    attribute_display_name: 'Plan',
  })
})

it('a key is taken once in each model, and not where the record has it by itself', async () => {
  const { agent, definitions } = await office()
  const make = (fields: object) => agent.post(definitions, { ...plan, ...fields })
  const [one, other] = await Promise.all([make({}), make({})])
  expect([one.status, other.status].sort()).toEqual([200, 422])
  const taken = [one, other].find(({ status }) => status === 422)!
  expect(taken.body).toEqual({ message: 'Attribute key has already been taken', attributes: ['attribute_key'] })
  expect((await make({ attribute_model: 'conversation_attribute' })).status).toBe(200)
  for (const [attribute_model, attribute_key, status] of [
    ['contact_attribute', 'email', 422],
    ['conversation_attribute', 'email', 200],
    ['conversation_attribute', 'labels', 422],
    ['contact_attribute', 'labels', 200],
  ]) {
    const answer = await make({ attribute_model, attribute_key })
    expect([attribute_model, attribute_key, answer.status]).toEqual([attribute_model, attribute_key, status])
  }
})

it('what is too long, blank or null is refused, and nothing is written', async () => {
  const { agent, definitions } = await office()
  for (const [field, value] of [
    ['attribute_key', ' '],
    ['attribute_key', 'k'.repeat(256)],
    ['attribute_display_name', null],
    ['attribute_display_name', 'n'.repeat(256)],
    ['attribute_display_type', null],
    ['attribute_model', ''],
    ['regex_pattern', 'r'.repeat(256)],
    ['attribute_values', ['v'.repeat(70_000)]],
  ] as const) {
    const { status, body } = await agent.post(definitions, { ...plan, [field]: value })
    expect([field, status, body.attributes]).toEqual([field, 422, [field]])
  }
  expect((await agent.get(definitions)).body).toEqual([])
})

it('a list is of one model where one is named', async () => {
  const { agent, definitions } = await office()
  await agent.post(definitions, plan)
  await agent.post(definitions, { ...plan, attribute_model: 'conversation_attribute' })
  const models = async (asked: string) =>
    (await agent.get(`${definitions}?attribute_model=${asked}`)).body.map((one: any) => one.attribute_model)
  const found = await Promise.all(['0', '1', 'contact_attribute', '', 'odd', '-1', '2'].map(models))
  const [conversation, contact] = ['conversation_attribute', 'contact_attribute']
  expect(found).toEqual([[conversation], [contact], [contact], [contact, conversation], [], [], []])
})

it('the forms of websites that ask for it change with it and lose it with it, in its own account only', async () => {
  const here = await office()
  const there = await office()
  const email = { name: 'emailAddress', label: 'Email', enabled: true }
  const form = { pre_chat_message: 'Hi', pre_chat_fields: [email, { name: 'plan', label: 'Old', required: true }] }
  const websites = await Promise.all(
    [here, there].map(async ({ admin, base }) => {
      const channel = { type: 'web_widget', website_url: 'https://a.test', pre_chat_form_options: form }
      const { body } = await admin.post(`${base}/inboxes`, { name: 'Site', channel })
      return `${base}/inboxes/${body.id}`
    }),
  )
  const fields = async ({ admin }: typeof here, path: string) =>
    (await admin.get(path)).body.pre_chat_form_options.pre_chat_fields
  const { id } = (await here.agent.post(here.definitions, plan)).body
  await here.agent.patch(`${here.definitions}/${id}`, { attribute_display_name: 'Tariff', attribute_values: ['gold'] })
  const changed = { name: 'plan', label: 'Tariff', placeholder: 'Tariff', required: true, values: ['gold'] }
  expect(await fields(here, websites[0]!)).toEqual([email, { ...changed, regex_pattern: null, regex_cue: null }])
  expect((await here.agent.delete(`${here.definitions}/${id}`)).status).toBe(204)
  expect(await fields(here, websites[0]!)).toEqual([email])
  expect(await fields(there, websites[1]!)).toEqual(form.pre_chat_fields)
})
