import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { buildVisitor } from '../../../test/support/visitor.ts'

const t = startTestApp()

describe('a message of a visitor', () => {
  it('has 150000 characters at most, however many bytes these take', async () => {
    const { messages } = await buildVisitor(t)
    expect(await t.anyone.post(messages, { content: '😀'.repeat(150_000) })).toMatchObject({ status: 200 })
    expect(await t.anyone.post(messages, { content: '😀'.repeat(150_001) })).toMatchObject({
      status: 422,
      body: { message: 'Content is too long (maximum is 150000 characters)', attributes: ['content'] },
    })
  })

  it('is listed from before an id; a blank one is none', async () => {
    const { messages } = await buildVisitor(t)
    for (const content of ['one', 'two', 'three']) await t.anyone.post(messages, { content })
    const all = (await t.anyone.get(messages)).body
    const before = async (id: string) =>
      (await t.anyone.get(`${messages}?before=${encodeURIComponent(id)}`)).body.map(
        ({ content }: { content: string }) => content,
      )
    expect(await before(String(all[1].id))).toEqual(['one'])
    expect(await before('  ')).toEqual(['one', 'two', 'three'])
    expect(await before('abc')).toEqual([])
  })
})

describe('what a visitor submits', () => {
  it('reaches no note and no activity', async () => {
    const { admin, base, talk, messages } = await buildVisitor(t)
    const { body: note } = await admin.post(`${base}/conversations/${talk.id}/messages`, {
      content: 'Between us',
      private: true,
    })
    const { body: activity } = await admin.post(`${base}/conversations/${talk.id}/messages`, {
      content: 'Done',
      message_type: 'activity',
    })
    for (const { id } of [note, activity]) {
      const answer = await t.anyone.patch(`${messages}/${id}`, { submitted_values: { value: 'x' } })
      expect(answer).toMatchObject({ status: 404, body: { status: 404, error: 'Not Found' } })
    }
  })

  it('is kept as plain values under the known names', async () => {
    const { messages } = await buildVisitor(t)
    const { body: message } = await t.anyone.post(messages, { content: 'Hello' })
    const submit = async (submitted: unknown) =>
      (await t.anyone.patch(`${messages}/${message.id}`, { submitted_values: submitted })).body.content_attributes
        .submitted_values
    expect(await submit([{ name: 'size', value: 's', price: 3 }, 'odd', null])).toEqual([{ name: 'size', value: 's' }])
    expect(await submit({ value: ['s'], title: { en: 'S' } })).toEqual({})
    expect(await submit({ csat_survey_response: { rating: [4], feedback_message: ['x'] } })).toEqual({
      csat_survey_response: {},
    })
  })

  it('may come as a form, whose names say again where the next value begins', async () => {
    const { messages } = await buildVisitor(t)
    const { body: message } = await t.anyone.post(messages, { content: 'Hello' })
    const pairs = ['name', 'size', 'value', 's', 'name', 'colour', 'title', 'Red', 'value', 'red']
    const form = new URLSearchParams()
    for (let i = 0; i < pairs.length; i += 2) form.append(`submitted_values[][${pairs[i]!}]`, pairs[i + 1]!)
    const multipart = new FormData()
    for (const [name, value] of form) multipart.append(name, value)
    for (const body of [form, multipart]) {
      const { submitted_values: submitted } = (await t.anyone.put(`${messages}/${message.id}`, body)).body
        .content_attributes
      expect(submitted).toEqual([
        { name: 'size', value: 's' },
        { name: 'colour', title: 'Red', value: 'red' },
      ])
    }
  })

  it('to a survey is taken until the end of its fourteenth day', async () => {
    const { messages } = await buildVisitor(t)
    const { body: message } = await t.anyone.post(messages, { content: 'Rate us' })
    const submit = async (age: string) => {
      await sql`update messages set content_type = 9, created_at = ${sql.raw(`date_trunc('day', now() at time zone 'utc') - interval '${age}'`)}
        where id = ${message.id}`.execute(t.database.kysely)
      return t.anyone.patch(`${messages}/${message.id}`, { submitted_values: { csat_survey_response: { rating: 4 } } })
    }
    expect(await submit('14 days')).toMatchObject({ status: 200 })
    expect(await submit('14 days 1 second')).toMatchObject({
      status: 422,
      body: { error: 'You cannot update the CSAT survey after 14 days' },
    })
  })
})
