import type { startTestApp } from '../support.ts'

type TestApp = ReturnType<typeof startTestApp>

/** An API inbox of its own account, and a visitor there with a first conversation. */
export async function buildVisitor(
  t: TestApp,
  { inbox: settings = {}, name = 'Ada Lovelace' }: { inbox?: object; name?: string } = {},
) {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const { body: inbox } = await admin.post(`${base}/inboxes`, {
    name: 'Front desk',
    channel: { type: 'api' },
    ...settings,
  })
  const contacts = `/public/api/v1/inboxes/${inbox.inbox_identifier}/contacts`
  const { body: contact } = await t.anyone.post(contacts, { name })
  const talks = `${contacts}/${contact.source_id}/conversations`
  const { body: talk } = await t.anyone.post(talks, {})
  return { account, admin, base, inbox, contacts, contact, talks, talk, messages: `${talks}/${talk.id}/messages` }
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
