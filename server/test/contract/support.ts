import type { Database } from '../../src/db/connect.ts'
import { createPlatformApp } from '../../src/features/platform/permissible.model.ts'
import { operations } from '../../src/catalog/operations.ts'
import type { Operation } from '../../src/http/operation.ts'
import type { startTestApp, Answer, Client, TestAccount } from '../support.ts'

type TestApp = ReturnType<typeof startTestApp>
export type Json = Record<string, any>

/** An account with one of everything, each carrying `mark` wherever text may stand. */
export interface Office {
  account: TestAccount
  admin: Client
  agent: Client
  base: string
  mark: string
  ids: Record<string, number>
  texts: Record<'inbox_identifier' | 'source_id' | 'conversation_uuid' | 'title', string> &
    /** Names in addresses, by their parameters. */
    Record<string, string>
  botToken: string
}

/** What an office is made with: a test's server, or one of its own. */
export type Maker = Pick<TestApp, 'unique' | 'as' | 'buildAccount'> & { database: Pick<Database, 'pool'> }

export async function buildOffice(t: Maker, mark = t.unique('mark')): Promise<Office> {
  const account = await t.buildAccount()
  const [admin, agent] = [t.as(account.administrator), t.as(account.agent)]
  const base = `/api/v1/accounts/${account.id}`
  const made = async (path: string, body: unknown, client = admin): Promise<any> => {
    const answer = await client.post(path, body)
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const inbox = await made(`${base}/inboxes`, { name: `${mark} inbox`, channel: { type: 'api', webhook_url: '' } })
  await made(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: [account.agent.id, account.administrator.id] })
  const contact = (
    await made(`${base}/contacts`, { name: `${mark} contact`, email: `${mark}@example.test`, inbox_id: inbox.id })
  ).payload
  const other = (await made(`${base}/contacts`, { name: `${mark} other` })).payload.contact
  const sourceId = contact.contact_inbox.source_id
  const conversation = await made(`${base}/conversations`, {
    source_id: sourceId,
    inbox_id: inbox.id,
    contact_id: contact.contact.id,
  })
  const message = await made(`${base}/conversations/${conversation.id}/messages`, { content: `${mark} message` })
  const label = await made(`${base}/labels`, { title: `${mark}-label` })
  const team = await made(`${base}/teams`, { name: `${mark} team` })
  await made(`${base}/teams/${team.id}/team_members`, { user_ids: [account.agent.id] })
  const bot = await made(`${base}/agent_bots`, { name: `${mark} bot`, outgoing_url: '' })
  const webhook = (
    await made(`${base}/webhooks`, { url: `http://127.0.0.1:9/${mark}`, subscriptions: ['contact_created'] })
  ).payload.webhook
  const note = await made(`${base}/contacts/${contact.contact.id}/notes`, { content: `${mark} note` })
  const site = await made(`${base}/inboxes`, {
    name: `${mark} site`,
    channel: { type: 'web_widget', website_url: `https://${mark}.example.test/` },
  })
  const campaign = await made(`${base}/campaigns`, {
    title: `${mark} campaign`,
    message: `${mark} message`,
    inbox_id: site.id,
  })
  const macro = await made(`${base}/macros`, {
    name: `${mark} macro`,
    visibility: 'global',
    actions: [{ action_name: 'add_label', action_params: [`${mark}-label`] }],
  })
  const app = await made(`${base}/dashboard_apps`, {
    title: `${mark} app`,
    content: [{ type: 'frame', url: `https://${mark}.example.test/` }],
  })
  const canned = await made(`${base}/canned_responses`, { short_code: `${mark} code`, content: `${mark} text` })
  const attribute = { attribute_display_name: `${mark} attribute`, attribute_key: mark }
  const definition = await made(`${base}/custom_attribute_definitions`, attribute)
  await made(`${base}/custom_attribute_definitions`, { ...attribute, attribute_model: 'contact_attribute' })
  const portal = await made(`${base}/portals`, {
    name: `${mark} portal`,
    slug: mark,
    custom_domain: `${mark}.example.test`,
  })
  // One to be shown, and one to be changed.
  await made(`${base}/portals`, { name: `${mark} other`, slug: `${mark}-other` })
  const inPortal = `${base}/portals/${mark}`
  const slugs = { category_slug: `${mark}-shown`, article_slug: `${mark}-shown` }
  const shownCategory = (await made(`${inPortal}/categories`, { name: `${mark} shown`, slug: slugs.category_slug }))
    .payload
  const category = (await made(`${inPortal}/categories`, { name: `${mark} category`, slug: `${mark}-category` }))
    .payload
  const written = {
    title: `${mark} article`,
    content: mark,
    author_id: account.agent.id,
    category_id: shownCategory.id,
    status: 'published',
  }
  await made(`${inPortal}/articles`, { ...written, slug: slugs.article_slug })
  const article = (await made(`${inPortal}/articles`, written)).payload
  const filter = await made(`${base}/custom_filters`, { name: `${mark} filter` })
  await made(`${base}/conversations/${conversation.id}/labels`, { labels: [`${mark}-label`] })
  const { rows } = await t.database.pool.query(
    `insert into notifications (account_id, user_id, notification_type, primary_actor_type, primary_actor_id, created_at, updated_at, last_activity_at)
     select account_id, $2, 1, 'Conversation', id, now(), now(), now() from conversations where account_id = $1 returning id`,
    [account.id, account.administrator.id],
  )
  const rated = await t.database.pool.query(
    `insert into csat_survey_responses (account_id, conversation_id, message_id, rating, feedback_message, contact_id, created_at, updated_at)
     select account_id, conversation_id, id, 4, $2, $3, now(), now() from messages where id = $1 returning id`,
    [message.id, `${mark} feedback`, contact.contact.id],
  )
  const key = (await t.database.pool.query('select identifier from channel_api where account_id = $1', [account.id]))
    .rows[0]
  return {
    account,
    admin,
    agent,
    base,
    mark,
    botToken: bot.access_token,
    ids: {
      inboxes: inbox.id,
      contacts: contact.contact.id,
      other_contact: other.id,
      conversations: conversation.id,
      messages: message.id,
      labels: label.id,
      notes: note.id,
      canned_responses: canned.id,
      dashboard_apps: app.id,
      csat_survey_responses: rated.rows[0].id,
      macros: macro.payload.id,
      websites: site.id,
      campaigns: campaign.id,
      teams: team.id,
      agent_bots: bot.id,
      webhooks: webhook.id,
      custom_attribute_definitions: definition.id,
      custom_filters: filter.id,
      notifications: rows[0].id,
      agents: account.agent.id,
      portals: portal.id,
      categories: category.id,
      articles: article.id,
    },
    texts: {
      inbox_identifier: key.identifier,
      source_id: sourceId,
      conversation_uuid: conversation.uuid,
      title: `${mark}-label`,
      portal_id: mark,
      slug: mark,
      locale: 'en',
      ...slugs,
    },
  }
}

