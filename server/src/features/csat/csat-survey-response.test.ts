import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { csvLine } from '../../lib/csv.ts'

const t = startTestApp()
const DAY = 86_400

/** An account with answers, each of another day: of ratings and of the agent, in the order in which they came. */
async function office(ratings: [rating: number, byAgent: boolean][]) {
  const account = await t.buildAccount()
  const [admin, agent] = [t.as(account.administrator), t.as(account.agent)]
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' } })
  const { body: made } = await admin.post(`${base}/contacts`, {
    name: '=Ada, "the" first',
    phone_number: '+14155550123',
    inbox_id: inbox.id,
  })
  const { contact, contact_inbox: place } = made.payload
  const { body: talk } = await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id: place.source_id })
  for (const [at, [rating, byAgent]] of ratings.entries()) {
    const { body: message } = await admin.post(`${base}/conversations/${talk.id}/messages`, { content: 'How was it?' })
    await t.database.pool.query(
      `insert into csat_survey_responses (account_id, conversation_id, message_id, rating, feedback_message, contact_id, assigned_agent_id, created_at, updated_at)
       select account_id, conversation_id, id, $2, $3, $4, $5, to_timestamp($6) at time zone 'UTC', now() from messages where id = $1`,
      [message.id, rating, `Day ${at}`, contact.id, byAgent ? account.agent.id : null, at * DAY],
    )
    await t.database.pool.query(
      `update messages set content_type = 9, created_at = to_timestamp($2) at time zone 'UTC' where id = $1`,
      [message.id, at * DAY],
    )
  }
  const responses = `${base}/csat_survey_responses`
  const said = async (query: string) =>
    (await admin.get(`${responses}?${query}`)).body.map((one: any) => one.feedback_message)
  return { account, admin, agent, base, inbox, contact, talk, responses, said }
}

it('lists answers by what is asked for, a page of twenty-five', async () => {
  const few: [number, boolean][] = [
    [5, true],
    [2, false],
    [5, false],
  ]
  const { account, admin, agent, base, inbox, contact, talk, responses, said } = await office(few)
  const { body } = await admin.get(responses)
  expect(body[0]).toEqual({
    id: body[0].id,
    rating: 5,
    feedback_message: 'Day 0',
    csat_review_notes: null,
    review_notes_updated_at: null,
    account_id: account.id,
    message_id: body[0].message_id,
    contact: expect.objectContaining({ id: contact.id, availability_status: 'offline' }),
    conversation_id: talk.id,
    assigned_agent: expect.objectContaining({ id: account.agent.id, role: 'agent' }),
    created_at: 0,
  })
  expect(body[1]).not.toHaveProperty('assigned_agent')
  expect(await said('sort=-created_at')).toEqual(['Day 2', 'Day 1', 'Day 0'])
  expect(await said('sort=created_at')).toEqual(['Day 0', 'Day 1', 'Day 2'])
  expect(await said('rating=5')).toEqual(['Day 0', 'Day 2'])
  expect(await said('rating=good')).toEqual([])
  expect(await said(`user_ids[]=${account.agent.id}&user_ids[]=0`)).toEqual(['Day 0'])
  expect(await said(`inbox_id=${inbox.id}`)).toHaveLength(3)
  expect(await said('inbox_id=0')).toEqual([])
  const { body: team } = await admin.post(`${base}/teams`, { name: 'care' })
  expect(await said(`team_id=${team.id}`)).toEqual([])
  await admin.post(`${base}/conversations/${talk.id}/assignments`, { team_id: team.id })
  expect(await said(`team_id=${team.id}`)).toHaveLength(3)
  expect(await said(`since=${DAY}&until=${2 * DAY}`)).toEqual(['Day 1'])
  expect(await said(`since=${DAY}`)).toHaveLength(3)
  expect((await admin.get(`${responses}?since=monday&until=9`)).body.attributes).toEqual(['since'])
  for (const path of ['', '/metrics', `/download?since=0&until=9`])
    expect((await agent.get(responses + path)).status).toBe(401)
})

it('has twenty-five on a page', async () => {
  const { said } = await office(Array.from({ length: 27 }, () => [3, false]))
  expect([(await said('')).length, await said('page=2&sort=created_at')]).toEqual([25, ['Day 25', 'Day 26']])
})

