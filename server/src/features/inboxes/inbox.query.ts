import { sql, type RawBuilder } from 'kysely'
import { columns, jsonOf, listed, type Refine, type Row } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { Lock } from '../../db/lock.ts'
import type { Context } from '../../context/context.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import type { AvatarBlob } from '../../vocabulary/caller.ts'
import { websiteJson, type WebsiteChannel } from './website-channel.query.ts'

const INBOX_COLUMNS = columns(
  'inboxes',
  'id',
  'account_id',
  'channel_id',
  'channel_type',
  'name',
  'greeting_enabled',
  'greeting_message',
  'working_hours_enabled',
  'enable_email_collect',
  'csat_survey_enabled',
  'csat_config',
  'enable_auto_assignment',
  'auto_assignment_config',
  'out_of_office_message',
  'timezone',
  'allow_messages_after_resolved',
  'lock_to_single_conversation',
  'sender_name_type',
  'business_name',
)

type Bag = Record<string, unknown>

/** An inbox with all that its picture shows. */
export interface InboxRecord extends Refine<
  Row<typeof INBOX_COLUMNS>,
  { channel_type: string; csat_config: Bag | null; auto_assignment_config: Bag | null }
> {
  avatar: AvatarBlob | null
  help_center: { name: string; slug: string } | null
  working_hours: WorkingHour[] | null
  /** Of an API channel; null where the channel is of another kind. */
  channel: ApiChannel | null
  website: WebsiteChannel | null
}

const HOUR_COLUMNS = columns(
  'working_hours',
  'day_of_week',
  'closed_all_day',
  'open_hour',
  'open_minutes',
  'close_hour',
  'close_minutes',
  'open_all_day',
)

export type WorkingHour = Row<typeof HOUR_COLUMNS>

const API_COLUMNS = columns(
  'channel_api',
  'id',
  'webhook_url',
  'identifier',
  'hmac_token',
  'hmac_mandatory',
  'additional_attributes',
)

export interface ApiChannel extends Refine<
  Row<typeof API_COLUMNS>,
  { identifier: string; hmac_token: string; additional_attributes: Bag | null }
> {}

export async function selectInboxes<Extra extends object = object>(
  ctx: Context,
  where: RawBuilder<unknown>,
  { extra = sql``, lock = false }: { extra?: RawBuilder<unknown> } & Lock = {},
): Promise<(InboxRecord & Extra)[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<InboxRecord & Extra>`${inboxRows(where, extra)} order by i.id ${lock ? sql`for update of i` : sql``}`,
  )
  return rows
}

/** The first inbox of which it holds, as one JSON column of another statement. */
export function inboxJson(where: RawBuilder<unknown>) {
  return sql`(select row_to_json(pic_i) from (${inboxRows(where)} order by i.id limit 1) pic_i)`
}

function inboxRows(where: RawBuilder<unknown>, extra: RawBuilder<unknown> = sql``) {
  return sql`
    select ${listed(INBOX_COLUMNS, 'i')}, ${avatarJson('Inbox', sql`i.id`)} as avatar,
      (select json_build_object('name', p.name, 'slug', p.slug) from portals p where p.id = i.portal_id) as help_center,
      (select json_agg(${jsonOf(HOUR_COLUMNS, 'wh')} order by wh.day_of_week, wh.id)
        from working_hours wh where wh.inbox_id = i.id) as working_hours,
      (select ${jsonOf(API_COLUMNS, 'ch')}
        from channel_api ch where ch.id = i.channel_id and i.channel_type = 'Channel::Api') as channel,
      ${websiteJson} as website
      ${extra}
    from inboxes i where ${where}`
}
