import { sql } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import type { Lock } from '../../db/lock.ts'
import { invalidField, lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { readTime } from '../../lib/times.ts'
import type { InboxRecord } from '../inboxes/inbox.query.ts'
import { COMPLETED, ONE_OFF, ONGOING } from './campaign.presenter.ts'
import { selectCampaigns, type CampaignRecord } from './campaign.query.ts'
import { isMember } from '../accounts/own.query.ts'

export interface CampaignFields {
  title?: string | null
  description?: string | null
  message?: string | null
  enabled?: boolean | null
  trigger_only_during_business_hours?: boolean | null
  inbox_id?: number | null
  sender_id?: number | null
  /** ISO 8601. */
  scheduled_at?: string | null
  audience?: { type?: string | null; id?: number | null }[] | null
  trigger_rules?: Record<string, unknown> | null
  template_params?: Record<string, unknown> | null
}

type Wanted = Required<Omit<CampaignFields, 'scheduled_at'>> & {
  scheduled_at: Date | null
  /** Those of a campaign that is there already. */
  id?: number
  campaign_status?: number
}

export function listCampaigns(ctx: AccountContext): Promise<CampaignRecord[]> {
  return selectCampaigns(ctx, sql`true`)
}

export function listCampaignsOf(ctx: AccountContext, inbox: InboxRecord): Promise<CampaignRecord[]> {
  return selectCampaigns(ctx, sql`c.inbox_id = ${inbox.id}`)
}

/** By its number in the account. */
export async function accessCampaign(ctx: AccountContext, displayId: number, lock: Lock = {}): Promise<CampaignRecord> {
  const [campaign] = await selectCampaigns(ctx, sql`c.display_id = ${displayId}`, lock)
  if (!campaign) throw new NotFoundError()
  return campaign
}

const DEFAULTS = {
  title: null,
  description: null,
  message: null,
  enabled: true,
  trigger_only_during_business_hours: false,
  inbox_id: null,
  sender_id: null,
  scheduled_at: null,
  audience: [],
  trigger_rules: {},
  template_params: null,
}

export async function createCampaign(ctx: AccountContext, fields: CampaignFields): Promise<CampaignRecord> {
  const columns = await settle(ctx, { ...DEFAULTS, ...(await read(ctx, fields)) })
  const now = ctx.app.now()
  const { display_id: number } = await ctx.db
    .insertInto('campaigns')
    // The database numbers them in their account.
    .values({ ...columns, account_id: ctx.account.id, display_id: 0, created_at: now, updated_at: now })
    .returning('display_id')
    .executeTakeFirstOrThrow()
  return accessCampaign(ctx, number)
}

export async function updateCampaign(
  ctx: AccountContext,
  campaign: CampaignRecord,
  fields: CampaignFields,
): Promise<CampaignRecord> {
  const columns = await settle(ctx, { ...campaign, ...(await read(ctx, fields)) })
  await ctx.db
    .updateTable('campaigns')
    .set({ ...columns, updated_at: ctx.app.now() })
    .where('id', '=', campaign.id)
    .execute()
  return accessCampaign(ctx, campaign.display_id)
}

/** Conversations that came of it stay. */
export async function destroyCampaign(ctx: AccountContext, campaign: CampaignRecord): Promise<void> {
  await ctx.db
    .updateTable('conversations')
    .set({ campaign_id: null })
    .where('account_id', '=', ctx.account.id)
    .where('campaign_id', '=', campaign.id)
    .execute()
  await ctx.db.deleteFrom('campaigns').where('id', '=', campaign.id).execute()
}

async function read(ctx: AccountContext, { scheduled_at: scheduled, ...fields }: CampaignFields) {
  const time = scheduled ? readTime(scheduled) : null
  // Chatwoot would send it at once.
  if (scheduled && !time) throw invalidField('scheduled_at', 'must be an ISO 8601 time')
  if (fields.audience?.length) await checkAudience(ctx, fields.audience)
  return { ...fields, ...(scheduled !== undefined && { scheduled_at: time }) }
}

async function checkAudience(ctx: AccountContext, audience: NonNullable<CampaignFields['audience']>): Promise<void> {
  const ids = [...new Set(audience.map((part) => (part.type === 'Label' ? (part.id ?? 0) : 0)))]
  const labels = await ctx.db
    .selectFrom('labels')
    .select('id')
    .where('account_id', '=', ctx.account.id)
    .where('id', 'in', ids)
    .execute()
  if (labels.length < ids.length) throw invalidField('audience', 'must be labels of the account')
}

/** What a campaign is follows from the channel of its inbox. */
const TYPES: Record<string, number> = {
  'Channel::WebWidget': ONGOING,
  'Channel::TwilioSms': ONE_OFF,
  'Channel::Sms': ONE_OFF,
  'Channel::Whatsapp': ONE_OFF,
}

async function settle(ctx: AccountContext, wanted: Wanted) {
  const problems = lengthProblems(wanted, { title: 255 })
  const { title, message, inbox_id: inboxId, sender_id: senderId, trigger_rules: rules } = wanted
  if (inboxId === null) problems.push(['inbox_id', "Inbox can't be blank"])
  if (!title?.trim()) problems.push(['title', "Title can't be blank"])
  if (!message?.trim()) problems.push(['message', "Message can't be blank"])
  const channel = await channelOf(ctx, inboxId)
  const type = TYPES[channel ?? '']
  if (channel === undefined) problems.push(['inbox', 'Inbox must exist'])
  else if (type === undefined) problems.push(['inbox', 'Inbox Unsupported Inbox type'])
  if (rules === null) problems.push(['trigger_rules', "Trigger rules can't be blank"])
  else if (type === ONGOING && !isRuleForPages(rules.url)) problems.push(['url', 'Url invalid'])
  if (wanted.campaign_status === COMPLETED) problems.push(['status', 'Status The campaign is already completed'])
  if (senderId !== null && !(await isMember(ctx, senderId)))
    problems.push(['sender_id', 'Sender must belong to the same account as the campaign'])
  if (problems.length) throw new RecordInvalidError(problems)
  return {
    title: title!,
    description: wanted.description,
    message: message!,
    inbox_id: inboxId!,
    sender_id: senderId,
    enabled: wanted.enabled,
    trigger_only_during_business_hours: wanted.trigger_only_during_business_hours,
    campaign_type: type!,
    scheduled_at: type === ONE_OFF ? (wanted.scheduled_at ?? ctx.app.now()) : null,
    audience: JSON.stringify(wanted.audience ?? []),
    trigger_rules: JSON.stringify(rules),
    template_params: wanted.template_params && JSON.stringify(wanted.template_params),
  }
}

/** A pattern for addresses of pages, or none: then it is for all of them. */
const isRuleForPages = (url: unknown) =>
  url === undefined || url === null || (typeof url === 'string' && /^https?:\/\//.test(url))

async function channelOf(ctx: AccountContext, inboxId: number | null): Promise<string | undefined> {
  const inbox = await ctx.db
    .selectFrom('inboxes')
    .select('channel_type')
    .where('account_id', '=', ctx.account.id)
    .where('id', '=', inboxId)
    .executeTakeFirst()
  return inbox && (inbox.channel_type ?? '')
}
