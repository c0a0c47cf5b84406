import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { resolveQuietOnes } from '../src/features/conversations/clock.jobs.ts'
import { selectRecords } from '../src/features/conversations/access.model.ts'
import { openAfterBotFailure } from '../src/features/conversations/status.model.ts'
import { createMessage } from '../src/features/messages/create-message.model.ts'
import { startTestApp } from './support.ts'
import { buildVisitor } from './support/visitor.ts'

describe('the language of an account', () => {
  const t = startTestApp()
  const delivered: any[] = []
  const receiver = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    delivered.push(JSON.parse(text))
    response.end()
  })
  let webhookUrl = ''
  beforeAll(async () => {
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
    webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  })
  afterAll(() => {
    receiver.closeAllConnections()
    receiver.close()
  })

  const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 20 })

  /** A desk whose account speaks it, with an agent and a talk with Ada. */
  async function buildDesk(locale: string, channel: object = {}) {
    const desk = await buildVisitor(t, {
      inbox: { enable_auto_assignment: false, channel: { type: 'api', ...channel } },
    })
    const { account, admin, base, inbox, talk } = desk
    await admin.patch(base, { locale })
    await admin.post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
    const at = `${base}/conversations/${talk.id}`
    const messages = async () => (await admin.get(`${at}/messages?after=0`)).body.payload as any[]
    const lines = async () =>
      (await messages()).filter((one) => one.message_type === 2).map((one) => one.content as string)
    const record = () => t.run(async (ctx) => (await selectRecords(ctx, sql`c.uuid = ${talk.uuid}::uuid`))[0]!)
    const settle = (settings: object) =>
      sql`update accounts set settings = ${JSON.stringify(settings)}::jsonb where id = ${account.id}`.execute(
        t.database.kysely,
      )
    return {
      ...desk,
      at,
      read: messages,
      lines,
      record,
      settle,
      say: (content: string) => t.anyone.post(desk.messages, { content }),
    }
  }

  /** Everything that leaves a line, one after the other. */
  async function workThrough(locale: string): Promise<string[]> {
    const desk = await buildDesk(locale)
    const { account, admin, base, at, talks, talk } = desk
    const { body: team } = await admin.post(`${base}/teams`, { name: 'Sales' })
    const status = (name: string) => admin.post(`${at}/toggle_status`, { status: name })
    const assign = (what: object) => admin.post(`${at}/assignments`, what)
    const label = (...labels: string[]) => admin.post(`${at}/labels`, { labels })
    const priority = (name: string | null) => admin.post(`${at}/toggle_priority`, { priority: name })
    const quiet = async (minutes: number) => {
      await desk.settle({ auto_resolve_after: minutes })
      const long = sql`now() - make_interval(mins => ${minutes + 1})`
      await sql`update conversations set status = 0, last_activity_at = ${long} where uuid = ${talk.uuid}::uuid`.execute(
        t.database.kysely,
      )
      await t.run(resolveQuietOnes)
    }
    const steps: (() => Promise<unknown>)[] = [
      () => status('resolved'),
      () => desk.say('Hello?'),
      () => status('pending'),
      async () => t.run(async (ctx) => openAfterBotFailure(ctx, (await desk.record()).id)),
      () => status('snoozed'),
      () => status('open'),
      () => t.anyone.post(`${talks}/${talk.id}/toggle_status`),
      () => priority('low'),
      () => priority('urgent'),
      () => priority(null),
      () => label('vip', 'late'),
      () => label(),
      () => assign({ team_id: team.id }),
      () => assign({ team_id: 0 }),
      () => assign({ assignee_id: account.agent.id }),
      () => assign({ assignee_id: null }),
      () => assign({ assignee_id: account.administrator.id }),
      () => admin.post(`${at}/unmute`),
      () => quiet(2 * 24 * 60),
      () => quiet(60),
      () => quiet(61),
    ]
    for (const [done, step] of steps.entries()) {
      await step()
      await soon(async () => expect(await desk.lines()).toHaveLength(done + 1))
    }
    await admin.post(`${at}/mute`)
    return soon(async () => {
      expect(await desk.lines()).toHaveLength(steps.length + 1)
      return desk.lines()
    })
  }

  it('decides the lines of a conversation: German', async () => {
    expect(await workThrough('de')).toEqual([
      'Admin Person hat die Unterhaltung als gelöst markiert',
      'Die Unterhaltung wurde wegen einer neuen Nachricht automatisch wieder geöffnet.',
      'Admin Person hat die Unterhaltung als ausstehend markiert',
      'Die Unterhaltung wurde wegen eines Fehlers des Bots automatisch geöffnet.',
      'Admin Person hat die Unterhaltung zurückgestellt',
      'Admin Person hat die Unterhaltung wieder geöffnet',
      'Ada lovelace hat die Unterhaltung beendet',
      'Admin Person hat die Priorität auf „niedrig“ gesetzt',
      'Admin Person hat die Priorität von „niedrig“ in „dringend“ geändert',
      'Admin Person hat die Priorität entfernt',
      'Admin Person hat Labels hinzugefügt: vip, late',
      'Admin Person hat Labels entfernt: vip, late',
      'Admin Person hat die Unterhaltung dem Team sales zugewiesen',
      'Admin Person hat die Zuweisung an das Team sales aufgehoben',
      'Admin Person hat die Unterhaltung Agent Person zugewiesen',
      'Admin Person hat die Zuweisung der Unterhaltung aufgehoben',
      'Admin Person hat die Unterhaltung übernommen',
      'Admin Person hat die Stummschaltung der Unterhaltung aufgehoben',
      'Die Unterhaltung wurde nach 2 Tagen ohne Aktivität automatisch als gelöst markiert',
      'Die Unterhaltung wurde nach einer Stunde ohne Aktivität automatisch als gelöst markiert',
      'Die Unterhaltung wurde nach 61 Minuten ohne Aktivität automatisch als gelöst markiert',
      'Admin Person hat die Unterhaltung stummgeschaltet',
    ])
  })

  it('is English where there are no texts of that language, in the words of Chatwoot', async () => {
    expect(await workThrough('fr')).toEqual([
      'Conversation was marked resolved by Admin Person',
      'System reopened the conversation due to a new incoming message.',
      'Conversation was marked as pending by Admin Person',
      'Conversation was marked open by system due to an error with the agent bot.',
      'Conversation was snoozed by Admin Person',
      'Conversation was reopened by Admin Person',
      'Conversation was resolved by Ada lovelace',
      'Admin Person set the priority to low',
      'Admin Person changed the priority from low to urgent',
      'Admin Person removed the priority',
      'Admin Person added vip, late',
      'Admin Person removed vip, late',
      'Assigned to sales by Admin Person',
      'Unassigned from sales by Admin Person',
      'Assigned to Agent Person by Admin Person',
      'Conversation unassigned by Admin Person',
      'Admin Person self-assigned this conversation',
      'Admin Person has unmuted the conversation',
      'Conversation was marked resolved by system due to 2 days of inactivity',
      'Conversation was marked resolved by system due to 1 hours of inactivity',
      'Conversation was marked resolved by system due to 61 minutes of inactivity',
      'Admin Person has muted the conversation',
    ])
  })

  it('decides what visitors are asked: a survey, its page, its link in a webhook', async () => {
    const asked = async (locale: string) => {
      delivered.length = 0
      const { admin, base, at, inbox, read, talk } = await buildDesk(locale, { webhook_url: webhookUrl })
      await admin.patch(`${base}/inboxes/${inbox.id}`, { csat_survey_enabled: true })
      await admin.post(`${at}/toggle_status`, { status: 'resolved' })
      const survey = await soon(async () => {
        const found = (await read()).find((message) => message.content_type === 'input_csat')
        expect(found).toBeTruthy()
        return found
      })
      const webhook = await soon(() => {
        const found = delivered.find((body) => body.event === 'message_created' && body.content_type === 'input_csat')
        expect(found).toBeTruthy()
        return found
      })
      const page = (await t.anyone.get(`/survey/responses/${talk.uuid}`)).text
      return { survey: survey.content, webhook: webhook.content.replace(/http\S+/, 'LINK'), page }
    }
    const german = await asked('de')
    expect(german).toMatchObject({
      survey: 'Bitte bewerten Sie die Unterhaltung',
      webhook: 'Bitte bewerten Sie diese Unterhaltung: LINK',
    })
    for (const text of [
      '<html lang="de">',
      '<title>Waren Sie zufrieden?</title>',
      '>Sehr gut<',
      '>Senden<',
      'data-sending="Wird gesendet …"',
    ]) {
      expect(german.page).toContain(text)
    }
    const french = await asked('fr')
    expect(french).toMatchObject({
      survey: 'Please rate the conversation',
      webhook: 'Please rate this conversation, LINK',
    })
    for (const text of ['<html lang="en">', '>Very good<', 'data-too-old="This survey is closed'])
      expect(french.page).toContain(text)
  })

  it('decides what is said instead of a message that may not go out', async () => {
    const window = { additional_attributes: { agent_reply_time_window: '1' } }
    const { admin, base, at, inbox, lines, record, settle, say } = await buildDesk('pt_BR', window)
    await admin.patch(`${base}/inboxes/${inbox.id}`, { csat_survey_enabled: true })
    await say('Oi')
    const { id } = await record()
    await sql`update messages set created_at = now() - interval '3 hours' where conversation_id = ${id}`.execute(
      t.database.kysely,
    )
    await sql`update conversations set last_activity_at = now() - interval '3 hours' where id = ${id}`.execute(
      t.database.kysely,
    )
    await settle({ auto_resolve_after: 120, auto_resolve_message: 'Tchau' })
    await t.run(resolveQuietOnes)
    await soon(async () => expect(await lines()).toHaveLength(3))
    expect((await lines()).toSorted()).toEqual([
      'A conversa foi marcada automaticamente como resolvida após 2 horas de inatividade',
      'A mensagem de encerramento automático não foi enviada por causa das restrições a mensagens de saída',
      'A pesquisa de satisfação não foi enviada por causa das restrições a mensagens de saída',
    ])
    const { body: message } = await admin.post(`${at}/messages`, { content: 'Segredo', private: true })
    expect((await admin.delete(`${at}/messages/${message.id}`)).body.content).toBe('Esta mensagem foi apagada')
  })

  it('leaves errors in English: programs read them', async () => {
    const { admin, base } = await buildDesk('de')
    expect((await admin.post(`${base}/labels`, { title: '' })).body.message).toContain('Title must not be blank')
    expect((await admin.get(`${base}/labels/0`)).body).toEqual({ error: 'Resource could not be found' })
  })

  it('decides the question for an address that a website asks', async () => {
    const { admin, base } = await buildDesk('de')
    const { body: inbox } = await admin.post(`${base}/inboxes`, {
      name: 'Site',
      channel: { type: 'web_widget', website_url: 'https://example.test' },
    })
    const { body: made } = await admin.post(`${base}/contacts`, { name: 'Eve', inbox_id: inbox.id })
    const { body: talk } = await admin.post(`${base}/conversations`, {
      inbox_id: inbox.id,
      source_id: made.payload.contact_inbox.source_id,
    })
    await t.run(async (ctx) => {
      const [conversation] = await selectRecords(ctx, sql`c.uuid = ${talk.uuid}::uuid`)
      await createMessage(ctx, conversation!, {
        content: 'Hallo',
        message_type: 'incoming',
        sender: { type: 'Contact', id: made.payload.contact.id },
      })
    })
    const { body } = await admin.get(`${base}/conversations/${talk.id}/messages`)
    expect(body.payload.map((message: any) => message.content)).toEqual([
      'Hallo',
      'Sagen Sie dem Team, wie Sie zu erreichen sind.',
      'Lassen Sie sich per E-Mail benachrichtigen',
    ])
  })

  it('decides the words of a notification, in the list and on a socket', async () => {
    const { account, admin, at, base } = await buildDesk('de')
    const heard: any[] = []
    const socket = new WebSocket(`${t.base.replace('http', 'ws')}/cable`, 'actioncable-v1-json')
    socket.on('message', (data) => heard.push(JSON.parse(String(data))))
    await new Promise((done) => socket.once('open', done))
    const { id, pubsub_token } = account.agent
    const identifier = JSON.stringify({ channel: 'RoomChannel', pubsub_token, user_id: id, account_id: account.id })
    socket.send(JSON.stringify({ command: 'subscribe', identifier }))
    await soon(() => expect(heard.map(({ type }) => type)).toContain('confirm_subscription'))

    await admin.post(`${at}/assignments`, { assignee_id: id })
    const frame = await soon(() => {
      const found = heard.find(({ message }) => message?.event === 'notification.created')
      expect(found).toBeTruthy()
      return found.message.data.notification
    })
    socket.terminate()
    expect([frame.push_message_title, frame.push_message_body]).toEqual([': Kein Inhalt', ': Kein Inhalt'])
    const { body } = await t.as(account.agent).get(`${base}/notifications`)
    expect(body.data.payload[0]).toMatchObject({
      push_message_title: 'Ihnen wurde eine Unterhaltung (#1) zugewiesen',
      push_message_body: ': Kein Inhalt',
    })
  })
})
