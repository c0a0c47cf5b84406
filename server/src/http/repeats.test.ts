import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../test/support.ts'
import { buildVisitor, formWith } from '../../test/support/visitor.ts'

const t = startTestApp()
const REPEATS = 50

async function repeat(post: () => Promise<{ status: number; text: string }>) {
  const answers = await Promise.all(Array.from({ length: REPEATS }, post))
  return new Set(answers.map(({ status, text }) => `${status} ${text}`))
}

describe('a request that comes again', () => {
  it.each([
    ['an Idempotency-Key', {}, { 'idempotency-key': 'a' }],
    ['an echo_id', { echo_id: 'tmp-1' }, {}],
    ['a source_id', { source_id: 'ext-1' }, {}],
  ])('with %s makes one message with one answer, however many come at once', async (_, fields, headers) => {
    const { admin, base, talk, messages } = await buildVisitor(t)
    const path = `${base}/conversations/${talk.id}/messages`
    const answers = await repeat(() => admin.post(path, { content: 'Hello', ...fields }, headers))
    expect(answers.size).toBe(1)
    expect([...answers][0]).toMatch(/^200 .*"content":"Hello"/)
    expect((await t.anyone.get(messages)).body).toHaveLength(1)
    expect(t.events.filter(({ name }) => name === 'message.created')).toHaveLength(1)
  })

  it('is one for a visitor too, with its files', async () => {
    const { messages } = await buildVisitor(t)
    const answers = await repeat(() =>
      t.anyone.post(messages, formWith([['a.txt', 'text/plain', 'text']], { content: 'Look', echo_id: '7' })),
    )
    expect(answers.size).toBe(1)
    expect((await t.anyone.get(messages)).body).toHaveLength(1)
    await t.anyone.post(messages, formWith([['a.txt', 'text/plain', 'other']], { content: 'Look', echo_id: '7' }))
    await t.anyone.post(messages, { content: 'Look', echo_id: '7' })
    expect((await t.anyone.get(messages)).body).toHaveLength(3)
  })

  it('makes one of whatever is made', async () => {
    const { admin, base } = await buildVisitor(t)
    const answers = await repeat(() => admin.post(`${base}/contacts`, { name: 'Ada' }, { 'idempotency-key': 'one' }))
    expect(answers.size).toBe(1)
    expect([...answers][0]).toMatch(/^200 /)
    expect((await admin.get(`${base}/contacts/search?q=Ada`)).body.payload).toHaveLength(2)
  })

  it('is refused when it is another request, or its key too long', async () => {
    const { admin, base } = await buildVisitor(t)
    const label = (title: string, key: string) => admin.post(`${base}/labels`, { title }, { 'idempotency-key': key })
    expect((await label('one', 'k')).status).toBe(200)
    expect(await label('two', 'k')).toMatchObject({ status: 422, body: { attributes: ['Idempotency-Key'] } })
    expect((await label('two', 'x'.repeat(256))).status).toBe(422)
    expect((await admin.get(`${base}/labels`)).body.payload).toHaveLength(1)
  })

  it('is done when the first failed, and is nobody else’s', async () => {
    const { admin, base, account } = await buildVisitor(t)
    const key = { 'idempotency-key': 'again' }
    expect((await admin.post(`${base}/labels`, { title: ' ' }, key)).status).toBe(422)
    expect((await admin.post(`${base}/labels`, { title: 'vip' }, key)).status).toBe(200)
    await admin.post(`${base}/contacts`, { name: 'Mine' }, { 'idempotency-key': 'shared' })
    const { body } = await t
      .as(account.agent)
      .post(`${base}/contacts`, { name: 'Theirs' }, { 'idempotency-key': 'shared' })
    expect(body.payload.contact.name).toBe('Theirs')
  })

  it('without a number of its own is another, as in Chatwoot', async () => {
    const { messages } = await buildVisitor(t)
    await t.anyone.post(messages, { content: 'ok' })
    await t.anyone.post(messages, { content: 'ok' })
    expect((await t.anyone.get(messages)).body).toHaveLength(2)
  })
})
