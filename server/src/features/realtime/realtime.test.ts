import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestApp, type Client, type Person, type TestAccount } from '../../../test/support.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { buildVisitor } from '../../../test/support/visitor.ts'

type App = ReturnType<typeof startTestApp>

interface Ear {
  /** `event` of all that came, without presence. */
  names: () => string[]
  messages: { event: string; data: any }[]
  closed: Promise<unknown>
  socket: WebSocket
}

const sockets: WebSocket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate()
})

async function listen(t: App, identifier: object): Promise<Ear> {
  const socket = new WebSocket(`${t.base.replace('http', 'ws')}/cable`, 'actioncable-v1-json')
  sockets.push(socket)
  const ear: Ear = {
    socket,
    messages: [],
    names: () => ear.messages.filter(({ event }) => event !== 'presence.update').map(({ event }) => event),
    closed: new Promise((resolve) => socket.once('close', resolve)),
  }
  socket.on('message', (data) => {
    const { message } = JSON.parse(String(data))
    if (typeof message === 'object') ear.messages.push(message)
  })
  socket.once('open', () =>
    socket.send(
      JSON.stringify({ command: 'subscribe', identifier: JSON.stringify({ channel: 'RoomChannel', ...identifier }) }),
    ),
  )
  await eventually(() => ear.messages.length, 'the first frame')
  return ear
}

const personIn = ({ id }: { id: number }, { pubsub_token, id: user_id }: Person) => ({
  pubsub_token,
  user_id,
  account_id: id,
})

/** A conversation of Eve, which nobody is given by turns. */
const buildEve = (t: App, account: TestAccount) =>
  buildVisitor(t, { account, name: 'Eve', inbox: { enable_auto_assignment: false } })

const note = (client: Client, at: string, content: string) => client.post(`${at}/messages`, { content, private: true })

describe('who hears', () => {
  const t = startTestApp()

  it('nobody by a plain request', async () => {
    const { status, headers, text } = await t.anyone.get('/cable')
    expect([status, headers.get('content-type'), text]).toEqual([404, 'text/plain; charset=utf-8', 'Page not found'])
  })

  it('of a person in two accounts: both, by the socket of either; of the one they left, nothing', async () => {
    const [mine, other] = [await t.buildAccount(), await t.buildAccount()]
    const { say, base: api, admin } = await buildEve(t, other)
    await t.as(mine.administrator).post(`/api/v1/accounts/${mine.id}/agents`, {
      name: 'Both',
      email: other.agent.email,
      role: 'agent',
    })
    const ear = await listen(t, personIn(mine, other.agent))
    await say('Hello')
    await eventually(() => ear.names().includes('message.created'), 'the message')
    expect(ear.messages.at(-1)!.data.account_id).toBe(other.id)

    await admin.delete(`${api}/agents/${other.agent.id}`)
    await ear.closed
    const again = await listen(t, personIn(mine, other.agent))
    const administrator = await listen(t, personIn(other, other.administrator))
    await say('Are they gone?')
    await eventually(() => administrator.names().includes('message.created'), 'the message')
    expect(again.names()).toEqual([])
  })

  it('of an inbox that an agent has left: nothing, though they watch the conversation', async () => {
    const account = await t.buildAccount()
    const { say, base: api, admin, inbox, at } = await buildEve(t, account)
    await note(admin, at, `(mention://user/${account.agent.id}/Agent) look`)
    const ear = await listen(t, personIn(account, account.agent))
    await eventually(async () => (await admin.get(`${at}/participants`)).body.length, 'a participant')
    await admin.delete(`${api}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id] })
    t.events.length = 0
    await say('Between us')
    const administrator = await t.as(account.administrator).get(`${at}/messages`)
    expect(administrator.body.payload.at(-1).content).toBe('Between us')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const notified = t.events.filter(({ name }) => name === 'notification.created')
    expect(notified).toEqual([])
    expect(ear.names().filter((name) => /message|conversation.updated/.test(name))).toEqual([])
  })
})

describe('several processes on one database', () => {
  const one = startTestApp({ DATABASE_URL: 'postgres://shared' })
  const two = startTestApp({ DATABASE_URL: 'postgres://shared' })

  it('hear of each other’s events, present people and ended rights', async () => {
    const account = await one.buildAccount()
    const { say, base: api } = await buildEve(one, account)
    const ear = await listen(two, personIn(account, account.agent))
    await say('Hello')
    await eventually(() => ear.names().includes('message.created'), 'the message')

    const statusOfAgent = async () => {
      const { body } = await one.as(account.administrator).get(`${api}/agents`)
      return body.find(({ id }: Person) => id === account.agent.id).availability_status
    }
    expect(await statusOfAgent()).toBe('online')
    const administrator = await listen(one, personIn(account, account.administrator))
    expect(Object.keys(administrator.messages[0]!.data.users)).toHaveLength(2)

    await one.as(account.administrator).delete(`${api}/agents/${account.agent.id}`)
    await ear.closed
  })
})
