import { expect, it } from 'vitest'
import { startTestApp } from '../support.ts'
import { buildOffice, buildPlatformApp, isAccountOperation, operations, pathOf, type Office } from './support.ts'

// Without jobs: these have statements of their own.
const t = startTestApp({ PARLEY_RUN: 'web' })

/**
 * How many statements a read takes beside the one that signs in: a list one to three, whatever its page size. A read that is not
 * here fails; so does one that takes another number, be it fewer. Visitors do not sign in: theirs hold their door.
 */
const STATEMENTS: Record<string, number> = {
  'accounts.show': 2,
  'accounts.cache_keys': 1,
  'agents.index': 1,
  'inboxes.index': 1,
  'inboxes.show': 1,
  'inboxes.agent_bot': 2,
  'inboxes.campaigns': 3,
  'inboxes.assignable_agents': 2,
  'assignable_agents.index': 2,
  'inbox_members.show': 2,
  'contacts.index': 2,
  'contacts.search': 2,
  'contacts.filter': 3,
  'contacts.active': 2,
  'contacts.show': 1,
  'contacts.contactable_inboxes': 2,
  'contacts/conversations.index': 3,
  'contacts/labels.index': 2,
  'contacts/notes.index': 2,
  'contacts/notes.show': 2,
  'contact_inboxes.filter': 3,
  'conversations.index': 2,
  'conversations.meta': 1,
  'conversations.search': 2,
  'conversations.filter': 3,
  'conversations.show': 2,
  'conversations.attachments': 2,
  'conversations/labels.index': 1,
  'conversations/draft_messages.show': 2,
  'conversations/messages.index': 1,
  'conversation_participants.show': 2,
  'labels.index': 1,
  'labels.show': 1,
  'canned_responses.index': 1,
  'teams.index': 1,
  'teams.show': 1,
  'team_members.index': 2,
  'custom_attribute_definitions.index': 1,
  'custom_attribute_definitions.show': 1,
  'custom_filters.index': 1,
  'custom_filters.show': 1,
  'agent_bots.index': 1,
  'agent_bots.show': 1,
  'webhooks.index': 1,
  'csat_survey_responses.index': 1,
  'csat_survey_responses.metrics': 1,
  'csat_survey_responses.download': 2,
  'macros.index': 1,
  'macros.show': 1,
  'campaigns.index': 2,
  'campaigns.show': 2,
  'dashboard_apps.index': 1,
  'dashboard_apps.show': 1,
  'search.index': 5,
  'search.conversations': 2,
  'search.contacts': 1,
  'search.messages': 2,
  'search.articles': 0,
  'notifications.index': 3,
  'notifications.unread_count': 1,
  'notification_settings.show': 1,
  'portals.index': 1,
  'portals.show': 2,
  'portals.ssl_status': 1,
  'categories.index': 2,
  'categories.show': 2,
  'articles.index': 3,
  'articles.show': 2,
  'articles.edit': 2,
  'public/portals.show': 2,
  'public/portals/articles.index': 3,
  'public/portals/articles.show': 3,
  'public/portals/categories.index': 2,
  'public/portals/categories.show': 2,
  'public/portals/categories.articles': 3,
  'public/inboxes.show': 2,
  'public/contacts.show': 1,
  'public/conversations.index': 3,
  'public/conversations.show': 3,
  'public/messages.index': 3,
  'platform/accounts.index': 2,
  'platform/accounts.show': 2,
  'platform/account_users.index': 2,
  'platform/users.show': 2,
  'platform/users.login': 2,
  'platform/agent_bots.index': 2,
  'platform/agent_bots.show': 2,
}
const MOST = 3
/** Several lists in one answer. */
const OF_SEVERAL = ['search.index']

/** Filters too: what they are asked does not fit into an address. */
const allReads = operations.filter(({ method, id }) => method === 'GET' || id.endsWith('.filter'))
const readsOf = (family: string) => allReads.filter((one) => one.family === family)
const reads = {
  application: readsOf('application').filter((one) => isAccountOperation(one) && one.access !== 'nobody'),
  client: readsOf('client').filter((one) => one.path.includes('inboxes')),
  platform: readsOf('platform'),
  // Of these, one leads elsewhere and one is a picture.
  helpCenter: readsOf('other').filter((one) => one.path.startsWith('/hc') && !/redirect|pixel/.test(one.id)),
}

