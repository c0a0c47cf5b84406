import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { Context } from '../../context/context.ts'
import type { Action } from '../../vocabulary/jobs.ts'
import { carryOutActions } from './action.jobs.ts'

const t = startTestApp()

/** An account with an inbox of its agent, and conversations in it. */
async function desk(count = 2) {
  const account = await t.buildAccount()
  const [admin, agent] = [t.as(account.administrator), t.as(account.agent)]
  const base = `/api/v1/accounts/${account.id}`
  const openIn = async (inbox: { id: number }, name: string) => {
    const { payload } = (await admin.post(`${base}/contacts`, { name, inbox_id: inbox.id })).body
    const { source_id } = payload.contact_inbox
    const { body } = await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })
    return { id: body.id as number, contact: payload.contact.id as number }
  }
  const inboxNamed = async (name: string) =>
    (await admin.post(`${base}/inboxes`, { name, channel: { type: 'api' } })).body as { id: number }
  const inbox = await inboxNamed('Desk')
  await admin.post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
  const talks: { id: number; contact: number }[] = []
  for (let at = 0; at < count; at++) talks.push(await openIn(inbox, `Visitor ${at}`))
  const show = async (id: number) => (await admin.get(`${base}/conversations/${id}`)).body
  const lines = async (id: number) =>
    (await admin.get(`${base}/conversations/${id}/messages`)).body.payload
      .filter((one: { message_type: number }) => one.message_type === 2)
      .map((one: { content: string }) => one.content) as string[]
  const labelsOf = async (contact: number) => (await admin.get(`${base}/contacts/${contact}/labels`)).body.payload
  return { account, admin, agent, base, inbox, talks, inboxNamed, openIn, show, lines, labelsOf }
}

type Desk = Awaited<ReturnType<typeof desk>>

/** Does actions at once, as the job does. */
function act(
  { account, talks }: Pick<Desk, 'account' | 'talks'>,
  actions: Action[],
  { as = account.administrator, run = t.unique('run') } = {},
) {
  return carryOutActions(new Context({ app: t.app, db: t.database.kysely }), {
    run,
    account_id: account.id,
    user_id: as.id,
    subject: 'Conversation',
    ids: talks.map(({ id }) => id),
    actions,
  })
}

const action = (name: string, ...params: unknown[]): Action => ({ action_name: name, action_params: params })

/** Those asked for before are done: an account's come in turn. */
async function settled({ admin, base, talks, labelsOf }: Desk) {
  const mark = t.unique('done')
  await admin.post(`${base}/bulk_actions`, { type: 'Contact', ids: [talks[0]!.contact], labels: { add: [mark] } })
  await eventually(async () => (await labelsOf(talks[0]!.contact)).includes(mark), 'the actions before')
}

it('many conversations are changed in one go, in the name of whoever asked', async () => {
  const here = await desk(3)
  const { admin, base, talks, account, show, lines } = here
  const [first, second, third] = talks.map(({ id }) => id) as [number, number, number]
  const { body: team } = await admin.post(`${base}/teams`, { name: 'night', allow_auto_assign: false })
  await admin.post(`${base}/teams/${team.id}/team_members`, { user_ids: [account.agent.id] })
  await admin.post(`${base}/conversations/${first}/labels`, { labels: ['late', 'vip'] })
  const answer = await admin.post(`${base}/bulk_actions`, {
    type: 'Conversation',
    ids: [first, String(second), first, 999_999],
    fields: { status: 'snoozed', assignee_id: account.agent.id },
    snoozed_until: 2_051_222_400,
    labels: { add: ['vip', 'beta'], remove: ['late'] },
  })
  expect([answer.status, answer.text]).toEqual([200, ''])
  await admin.post(`${base}/bulk_actions`, { type: 'conversation', ids: [second], fields: { team_id: team.id } })
  await settled(here)
  for (const id of [first, second]) {
    expect(await show(id)).toMatchObject({
      status: 'snoozed',
      snoozed_until: '2035-01-01T00:00:00.000Z',
      meta: { assignee: { id: account.agent.id } },
      labels: ['vip', 'beta'],
    })
  }
  expect(await show(third)).toMatchObject({ status: 'open', labels: [] })
  const said = [
    'Admin Person added late, vip',
    'Admin Person removed late',
    'Admin Person added beta',
    'Conversation was snoozed by Admin Person',
    'Assigned to Agent Person by Admin Person',
  ]
  await eventually(async () => (await lines(first)).length === said.length, 'the lines of the conversation')
  expect((await lines(first)).sort()).toEqual(said.sort())
  expect((await show(second)).meta.team.id).toBe(team.id)
})

