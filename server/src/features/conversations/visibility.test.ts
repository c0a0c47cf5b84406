import { beforeAll, expect, it } from 'vitest'
import { startTestApp, type Client, type Person, type TestAccount } from '../../../test/support.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { buildTalk } from '../../../test/support/visitor.ts'

const t = startTestApp()

/** What each purpose lets each kind of person see, as `visibility.query.ts` says. */
const SEES = {
  administrator: { door: 200, messages: 200, inbox: 200, start: 200, lists: true, watches: true, mentioned: true },
  member: { door: 200, messages: 200, inbox: 200, start: 200, lists: true, watches: true, mentioned: true },
  teammate: { door: 200, messages: 200, inbox: 401, start: 401, lists: false, watches: false, mentioned: false },
  outsider: { door: 401, messages: 401, inbox: 401, start: 401, lists: false, watches: false, mentioned: false },
}
type Kind = keyof typeof SEES

let account: TestAccount
let people: Record<Kind, Person>
let admin: Client
let base: string
let inbox: { id: number }
let contact: { id: number }
let sourceId: string
let conversation: { id: number }

beforeAll(async () => {
  const built = await buildTalk(t)
  ;({ account, admin, base, inbox, contact, sourceId } = built)
  conversation = built.talk
  const join = async (): Promise<Person> => {
    const person = await t.buildPerson()
    await t.database.pool.query(
      'insert into account_users (account_id, user_id, role, created_at, updated_at) values ($1, $2, 0, now(), now())',
      [account.id, person.id],
    )
    return person
  }
  people = {
    administrator: account.administrator,
    member: account.agent,
    teammate: await join(),
    outsider: await join(),
  }
  const team = (await admin.post(`${base}/teams`, { name: 'second line', allow_auto_assign: false })).body
  await admin.post(`${base}/teams/${team.id}/team_members`, { user_ids: [people.teammate.id] })
  await admin.post(`${base}/conversations/${conversation.id}/assignments`, { team_id: team.id })
  await built.write({ content: 'Hello' })
})

it.each(Object.entries(SEES) as [Kind, (typeof SEES)[Kind]][])('a conversation as %s', async (kind, sees) => {
  const [person, client] = [people[kind], t.as(people[kind])]
  const at = `${base}/conversations/${conversation.id}`
  const status = async (answer: Promise<{ status: number }>) => (await answer).status
  const messages = await client.get(`${at}/messages`)
  expect({
    door: await status(client.get(at)),
    messages: messages.status,
    inbox: await status(client.get(`${base}/inboxes/${inbox.id}`)),
    start: await status(client.post(`${base}/conversations`, { source_id: sourceId })),
  }).toEqual({ door: sees.door, messages: sees.messages, inbox: sees.inbox, start: sees.start })
  expect(messages.text.includes('Hello')).toBe(sees.messages === 200)

  const shown = (list: { id: number }[], id: number) => list.some((one) => one.id === id)
  const found = [
    shown((await client.get(`${base}/conversations`)).body.data.payload, conversation.id),
    (await client.get(`${base}/conversations/meta`)).body.meta.all_count > 0,
    shown((await client.get(`${base}/conversations/search?q=Hello`)).body.payload, conversation.id),
    shown((await client.get(`${base}/contacts/${contact.id}/conversations`)).body.payload, conversation.id),
    shown((await client.get(`${base}/inboxes`)).body.payload, inbox.id),
    (await client.get(`${base}/contacts/${contact.id}/contactable_inboxes`)).body.payload.length > 0,
  ]
  expect(found).toEqual(found.map(() => sees.lists))

  await admin.post(`${at}/participants`, { user_ids: [person.id] })
  const watching = shown((await admin.get(`${at}/participants`)).body, person.id)
  expect(watching).toBe(sees.watches)
  // What one watches is listed without the inbox.
  expect(
    shown(
      (await client.get(`${base}/conversations?conversation_type=participating`)).body.data.payload,
      conversation.id,
    ),
  ).toBe(watching)

  const author = kind === 'member' ? account.administrator : people.member
  const witness = author === people.member ? account.administrator : people.member
  const { body: note } = await t.as(author).post(`${at}/messages`, {
    content: `[@](mention://user/${person.id}/P) [@](mention://user/${witness.id}/W)`,
    private: true,
  })
  const mentioned = () =>
    t.events.flatMap(({ name, data }) => (name === 'conversation.mentioned' && 'user_id' in data ? [data.user_id] : []))
  await eventually(() => mentioned().includes(witness.id), `the mentions of note ${note.id}`)
  expect(mentioned().includes(person.id)).toBe(sees.mentioned)
})