export async function buildPlatformApp(t: TestApp): Promise<{ id: number; token: string }> {
  const { id, access_token: token } = await t.run((ctx) => createPlatformApp(ctx, t.unique('platform-app')))
  return { id, token }
}

/** The path of an operation, with the ids of an office in it. `other` replaces what a test wants to be different. */
export function pathOf(operation: Operation, office: Office, other: Record<string, string | number> = {}): string {
  return operation.path.replace(/:(\w+)/g, (_, name: string) =>
    String(other[name] ?? valueOf(operation, name, office) ?? 1),
  )
}

/** What an office has for a parameter of a path. */
export function valueOf(operation: Operation, name: string, office: Office): string | number | undefined {
  if (name === 'account_id') return office.account.id
  // It may get another slug, under which nobody would look for it.
  if (operation.id === 'portals.update') return `${office.mark}-other`
  if (operation.text.has(name) && tableOf(operation, name) === 'portals') return office.texts.slug!
  return office.texts[name] ?? office.ids[tableOf(operation, name)]
}

/** Whose id a path parameter is, by the segment before it: `/teams/:team_id` is of teams. */
export function tableOf(operation: Operation, param: string): string {
  const segments = operation.path.split('/')
  const before = segments[segments.indexOf(`:${param}`) - 1]!
  if (before === 'inbox_members') return 'inboxes'
  return before
}

export const isAccountOperation = (operation: Operation) => operation.path.startsWith('/api/v1/accounts/:account_id')

export async function send(
  client: Client,
  operation: Operation,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  const verb = operation.method.toLowerCase() as keyof Client
  const answer = await client[verb](path, operation.method === 'GET' ? undefined : body, headers)
  // What is found by its slug has it again for who comes next.
  if (operation.id === 'portals.update' && answer.status === 200) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    await client.patch(folder + encodeURIComponent(answer.body.slug), { slug: path.slice(folder.length) })
  }
  return answer
}

/** `GET /a/:b` of every operation, for messages of failing tests. */
export const nameOf = (operation: Operation) => `${operation.id} (${operation.method} ${operation.path})`

export { operations }
