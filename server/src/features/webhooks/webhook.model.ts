import { sql, type Kysely } from 'kysely'
import { prepared, type Slots } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import type { AccountContext, Context } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { WEBHOOK_COLUMNS, type WebhookRecord } from './webhook.presenter.ts'
import { hasOwn } from '../accounts/own.query.ts'

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

export function listWebhooks(ctx: AccountContext): Promise<WebhookRecord[]> {
  return webhooksOf(ctx.db, { account_id: ctx.account.id })
}

export async function accessWebhook(ctx: AccountContext, id: number): Promise<WebhookRecord> {
  const [webhook] = await webhookById(ctx.db, { account_id: ctx.account.id, id })
  if (!webhook) throw new NotFoundError()
  return webhook
}

const webhooksOf = prepared((asked: Slots<{ account_id: number }>, db) => selectWebhooks(db, asked))
const webhookById = prepared((asked: Slots<{ account_id: number; id: number }>, db) =>
  selectWebhooks(db, asked).where('w.id', '=', asked.id),
)

function selectWebhooks(db: Kysely<DB>, asked: Slots<{ account_id: number }>) {
  // One of another account may stand in a database that Chatwoot wrote.
  const inbox = sql<WebhookRecord['inbox']>`(select json_build_object('id', i.id, 'name', i.name) from inboxes i
    where i.id = w.inbox_id and i.account_id = w.account_id)`
  return db
    .selectFrom('webhooks as w')
    .select(WEBHOOK_COLUMNS)
    .$narrowType<{ account_id: number; url: string; subscriptions: string[] | null }>()
    .select(inbox.as('inbox'))
    .where('w.account_id', '=', asked.account_id)
    .orderBy('w.id')
}

export async function createWebhook(ctx: AccountContext, fields: WebhookFields): Promise<WebhookRecord> {
  const { name = null, url = null, inbox_id: inboxId = null } = fields
  const subscriptions = fields.subscriptions ?? DEFAULT_SUBSCRIPTIONS
  await checkWebhook(ctx, { name, url, inbox_id: inboxId, subscriptions })
  const now = ctx.app.now()
  const { id } = await refuseTaken(
    ctx.db
      .insertInto('webhooks')
      .values({
        account_id: ctx.account.id,
        name,
        url,
        inbox_id: inboxId,
        subscriptions: JSON.stringify(subscriptions),
        created_at: now,
        updated_at: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  )
  return accessWebhook(ctx, id)
}

export async function updateWebhook(
  ctx: AccountContext,
  webhook: WebhookRecord,
  fields: WebhookFields,
): Promise<WebhookRecord> {
  const name = fields.name === undefined ? webhook.name : fields.name
  const url = fields.url === undefined ? webhook.url : fields.url
  const subscriptions = fields.subscriptions ?? webhook.subscriptions ?? []
  await checkWebhook(ctx, { id: webhook.id, name, url, inbox_id: fields.inbox_id ?? null, subscriptions })
  await refuseTaken(
    ctx.db
      .updateTable('webhooks')
      .set({
        name,
        url,
        subscriptions: JSON.stringify(subscriptions),
        ...(fields.inbox_id !== undefined && { inbox_id: fields.inbox_id }),
        updated_at: ctx.app.now(),
      })
      .where('id', '=', webhook.id)
      .execute(),
  )
  return accessWebhook(ctx, webhook.id)
}

/** What is on its way to it is dropped when its turn comes. */
export async function destroyWebhook(ctx: Context, webhook: WebhookRecord): Promise<void> {
  await ctx.db.deleteFrom('webhooks').where('id', '=', webhook.id).execute()
}

const MAX_LENGTHS = { name: 255, url: 20_000 }
const URL_TAKEN: [string, string] = ['url', 'Url has already been taken']

async function checkWebhook(
  ctx: AccountContext,
  webhook: {
    id?: number
    name: string | null
    url: string | null
    inbox_id: number | null
    subscriptions: string[]
  },
): Promise<void> {
  const problems = lengthProblems(webhook, MAX_LENGTHS)
  const other = await ctx.db
    .selectFrom('webhooks')
    .select('id')
    .where('account_id', '=', ctx.account.id)
    .where('url', '=', webhook.url)
    .where('id', '<>', webhook.id ?? 0)
    .executeTakeFirst()
  if (other) problems.push(URL_TAKEN)
  // @NOTE Chatwoot asks for a web address anywhere in the text (app/models/webhook.rb).
  if (!/https?:\/\/\S/.test(webhook.url ?? '')) problems.push(['url', 'Url is invalid'])
  const known = webhook.subscriptions.every((name) => SUBSCRIPTIONS.includes(name))
  if (!known || !webhook.subscriptions.length) problems.push(['subscriptions', 'Subscriptions Invalid events'])
  if (webhook.inbox_id !== null && !(await hasOwn(ctx, 'inboxes', webhook.inbox_id)))
    problems.push(['inbox_id', 'Inbox must exist'])
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
