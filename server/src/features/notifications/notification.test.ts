import { describe, expect, it } from 'vitest'
import { startTestApp, type Person, type TestAccount } from '../../../test/support.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { buildVisitor } from '../../../test/support/visitor.ts'

describe('notifications', () => {
  const t = startTestApp()
  const api = (account: TestAccount) => `/api/v1/accounts/${account.id}`

  /** A conversation of Eve, which nobody is given by turns. */
  async function start(inbox: object = {}) {
    const built = await buildVisitor(t, { name: 'eve POLASTRI', inbox: { enable_auto_assignment: false, ...inbox } })
    const assign = (person: Person) => built.admin.post(`${built.at}/assignments`, { assignee_id: person.id })
    return { ...built, assign }
  }

  type Started = Awaited<ReturnType<typeof start>>
  const list = async ({ account, agent }: Started, query = '') =>
    (await agent.get(`${api(account)}/notifications${query}`)).body.data
  const listed = (started: Started, type: string) =>
    eventually(async () => {
      const data = await list(started)
      return data.payload.length === 1 && data.payload[0].notification_type === type && data
    }, `one notification, ${type}`)
  const lines = async ({ admin, at }: Started) =>
    (await admin.get(`${at}/messages`)).body.payload.filter((m: any) => m.message_type === 2).map((m: any) => m.content)

  const linesOf = (started: Started, count: number) =>
    eventually(async () => {
      const all: string[] = await lines(started)
      return all.length === count && all
    }, `${count} lines of what happened`)

  it('keeps the newest of a conversation for each person: assigned, written to, named', async () => {
    const started = await start()
    const { account, admin, at, say, assign } = started
    await say('I am Eve')
    await assign(account.agent)
    expect((await listed(started, 'conversation_assignment')).payload[0]).toMatchObject({
      push_message_title: `A conversation (#1) has been assigned to you`,
      push_message_body: 'eve POLASTRI: I am Eve',
      secondary_actor: null,
    })
    await say('Is there anybody who can tell me where my order is at the moment?')
    const [message] = (await listed(started, 'assigned_conversation_new_message')).payload
    expect(message.push_message_body).toBe('eve POLASTRI: Is there anybody who can tell me where my order...')
    const note = `[@Agent Person](mention://user/${account.agent.id}/Agent%20Person) have a look`
    await admin.post(`${at}/messages`, { content: note, private: true })
    const data = await listed(started, 'conversation_mention')
    expect([data.payload[0].push_message_body, data.meta.unread_count]).toEqual([
      'Admin Person: @Agent Person have a look',
      1,
    ])
    expect(t.events.filter((event) => event.name === 'notification.deleted')).toHaveLength(2)
    expect((await admin.get(`${at}/participants`)).body.map((person: Person) => person.id)).toEqual([account.agent.id])
  })

  it('tells nobody of what they did themselves, of a pending conversation, or of somebody who is blocked', async () => {
    const started = await start()
    const { account, admin, agent, at, say } = started
    await agent.post(`${at}/assignments`, { assignee_id: account.agent.id })
    await linesOf(started, 1)
    await agent.post(`${at}/messages`, { content: 'My own words' })
    await admin.post(`${at}/mute`)
    await linesOf(started, 3)
    await say('Nobody hears me')
    await admin.post(`${at}/messages`, { content: `(mention://user/${account.agent.id}/A)`, private: true })
    const data = await listed(started, 'conversation_mention')
    expect(data.payload.map((n: any) => n.notification_type)).toEqual(['conversation_mention'])
    expect(t.events.filter((event) => event.name === 'notification.created')).toHaveLength(1)
  })

  it('is read, unread, put off and deleted by its owner only, and says so', async () => {
    const started = await start()
    const { account, admin, agent, assign } = started
    await assign(account.agent)
    const [{ id }] = (await listed(started, 'conversation_assignment')).payload
    const one = `${api(account)}/notifications/${id}`
    const bodies = [
      await agent.patch(one, {}),
      await agent.post(`${one}/unread`),
      await agent.post(`${one}/snooze`, { snoozed_until: 1924992000 }),
      await agent.post(`${one}/snooze`, {}),
    ].map((answer) => answer.body)
    expect(bodies.map((row) => row.read_at !== null)).toEqual([true, false, false, false])
    expect(bodies[3]).toMatchObject({ snoozed_until: '2031-01-01T00:00:00.000Z', meta: { last_snoozed_at: null } })
    expect((await list(started)).meta).toEqual({ unread_count: 0, count: 0, current_page: 1 })
    expect((await list(started, '?includes[]=snoozed&page=1')).meta).toEqual({
      unread_count: 1,
      count: 1,
      current_page: '1',
    })
    expect((await admin.patch(one, {})).status).toBe(404)
    expect((await agent.delete(one)).status).toBe(200)
    expect(t.events.filter((event) => event.name === 'notification.updated')).toHaveLength(3)
    expect((await list(started, '?includes[]=snoozed&includes[]=read')).meta.count).toBe(0)
  })

  it('wakes when its time has come', async () => {
    const started = await start()
    await started.assign(started.account.agent)
    const [{ id }] = (await listed(started, 'conversation_assignment')).payload
    await started.agent.post(`${api(started.account)}/notifications/${id}/snooze`, { snoozed_until: 0 })
    const { wakeNotifications } = await import('./notification.model.ts')
    await t.run(wakeNotifications)
    expect((await list(started)).payload[0]).toMatchObject({
      id,
      meta: { last_snoozed_at: '1970-01-01T00:00:00.000Z' },
    })
  })

  it('leaves other accounts alone when all are deleted', async () => {
    const [mine, other] = [await start(), await start()]
    await other.admin.post(`${api(other.account)}/agents`, {
      name: 'Both',
      email: mine.account.agent.email,
      role: 'agent',
    })
    for (const { admin, account, inbox } of [other]) {
      await admin.post(`${api(account)}/inbox_members`, { inbox_id: inbox.id, user_ids: [mine.account.agent.id] })
    }
    await mine.assign(mine.account.agent)
    await other.assign(mine.account.agent)
    const both = { ...other, agent: mine.agent }
    await listed(mine, 'conversation_assignment')
    await listed(both, 'conversation_assignment')
    await mine.agent.post(`${api(mine.account)}/notifications/destroy_all`, { type: 'all' })
    expect([(await list(mine)).meta.count, (await list(both)).meta.count]).toEqual([0, 1])
  })

  it('tells of new conversations only those who asked, who choose by name', async () => {
    const started = await start()
    const { account, agent, talks } = started
    const settings = `${api(account)}/notification_settings`
    expect((await agent.get(settings)).body).toMatchObject({ selected_email_flags: ['email_conversation_assignment'] })
    const choose = (body: object) => agent.patch(settings, body)
    const chosen = await choose({ notification_settings: { selected_push_flags: ['push_conversation_creation'] } })
    expect([chosen.body.selected_email_flags, chosen.body.selected_push_flags]).toEqual([
      [],
      ['push_conversation_creation'],
    ])
    expect((await choose({ selected_push_flags: [] })).body).toEqual({
      error: 'param is missing or the value is empty: notification_settings',
    })
    expect((await choose({ notification_settings: { selected_push_flags: ['push_everything'] } })).status).toBe(422)
    await t.anyone.post(talks, {})
    expect((await listed(started, 'conversation_creation')).payload[0]).toMatchObject({
      push_message_title: 'A conversation (#2) has been created in Front desk',
      push_message_body: ': No content',
    })
  })

  it('greets the first message, or says that nobody is there', async () => {
    const greeting = await start({ greeting_enabled: true, greeting_message: 'Welcome' })
    await greeting.say('Hello?')
    await greeting.say('Hello??')
    const contents = async ({ admin, at }: Started) =>
      (await admin.get(`${at}/messages`)).body.payload.map((message: any) => message.content)
    expect(await contents(greeting)).toEqual(['Hello?', 'Welcome', 'Hello??'])
    const closed = await start({ greeting_enabled: true, greeting_message: 'Welcome' })
    await closed.admin.patch(`${api(closed.account)}/inboxes/${closed.inbox.id}`, {
      working_hours_enabled: true,
      out_of_office_message: 'We are away',
      working_hours: [0, 1, 2, 3, 4, 5, 6].map((day_of_week) => ({
        day_of_week,
        closed_all_day: true,
        open_all_day: false,
      })),
    })
    await closed.say('Hello?')
    await closed.say('Hello??')
    expect(await contents(closed)).toEqual(['Hello?', 'We are away', 'Hello??'])
  })

  it('leaves a line for what happened, once, though its job may run twice', async () => {
    const started = await start()
    const { admin, at, talks, talk, say } = started
    await admin.post(`${at}/toggle_status`, { status: 'resolved' })
    await linesOf(started, 1)
    const { data } = t.events.find((event) => event.name === 'conversation.updated')!
    const { writeActivities } = await import('../conversations/conversation.jobs.ts')
    await t.run((ctx) => writeActivities(ctx, data as never))
    await say('One more thing')
    await linesOf(started, 2)
    await t.anyone.post(`${talks}/${talk.id}/toggle_status`)
    expect(await linesOf(started, 3)).toEqual([
      'Conversation was marked resolved by Admin Person',
      'System reopened the conversation due to a new incoming message.',
      'Conversation was resolved by Eve polastri',
    ])
  })

  it('goes with its conversation', async () => {
    const started = await start()
    const { account, admin, at, assign } = started
    await assign(account.agent)
    await listed(started, 'conversation_assignment')
    await admin.delete(at)
    await eventually(async () => (await list(started)).payload.length === 0, 'no notification')
    expect((await admin.get(at)).status).toBe(404)
    expect(t.events.filter((event) => event.name === 'notification.deleted')).toHaveLength(1)
  })
})
