import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { recordSurvey, sendSurvey } from './csat.jobs.ts'

const t = startTestApp({ PARLEY_RUN: 'web' })

async function resolved(inboxFields: object = {}) {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: '<b>Rated</b>', channel: { type: 'api' } })
  await admin.patch(`${base}/inboxes/${inbox.id}`, { csat_survey_enabled: true, ...inboxFields })
  const visitors = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
  const visitor = await t.anyone.post(visitors, { name: 'Ada' })
  const talks = `${visitors}/${visitor.body.source_id}/conversations`
  const { body: talk } = await t.anyone.post(talks, {})
  await t.anyone.post(`${talks}/${talk.id}/messages`, { content: 'Help' })
  await admin.post(`${base}/conversations/${talk.id}/toggle_status`, { status: 'resolved' })
  const event = t.events.find(({ name }) => name === 'conversation.resolved')!.data as Parameters<typeof sendSurvey>[1]
  return {
    event,
    messages: `${talks}/${talk.id}/messages`,
    survey: `/public/api/v1/csat_survey/${talk.uuid}`,
    page: `/survey/responses/${talk.uuid}`,
  }
}

it('a survey is sent once, and its last answer is kept', async () => {
  const { event, messages, survey, page } = await resolved()
  expect(await t.anyone.get(survey)).toMatchObject({ status: 404 })
  await t.run((ctx) => sendSurvey(ctx, event))
  await t.run((ctx) => sendSurvey(ctx, event))
  const asked = (await t.anyone.get(messages)).body.filter(
    (message: { content_type: string }) => message.content_type === 'input_csat',
  )
  expect(asked).toHaveLength(1)

  const answer = async (rating: unknown) => {
    t.events.length = 0
    await t.anyone.put(survey, {
      message: { submitted_values: { csat_survey_response: { rating, feedback_message: 'Kind' } } },
    })
    const [updated] = t.events.filter(({ name }) => name === 'message.updated')
    await t.run((ctx) => recordSurvey(ctx, updated!.data as Parameters<typeof recordSurvey>[1]))
    return (await t.anyone.get(survey)).body.csat_survey_response
  }
  expect(await answer(9)).toBeNull()
  expect(await answer(4)).toMatchObject({ rating: 4, feedback_message: 'Kind' })
  expect(await answer('2')).toMatchObject({ rating: 2 })

  const shown = await t.anyone.get(page)
  expect(shown.status).toBe(200)
  expect(shown.headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(shown.text).toContain('&lt;b&gt;Rated&lt;/b&gt;')
  expect(shown.text).not.toContain('<b>Rated')
  const script = (await t.anyone.get('/survey/survey.js')).text
  const saidLater = [...script.matchAll(/dataset\.(\w+)/g)].map(([, name]) =>
    name!.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  )
  expect(saidLater).toHaveLength(5)
  for (const name of saidLater) expect(shown.text).toMatch(new RegExp(`data-${name}="[^"]+"`))
})

it('a survey is not sent where the rules of the inbox ask for a label', async () => {
  const { event, survey } = await resolved({ csat_config: { survey_rules: { operator: 'contains', values: ['vip'] } } })
  await t.run((ctx) => sendSurvey(ctx, event))
  expect(await t.anyone.get(survey)).toMatchObject({ status: 404 })
})

it('there is no page for a conversation without a survey', async () => {
  for (const uuid of ['nothing', '00000000-0000-4000-8000-000000000000']) {
    const page = await t.anyone.get(`/survey/responses/${uuid}`)
    expect(page).toMatchObject({ status: 404 })
    expect(page.text).toContain('This survey is not here')
  }
})

it('the page of a survey that is too old to be answered says so', async () => {
  const { event, survey, page } = await resolved()
  await t.run((ctx) => sendSurvey(ctx, event))
  const { body } = await t.anyone.get(survey)
  const fifteenDaysAgo = new Date(Date.now() - 15 * 24 * 3600 * 1000)
  await t.database.kysely
    .updateTable('messages')
    .set({ created_at: fifteenDaysAgo })
    .where('id', '=', body.id)
    .execute()
  const shown = await t.anyone.get(page)
  expect(shown.text).toContain('This survey is closed')
  expect(shown.text).not.toContain('<form')
})