it('opens what it is told to open, and gives it to nobody', async () => {
  const here = await desk(1)
  const { agent, base, talks, show } = here
  const id = talks[0]!.id
  const bulk = (fields: object) => agent.post(`${base}/bulk_actions`, { type: 'Conversation', ids: [id], fields })
  await bulk({ status: 'resolved' })
  await bulk({ status: 'open', team_id: 0, assignee_id: null })
  await settled(here)
  const { status, meta } = await show(id)
  expect([status, meta.assignee, meta.team]).toEqual(['open', undefined, undefined])
})

it('an agent changes those that they may open, and no others', async () => {
  const here = await desk(1)
  const other = await desk(3)
  const { agent, base, talks, inboxNamed, openIn, show } = here
  const hidden = await openIn(await inboxNamed('Elsewhere'), 'Hidden')
  const ids = [talks[0]!.id, hidden.id, ...other.talks.map(({ id }) => id)]
  await agent.post(`${base}/bulk_actions`, { type: 'Conversation', ids, fields: { status: 'pending' } })
  await settled(here)
  expect((await show(talks[0]!.id)).status).toBe('pending')
  expect((await show(hidden.id)).status).toBe('open')
  for (const { id } of other.talks) expect((await other.show(id)).status).toBe('open')
  await agent.post(`${base}/bulk_actions`, {
    type: 'Contact',
    ids: other.talks.map(({ contact }) => contact),
    labels: { add: ['taken'] },
  })
  await settled(here)
  for (const { contact } of other.talks) expect(await other.labelsOf(contact)).toEqual([])
})

it('agents put labels on contacts, and administrators delete them', async () => {
  const here = await desk(2)
  const { admin, agent, base, talks, labelsOf } = here
  const [first, second] = talks.map(({ contact }) => contact) as [number, number]
  const bulk = (client: typeof admin, body: object) => client.post(`${base}/bulk_actions`, { type: 'Contact', ...body })
  await bulk(agent, { ids: [first, second], labels: { add: ['vip', 'late'] } })
  await bulk(agent, { ids: [second], labels: { add: ['vip', 'beta'], remove: ['late'] } })
  await settled(here)
  expect((await labelsOf(second)).sort()).toEqual(['beta', 'vip'])
  const refused = await bulk(agent, { ids: [second], action_name: 'delete' })
  expect([refused.status, refused.body]).toEqual([401, { error: 'You are not authorized to do this action' }])
  await bulk(admin, { ids: [second], action_name: 'delete' })
  await settled(here)
  expect((await admin.get(`${base}/contacts/${second}`)).status).toBe(404)
  expect((await admin.get(`${base}/contacts/${first}`)).status).toBe(200)
})

it('what cannot be done is refused before anything is', async () => {
  const { admin, base, talks, show } = await desk(1)
  const ids = [talks[0]!.id]
  const ask = (body: object) => admin.post(`${base}/bulk_actions`, body)
  for (const type of ['Message', 'conversations', '', null, undefined]) {
    const { status, body } = await ask({ type, ids, fields: { status: 'resolved' } })
    expect([type, status, body]).toEqual([type, 422, { success: false }])
  }
  const wrong = {
    'fields.status': { fields: { status: 'gone' } },
    snoozed_until: { fields: { status: 'snoozed' }, snoozed_until: 'tomorrow' },
    'fields.team_id': { fields: { team_id: 2 ** 40 } },
    labels: { fields: { status: 'resolved' }, labels: { add: ['x'.repeat(256)] } },
    action_name: { action_name: 'destroy' },
  }
  for (const [field, body] of Object.entries(wrong)) {
    const answer = await ask({ type: 'Conversation', ids, ...body })
    expect([field, answer.status, answer.body.attributes]).toEqual([field, 422, [field]])
  }
  for (const body of [{ ids: [] }, { ids: null }, {}, { ids }, { ids, fields: { status: null }, labels: {} }]) {
    expect((await ask({ type: 'Conversation', ...body })).status).toBe(200)
  }
  expect((await show(ids[0]!)).status).toBe('open')
  const { rows } = await t.database.pool.query(
    `select 1 from parley_jobs.jobs where task_identifier = 'actions.carry_out'`,
  )
  expect(rows).toEqual([])
})

