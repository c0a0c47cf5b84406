import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import type { WebhookRecord } from './webhook.presenter.ts'


export interface WebhookFields {
  name?: string | null
  url?: string | null
  inbox_id?: number | null
  subscriptions?: string[] | null
}

const DEFAULT_SUBSCRIPTIONS = [
  'conversation_status_changed',
  'conversation_updated',
  'conversation_created',
  'contact_created',
  'contact_updated',
  'message_created',
  'message_updated',
  'webwidget_triggered',
]

export const SUBSCRIPTIONS = [
  ...DEFAULT_SUBSCRIPTIONS,
  'inbox_created',
  'inbox_updated',
  'conversation_typing_on',
  'conversation_typing_off',
]

// An inbox that is not of the account is kept as sent, and not shown.
const COLUMNS = sql`w.id, w.account_id, w.name, w.url, w.subscriptions,
  (select json_build_object('id', i.id, 'name', i.name) from inboxes i
    where i.id = w.inbox_id and i.account_id = w.account_id) as inbox`

export async function listWebhooks(ctx: AccountContext): Promise<WebhookRecord[]> {
  const { rows } = await sql<WebhookRecord>`
    select ${COLUMNS} from webhooks w where w.account_id = ${ctx.account.id} order by w.id`.execute(ctx.db)
  return rows
}

export async function accessWebhook(ctx: AccountContext, id: number): Promise<WebhookRecord> {
  const { rows } = await sql<WebhookRecord>`
    select ${COLUMNS} from webhooks w where w.account_id = ${ctx.account.id} and w.id = ${id}`.execute(ctx.db)
  if (!rows[0]) throw new NotFoundError()
  return rows[0]
}

export async function createWebhook(ctx: AccountContext, fields: WebhookFields): Promise<WebhookRecord> {
  const { name = null, url = null, inbox_id: inboxId = null } = fields
  const subscriptions = fields.subscriptions ?? DEFAULT_SUBSCRIPTIONS
  await checkWebhook(ctx, { name, url, subscriptions })
  const { rows } = await refuseTaken(
    sql<{ id: number }>`
      insert into webhooks (account_id, name, url, inbox_id, subscriptions, created_at, updated_at)
      values (${ctx.account.id}, ${name}, ${url}, ${inboxId}, ${JSON.stringify(subscriptions)}::jsonb,
        ${ctx.app.now()}, ${ctx.app.now()}) returning id`.execute(ctx.db),
  )
  return accessWebhook(ctx, rows[0]!.id)
}

export async function updateWebhook(
  ctx: AccountContext,
  webhook: WebhookRecord,
  fields: WebhookFields,
): Promise<WebhookRecord> {
  const name = fields.name === undefined ? webhook.name : fields.name
  const url = fields.url === undefined ? webhook.url : fields.url
  const subscriptions = fields.subscriptions ?? webhook.subscriptions ?? []
  await checkWebhook(ctx, { id: webhook.id, name, url, subscriptions })
  await refuseTaken(
    sql`update webhooks set name = ${name}, url = ${url}, subscriptions = ${JSON.stringify(subscriptions)}::jsonb,
      ${fields.inbox_id === undefined ? sql`` : sql`inbox_id = ${fields.inbox_id},`} updated_at = ${ctx.app.now()}
      where id = ${webhook.id}`.execute(ctx.db),
  )
  return accessWebhook(ctx, webhook.id)
}

/** What is on its way to it is dropped when its turn comes. */
export async function destroyWebhook(ctx: Context, webhook: WebhookRecord): Promise<void> {
  await sql`delete from webhooks where id = ${webhook.id}`.execute(ctx.db)
}

const MAX_LENGTHS = { name: 255, url: 20_000 }
const URL_TAKEN: [string, string] = ['url', 'Url has already been taken']

async function checkWebhook(
  ctx: AccountContext,
  webhook: { id?: number; name: string | null; url: string | null; subscriptions: string[] },
): Promise<void> {
  const problems = lengthProblems(webhook, MAX_LENGTHS)
  const { rows: others } = await sql`select 1 from webhooks
    where account_id = ${ctx.account.id} and url = ${webhook.url} and id <> ${webhook.id ?? 0}`.execute(ctx.db)
  if (others.length) problems.push(URL_TAKEN)
  // @NOTE Chatwoot asks for a web address anywhere in the text (app/models/webhook.rb).
  if (!/https?:\/\/\S/.test(webhook.url ?? '')) problems.push(['url', 'Url is invalid'])
  const known = webhook.subscriptions.every((name) => SUBSCRIPTIONS.includes(name))
  if (!known || !webhook.subscriptions.length) problems.push(['subscriptions', 'Subscriptions Invalid events'])
  if (problems.length) throw new RecordInvalidError(problems)
}

const UNIQUE_VIOLATION = '23505'
const INDEX_ROW_TOO_BIG = '54000'

/** The index decides, so that two at the same time cannot both get an address. */
async function refuseTaken<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === UNIQUE_VIOLATION) throw new RecordInvalidError([URL_TAKEN])
    if (code === INDEX_ROW_TOO_BIG) throw new RecordInvalidError([['url', 'Url is too long']])
    throw error
  }
}