/** Twenty-four more of everything that is listed, made as the API makes it. */
async function fill(office: Office): Promise<void> {
  const { admin, base, ids, account } = office
  await inTurns(24, async () => {
    const mark = t.unique('more')
    const inbox = (await admin.post(`${base}/inboxes`, { name: mark, channel: { type: 'api', webhook_url: '' } })).body
    const website = (
      await admin.post(`${base}/inboxes`, {
        name: mark,
        channel: { type: 'web_widget', website_url: 'https://example.test/' },
      })
    ).body
    await admin.post(`${base}/agents`, { name: mark, email: `${mark}@example.test`, role: 'agent' })
    const contact = (await admin.post(`${base}/contacts`, { name: mark, inbox_id: ids.inboxes })).body.payload
    await admin.post(`${base}/contacts/${ids.contacts}/contact_inboxes`, { inbox_id: inbox.id })
    const mine = { inbox_id: ids.inboxes, contact_id: ids.contacts, source_id: office.texts.source_id }
    const conversation = (await admin.post(`${base}/conversations`, mine)).body
    await admin.post(`${base}/conversations`, {
      inbox_id: ids.inboxes,
      contact_id: contact.contact.id,
      source_id: contact.contact_inbox.source_id,
      assignee_id: account.agent.id,
    })
    await admin.post(`${base}/conversations/${conversation.id}/messages`, { content: mark })
    await admin.post(`${base}/conversations/${ids.conversations}/messages`, { content: mark })
    const file = new FormData()
    file.append('content', mark)
    file.append('attachments[]', new Blob(['text'], { type: 'text/plain' }), 'note.txt')
    await admin.post(`${base}/conversations/${ids.conversations}/messages`, file)
    await admin.post(`${base}/labels`, { title: mark })
    await admin.post(`${base}/contacts/${ids.contacts}/notes`, { content: mark })
    for (const inbox_id of [ids.websites, website.id])
      await admin.post(`${base}/campaigns`, { title: mark, message: mark, inbox_id, sender_id: account.agent.id })
    await admin.post(`${base}/macros`, { name: mark, visibility: 'global', actions: [] })
    await admin.post(`${base}/dashboard_apps`, {
      title: mark,
      content: [{ type: 'frame', url: 'https://example.test/' }],
    })
    await admin.post(`${base}/canned_responses`, { short_code: mark, content: mark })
    await admin.post(`${base}/teams`, { name: mark })
    await admin.post(`${base}/custom_attribute_definitions`, { attribute_display_name: mark, attribute_key: mark })
    await admin.post(`${base}/custom_filters`, { name: mark })
    await admin.post(`${base}/portals`, { name: mark, slug: mark })
    const inPortal = `${base}/portals/${office.texts.slug}`
    await admin.post(`${inPortal}/categories`, { name: mark, slug: mark, related_category_ids: [ids.categories] })
    await admin.post(`${inPortal}/articles`, {
      title: mark,
      content: mark,
      author_id: account.agent.id,
      category_id: ids.categories,
      associated_article_id: ids.articles,
      status: 'published',
    })
    await admin.post(`${base}/agent_bots`, { name: mark, outgoing_url: '' })
    await admin.post(`${base}/webhooks`, {
      url: `http://127.0.0.1:9/${mark}`,
      subscriptions: ['contact_created'],
      inbox_id: inbox.id,
    })
    await t.database.pool.query(
      `insert into notifications (account_id, user_id, notification_type, primary_actor_type, primary_actor_id, created_at, updated_at, last_activity_at)
       select account_id, $2, 1, 'Conversation', id, now(), now(), now() from conversations where account_id = $1 and display_id = $3`,
      [account.id, account.administrator.id, conversation.id],
    )
  })
  await t.database.pool.query(
    `insert into csat_survey_responses (account_id, conversation_id, message_id, rating, contact_id, assigned_agent_id, created_at, updated_at)
     select account_id, conversation_id, id, 5, $2, $3, now(), now() from messages m
     where account_id = $1 and not exists (select 1 from csat_survey_responses r where r.message_id = m.id) limit 24`,
    [account.id, ids.contacts, account.agent.id],
  )
  const { rows } = await t.database.pool.query('select user_id from account_users where account_id = $1', [account.id])
  const everybody = rows.map((row) => row.user_id as number)
  await admin.post(`${base}/inbox_members`, { inbox_id: ids.inboxes, user_ids: everybody })
  await admin.post(`${base}/teams/${ids.teams}/team_members`, { user_ids: everybody })
  await admin.post(`${base}/conversations/${ids.conversations}/participants`, { user_ids: everybody })
}

async function inTurns(count: number, work: () => Promise<void>): Promise<void> {
  for (let at = 0; at < count; at += 6) await Promise.all(Array.from({ length: 6 }, work))
}

type Ask = (operation: (typeof operations)[number]) => Promise<{ status: number }>

async function count(list: typeof operations, ask: Ask): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const operation of list) {
    await ask(operation)
    const before = t.statements
    const { status } = await ask(operation)
    counts[operation.id] =
      t.statements - before - (operation.access === 'nobody' || operation.access === 'visitor' ? 0 : 1)
    expect([operation.id, status]).toEqual([operation.id, 200])
  }
  return counts
}

