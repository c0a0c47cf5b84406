import type { startTestApp, TestAccount } from '../support.ts'

type TestApp = ReturnType<typeof startTestApp>

/** An API inbox with the agent of its account in it, and `admin` and `agent` to speak with. */
export async function buildInbox(
  t: TestApp,
  { account, inbox: settings = {} }: { account?: TestAccount; inbox?: object } = {},
) {
  const owner = account ?? (await t.buildAccount())
  const [admin, agent] = [t.as(owner.administrator), t.as(owner.agent)]
  const base = `/api/v1/accounts/${owner.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, {
    name: 'Front desk',
    channel: { type: 'api' },
    ...settings,
  })
  await admin.post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [owner.agent.id] })
  return { account: owner, admin, agent, base, inbox }
}

/** A visitor in an inbox, with a first conversation: `at` is where agents find it, `say` is what the visitor does. */
export async function buildVisitor(
  t: TestApp,
  { name = 'Ada Lovelace', ...place }: { account?: TestAccount; inbox?: object; name?: string } = {},
) {
  const built = await buildInbox(t, place)
  const contacts = `/public/api/v1/inboxes/${built.inbox.inbox_identifier}/contacts`
  const { body: contact } = await t.anyone.post(contacts, { name })
  const talks = `${contacts}/${contact.source_id}/conversations`
  const { body: talk } = await t.anyone.post(talks, {})
  const messages = `${talks}/${talk.id}/messages`
  const say = (content: string) => t.anyone.post(messages, { content })
  return { ...built, contacts, contact, talks, talk, messages, at: `${built.base}/conversations/${talk.id}`, say }
}

/** A conversation that an administrator opened with a contact: `write` is what they do in it. */
export async function buildTalk(
  t: TestApp,
  { name = 'Ada Lovelace', ...place }: { account?: TestAccount; inbox?: object; name?: string } = {},
) {
  const built = await buildInbox(t, place)
  const { admin, base, inbox } = built
  const { body: made } = await admin.post(`${base}/contacts`, { name, inbox_id: inbox.id })
  const { contact, contact_inbox } = made.payload
  const sourceId: string = contact_inbox.source_id
  const { body: talk } = await admin.post(`${base}/conversations`, { source_id: sourceId, inbox_id: inbox.id })
  const at = `${base}/conversations/${talk.id}`
  return { ...built, contact, sourceId, talk, at, write: (body: object) => admin.post(`${at}/messages`, body) }
}

/** A multipart body with these files under `attachments[]`. */
export function formWith(
  files: [name: string, type: string, content: string | Buffer][],
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, value)
  for (const [name, type, content] of files) form.append('attachments[]', new Blob([content as string], { type }), name)
  return form
}