it('each action does what its name says', async () => {
  const here = await desk(1)
  const { admin, base, account, talks, show, inbox } = here
  const id = talks[0]!.id
  const { body: team } = await admin.post(`${base}/teams`, { name: 'night', allow_auto_assign: false })
  const outsider = await t.buildPerson()
  const assignee = async () => (await show(id)).meta.assignee?.id
  await act(here, [action('assign_agent', account.agent.id), action('assign_team', String(team.id))])
  expect([await assignee(), (await show(id)).meta.team.id]).toEqual([undefined, team.id])
  await act(here, [action('assign_agent', 'self'), action('assign_agent', outsider.id), action('assign_team', 999_999)])
  expect([await assignee(), (await show(id)).meta.team.id]).toEqual([account.administrator.id, team.id])
  await act(here, [action('remove_assigned_team'), action('assign_agent', 'nil'), action('change_priority', 'high')])
  const changed = await show(id)
  expect([changed.meta.assignee, changed.meta.team, changed.priority]).toEqual([undefined, undefined, 'high'])
  await act(here, [action('change_priority', 'nil'), action('add_label', 'a', 'b'), action('remove_label', 'a')])
  expect(await show(id)).toMatchObject({ priority: null, labels: ['b'] })
  const statuses: [Action, string][] = [
    [action('resolve_conversation'), 'resolved'],
    [action('pending_conversation'), 'pending'],
    [action('snooze_conversation'), 'snoozed'],
    [action('open_conversation'), 'open'],
    [action('change_status', 'pending'), 'pending'],
    [action('mute_conversation'), 'resolved'],
  ]
  for (const [one, status] of statuses) {
    await act(here, [one])
    expect([one.action_name, (await show(id)).status]).toEqual([one.action_name, status])
  }
  expect((await show(id)).muted).toBe(true)
  await act(here, [action('send_message', 'Hello'), action('add_private_note', 'Rude')], { as: account.agent })
  const { payload } = (await admin.get(`${base}/conversations/${id}/messages`)).body
  const written = payload.filter((one: { message_type: number }) => one.message_type === 1)
  expect(written.map((one: any) => [one.content, one.private, one.sender.id, one.inbox_id])).toEqual([
    ['Hello', false, account.agent.id, inbox.id],
    ['Rude', true, account.agent.id, inbox.id],
  ])
})

it('what is refused hinders nothing else, and what is done is done once', async () => {
  const here = await desk(2)
  const { admin, base, talks, show } = here
  const actions = [
    action('send_message', ' '),
    action('no_such_action'),
    action('constructor'),
    action('change_status', 'gone'),
    action('add_label', { a: 1 }),
    action('assign_team', [1]),
    action('send_message', 'Once'),
    action('resolve_conversation'),
  ]
  const run = t.unique('run')
  await act(here, actions, { run })
  // The server died before it could say that the job is done; somebody opened one meanwhile.
  await admin.post(`${base}/conversations/${talks[0]!.id}/toggle_status`, { status: 'open' })
  await act(here, actions, { run })
  expect((await show(talks[0]!.id)).status).toBe('open')
  for (const { id } of talks) {
    const { payload } = (await admin.get(`${base}/conversations/${id}/messages`)).body
    expect(payload.filter((one: any) => one.message_type === 1).map((one: any) => one.content)).toEqual(['Once'])
  }
})

it('whoever has left the account, or may no longer, does nothing more', async () => {
  const here = await desk(1)
  const { admin, base, account, talks, inbox, show } = here
  await admin.delete(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
  await act(here, [action('resolve_conversation')], { as: account.agent })
  expect((await show(talks[0]!.id)).status).toBe('open')
  await admin.post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
  await admin.delete(`${base}/agents/${account.agent.id}`)
  await act(here, [action('resolve_conversation')], { as: account.agent })
  expect((await show(talks[0]!.id)).status).toBe('open')
})