/** A filter finds all there is, and has to look up what a custom attribute is. */
function bodyOf(id: string, { ids, texts, mark }: Office): object {
  if (id === 'contact_inboxes.filter') return { inbox_id: ids.inboxes, source_id: texts.source_id }
  const rule = { filter_operator: 'not_equal_to', values: ['x'] }
  return {
    payload: [
      { ...rule, attribute_key: mark, query_operator: 'AND' },
      { ...rule, attribute_key: 'labels' },
    ],
  }
}

const askIn =
  (office: Office): Ask =>
  (operation) => {
    if (operation.method === 'POST') return office.admin.post(pathOf(operation, office), bodyOf(operation.id, office))
    const query = new URLSearchParams()
    if (operation.id === 'assignable_agents.index') query.append('inbox_ids[]', String(office.ids.inboxes))
    if (operation.id === 'csat_survey_responses.download') {
      query.append('since', '1')
      query.append('until', '9999999999')
    }
    if (operation.id === 'contacts.search') query.append('q', 'm')
    if ('include_contact_inboxes' in (operation.query?.properties ?? {}))
      query.append('include_contact_inboxes', 'true')
    if (operation.id === 'conversations.index') query.append('assignee_type', 'all')
    const other: Record<string, number> = operation.id === 'inboxes.campaigns' ? { id: office.ids.websites! } : {}
    const isOpen = operation.access === 'nobody' || operation.access === 'visitor'
    return (isOpen ? t.anyone : office.admin).get(`${pathOf(operation, office, other)}?${query}`)
  }

/** An account, a user and a bot of a platform app, and `count` of each. */
async function askOnPlatform(count: number): Promise<Ask> {
  const app = t.with({ api_access_token: (await buildPlatformApp(t)).token })
  const base = '/platform/api/v1'
  const account = (await app.post(`${base}/accounts`, { name: t.unique('Platform') })).body
  const ids: Record<string, number> = { accounts: account.id }
  for (let at = 0; at < count; at++) {
    if (at) await app.post(`${base}/accounts`, { name: t.unique('Platform') })
    ids.users = (
      await app.post(`${base}/users`, {
        name: 'P',
        email: `${t.unique('p')}@example.test`,
        password: 'Str0ng!Passw0rd',
      })
    ).body.id
    ids.agent_bots = (await app.post(`${base}/agent_bots`, { name: 'B', account_id: account.id })).body.id
    await app.post(`${base}/accounts/${account.id}/account_users`, { user_id: ids.users, role: 'agent' })
  }
  return (operation) => app.get(operation.path.replace(/(\w+)\/:\w+/g, (_, table: string) => `${table}/${ids[table]}`))
}

it('a read takes as many statements for 25 rows as for one, and no more than are promised', async () => {
  const few = await buildOffice(t)
  const many = await buildOffice(t)
  await fill(many)
  const inAccount = [...reads.application, ...reads.client, ...reads.helpCenter]
  const one = { ...(await count(inAccount, askIn(few))), ...(await count(reads.platform, await askOnPlatform(1))) }
  const all = { ...(await count(inAccount, askIn(many))), ...(await count(reads.platform, await askOnPlatform(25))) }
  expect(all).toEqual(one)
  expect(all).toEqual(STATEMENTS)
  const tooMany = Object.entries(all).filter(([id, statements]) => statements > MOST && !OF_SEVERAL.includes(id))
  expect(tooMany).toEqual([])
}, 60_000)

it('a thousand are asked for in as many statements as one', async () => {
  const { admin, base } = await buildOffice(t)
  const countFor = async (length: number) => {
    const before = t.statements
    const ids = Array.from({ length }, (_, at) => at + 1)
    const { status } = await admin.post(`${base}/bulk_actions`, {
      type: 'Conversation',
      ids,
      fields: { status: 'open' },
    })
    expect(status).toBe(200)
    return t.statements - before
  }
  await countFor(1)
  expect(await countFor(1000)).toBe(await countFor(1))
  const { rows } = await t.database.pool.query(
    `select p.payload -> 'ids' as ids from parley_jobs._private_jobs p join parley_jobs._private_tasks k on k.id = p.task_id
     where k.identifier = 'actions.carry_out'`,
  )
  const lengths = rows.map((row) => (row.ids as number[]).length)
  expect([Math.max(...lengths), lengths.reduce((sum, one) => sum + one, 0)]).toEqual([50, 1002])
})

/** Reads outside of accounts, of which none is a list. */
const NO_LISTS = [
  'health.show',
  'api.index',
  'sessions.new',
  'token_validations.validate_token',
  'passwords.edit',
  'confirmations.show',
  'profiles.show',
  'public/csat_survey.show',
  'public/portals.redirect',
  'public/portals/articles.tracking_pixel',
  'survey/responses.show',
  'survey.script',
  'survey.style',
]

it('every read is counted, or no list', () => {
  const ids = allReads.map(({ id }) => id)
  expect(ids.sort()).toEqual([...Object.keys(STATEMENTS), ...NO_LISTS].sort())
})