it('counts answers by what is asked for, and surveys by the time alone', async () => {
  const { account, admin, responses } = await office([
    [5, true],
    [2, false],
    [5, false],
  ])
  const metrics = async (query: string) => (await admin.get(`${responses}/metrics?${query}`)).body
  expect(await metrics('')).toEqual({ total_count: 3, ratings_count: { 2: 1, 5: 2 }, total_sent_messages_count: 3 })
  expect(await metrics(`user_ids[]=${account.agent.id}`)).toEqual({
    total_count: 1,
    ratings_count: { 5: 1 },
    total_sent_messages_count: 3,
  })
  expect(await metrics(`since=${DAY}&until=${2 * DAY}`)).toEqual({
    total_count: 1,
    ratings_count: { 2: 1 },
    total_sent_messages_count: 1,
  })
  const empty = { total_count: 0, ratings_count: {}, total_sent_messages_count: 0 }
  expect(await metrics(`since=${9 * DAY}&until=${10 * DAY}`)).toEqual(empty)
})

it('makes a file of them in the language of the account, in which nothing is a formula', async () => {
  const { account, admin, base, talk, responses } = await office([
    [5, true],
    [2, false],
  ])
  const file = () => admin.get(`${responses}/download?since=0&until=${5 * DAY}&sort=created_at`)
  const { headers, text } = await file()
  expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual([
    'text/csv',
    'attachment; filename=csat_report.csv',
  ])
  const link = `${t.app.config.frontendUrl}/app/accounts/${account.id}/conversations/${talk.id}`
  const contact = `"'=Ada, ""the"" first",,'+14155550123,${link}`
  expect(text.split('\n')).toEqual([
    'Agent Name,Rating,Feedback Comment,Contact Name,Contact Email Address,Contact Phone Number,Link to the conversation,Recorded date,Review Notes',
    `Agent Person (${account.agent.email}),5,Day 0,${contact},1970-01-01 00:00:00 UTC,`,
    `,2,Day 1,${contact},1970-01-02 00:00:00 UTC,`,
    'Reporting period 1970-01-01 to 1970-01-06',
    '',
  ])
  await t.database.pool.query(
    `update csat_survey_responses set feedback_message = repeat('x', 3000000) where account_id = $1`,
    [account.id],
  )
  expect((await file()).body.error).toMatch(/too many answers for one file/)
  expect((await admin.get(`${responses}/download?since=0&until=1`)).text).toContain('xxxx')
  await t.database.pool.query(`update csat_survey_responses set feedback_message = 'x' where account_id = $1`, [
    account.id,
  ])
  await admin.patch(base, { locale: 'de' })
  expect((await file()).text).toContain('Berichtszeitraum 1970-01-01 bis 1970-01-06')
  for (const [query, field] of [
    ['', 'since'],
    ['since=1', 'until'],
  ])
    expect((await admin.get(`${responses}/download?${query}`)).body.attributes).toEqual([field])
  expect(csvLine(['-1', '@x', '%x', '|x', '\tx', 'a\nb', ' a', null, 0])).toBe(`'-1,'@x,'%x,'|x,'\tx,"a\nb"," a",,0\n`)
})

it('keeps what an administrator says to an answer, and who said it', async () => {
  const [{ account, admin, agent, responses }, there] = [await office([[5, true]]), await office([])]
  const [response] = (await admin.get(responses)).body
  const { body } = await admin.patch(`${responses}/${response.id}`, { csat_review_notes: 'Well done' })
  expect(body).toEqual({
    ...response,
    csat_review_notes: 'Well done',
    review_notes_updated_at: expect.any(Number),
    review_notes_updated_by: { id: account.administrator.id, name: 'Admin Person' },
  })
  expect((await admin.get(responses)).body).toEqual([body])
  expect((await agent.patch(`${responses}/${response.id}`, { csat_review_notes: 'Mine' })).status).toBe(401)
  expect((await there.admin.patch(`${there.responses}/${response.id}`, { csat_review_notes: 'x' })).status).toBe(404)
  expect((await admin.get(responses)).body).toEqual([body])
})
