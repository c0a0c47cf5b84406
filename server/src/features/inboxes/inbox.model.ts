import { sql } from 'kysely'
import type { AccountContext, Context, MemberContext } from '../../context/context.ts'
import { NotAuthorizedError, NotFoundError } from '../../http/errors.ts'
import type { UploadedFile } from '../../vocabulary/files.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import { checkLimit } from '../accounts/limit.model.ts'
import { isListed, mayOpenInbox } from '../conversations/visibility.query.ts'
import { checkChannel, createApiChannel, updateApiChannel, type ChannelFields } from './api-channel.model.ts'
import { SENDER_NAME_TYPES } from './inbox.presenter.ts'
import { selectInboxes, type InboxRecord, type WorkingHour } from './inbox.query.ts'
import { checkInbox } from './inbox.rules.ts'
import {
  checkWebsite,
  createWebsiteChannel,
  updateWebsiteChannel,
  type WebsiteFields,
} from './website-channel.model.ts'
import { createWorkingHours, updateWorkingHours } from './working-hours.model.ts'
import { detachFiles, setAvatar } from '../active-storage/attachment.model.ts'
import type { Lock } from '../../db/lock.ts'

export type { InboxRecord } from './inbox.query.ts'

/** What may be set; `working_hours` only on an inbox that is there. */
export interface InboxFields {
  name?: string | null
  avatar?: UploadedFile
  greeting_enabled?: boolean | null
  greeting_message?: string | null
  enable_email_collect?: boolean | null
  csat_survey_enabled?: boolean | null
  csat_config?: CsatConfig | null
  enable_auto_assignment?: boolean | null
  auto_assignment_config?: { max_assignment_limit?: unknown } | null
  working_hours_enabled?: boolean | null
  out_of_office_message?: string | null
  timezone?: string | null
  allow_messages_after_resolved?: boolean | null
  lock_to_single_conversation?: boolean | null
  portal_id?: number | null
  sender_name_type?: (typeof SENDER_NAME_TYPES)[number] | null
  business_name?: string | null
  channel?: (ChannelFields & WebsiteFields & { type?: string }) | null
  working_hours?: Partial<WorkingHour>[]
}

interface CsatConfig {
  display_type?: string | null
  message?: string | null
  button_text?: string | null
  language?: string | null
  survey_rules?: { operator?: string | null; values?: string[] }
  template?: Record<string, unknown>
}

/** All of the account for administrators; their own for agents. */
export async function listInboxes(ctx: MemberContext): Promise<InboxRecord[]> {
  return selectInboxes(ctx, sql`i.account_id = ${ctx.account.id} and ${isListed(ctx, sql`i.id`)}`)
}

/** An inbox of the account, for those who may open it. */
export async function accessInbox(ctx: AccountContext, id: number, { lock = false }: Lock = {}): Promise<InboxRecord> {
  const [inbox] = await selectInboxes<{ may_open: boolean }>(
    ctx,
    sql`i.account_id = ${ctx.account.id} and i.id = ${id}`,
    {
      extra: sql`, ${mayOpenInbox(ctx, sql`i.id`)} as may_open`,
      lock,
    },
  )
  if (!inbox) throw new NotFoundError()
  if (!inbox.may_open) throw new NotAuthorizedError()
  return inbox
}

export async function createInbox(ctx: MemberContext, fields: InboxFields): Promise<InboxRecord> {
  await checkLimit(ctx, 'inboxes')
  const columns = columnsOf(fields)
  const { type, ...channelFields } = fields.channel ?? {}
  if (type === 'api') checkChannel(channelFields)
  if (type === 'web_widget') checkWebsite({ website_url: null, ...channelFields })
  await checkInbox(ctx, { timezone: 'UTC', ...columns, name: fields.name ?? null }, { channelType: type ?? null })
  const isWebsite = type === 'web_widget'
  const channelId = await (isWebsite ? createWebsiteChannel(ctx, channelFields) : createApiChannel(ctx, channelFields))
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('inboxes')
    .values({
      ...columns,
      ...(fields.csat_config && { csat_config: JSON.stringify(fields.csat_config) }),
      name: fields.name!,
      account_id: ctx.account.id,
      channel_id: channelId,
      channel_type: isWebsite ? 'Channel::WebWidget' : 'Channel::Api',
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await createWorkingHours(ctx, ctx.account.id, id)
  if (fields.avatar) await setAvatar(ctx, { recordType: 'Inbox', recordId: id }, fields.avatar)
  await invalidateCache(ctx, 'inbox', ctx.account.id)
  return accessInbox(ctx, id)
}

export async function updateInbox(ctx: MemberContext, inbox: InboxRecord, fields: InboxFields): Promise<InboxRecord> {
  const columns = columnsOf(fields)
  await checkInbox(ctx, columns)
  const survey =
    fields.csat_config && Object.keys(fields.csat_config).length ? settleSurvey(fields.csat_config) : undefined
  await ctx.db
    .updateTable('inboxes')
    .set({ ...columns, ...(survey && { csat_config: JSON.stringify(survey) }), updated_at: ctx.app.now() })
    .where('id', '=', inbox.id)
    .execute()
  if (fields.working_hours) await updateWorkingHours(ctx, inbox, fields.working_hours)
  if (fields.channel && inbox.website) await updateWebsiteChannel(ctx, inbox.website, fields.channel)
  if (fields.channel && inbox.channel) await updateApiChannel(ctx, inbox.channel, fields.channel)
  if (fields.avatar) await setAvatar(ctx, { recordType: 'Inbox', recordId: inbox.id }, fields.avatar)
  await invalidateCache(ctx, 'inbox', ctx.account.id)
  return accessInbox(ctx, inbox.id)
}

export async function removeInboxAvatar(ctx: AccountContext, inbox: InboxRecord): Promise<void> {
  await detachFiles(ctx, { recordType: 'Inbox', recordId: inbox.id, name: 'avatar' })
  await invalidateCache(ctx, 'inbox', ctx.account.id)
}

/** The administrator's part of an inbox: what is not there is not found, whoever asks. */
export async function manageInbox(ctx: MemberContext, id: number): Promise<InboxRecord> {
  const inbox = await accessInbox(ctx, id, { lock: true })
  if (!ctx.isAdministrator) throw new NotAuthorizedError()
  return inbox
}

export function destroyInboxLater(ctx: Context, inbox: InboxRecord) {
  ctx.later('inboxes.destroy', { account_id: inbox.account_id, inbox_id: inbox.id })
  return { message: 'Your inbox deletion request will be processed in some time.' }
}

const PLAIN_COLUMNS = [
  'name',
  'greeting_enabled',
  'greeting_message',
  'enable_email_collect',
  'csat_survey_enabled',
  'enable_auto_assignment',
  'working_hours_enabled',
  'out_of_office_message',
  'timezone',
  'allow_messages_after_resolved',
  'lock_to_single_conversation',
  'portal_id',
  'business_name',
] as const

/** The columns that fields name, as the row holds them. The survey is not among them: it is settled on its own. */
function columnsOf({
  auto_assignment_config: config,
  sender_name_type: sender,
  ...fields
}: InboxFields): Record<string, any> {
  const plain = PLAIN_COLUMNS.filter((column) => fields[column] !== undefined)
  return {
    ...Object.fromEntries(plain.map((column) => [column, fields[column]])),
    ...(config && { auto_assignment_config: JSON.stringify(config) }),
    ...(sender !== undefined && { sender_name_type: sender && SENDER_NAME_TYPES.indexOf(sender) }),
  }
}

/** A change of the survey replaces it as a whole. */
function settleSurvey(config: CsatConfig) {
  return {
    display_type: config.display_type ?? 'emoji',
    message: config.message ?? '',
    button_text: config.button_text ?? 'Please rate us',
    language: config.language ?? 'en',
    survey_rules: { operator: config.survey_rules?.operator ?? 'contains', values: config.survey_rules?.values ?? [] },
    ...(config.template && Object.keys(config.template).length > 0 && { template: config.template }),
  }
}
