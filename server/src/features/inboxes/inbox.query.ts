import { sql, type RawBuilder } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Lock } from '../../db/lock.ts'
import type { Context } from '../../context/context.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import type { AvatarBlob } from '../../vocabulary/caller.ts'
import { websiteJson, type WebsiteChannel } from './website-channel.query.ts'

/** An inbox with all that its picture shows. */
export interface InboxRecord {
  id: number
  account_id: number
  channel_id: number
  channel_type: string
  name: string
  greeting_enabled: boolean | null
  greeting_message: string | null
  working_hours_enabled: boolean | null
  enable_email_collect: boolean | null
  csat_survey_enabled: boolean | null
  csat_config: Record<string, unknown> | null
  enable_auto_assignment: boolean | null
  auto_assignment_config: Record<string, unknown> | null
  out_of_office_message: string | null
  timezone: string | null
  allow_messages_after_resolved: boolean | null
  lock_to_single_conversation: boolean
  sender_name_type: number
  business_name: string | null
  avatar: AvatarBlob | null
  help_center: { name: string; slug: string } | null
  working_hours: WorkingHour[] | null
  /** Of an API channel; null where the channel is of another kind. */
  channel: ApiChannel | null
  website: WebsiteChannel | null
}

export interface WorkingHour {
  day_of_week: number
  closed_all_day: boolean | null
  open_hour: number | null
  open_minutes: number | null
  close_hour: number | null
  close_minutes: number | null
  open_all_day: boolean | null
}

export interface ApiChannel {
  id: number
  webhook_url: string | null
  identifier: string
  hmac_token: string
  hmac_mandatory: boolean | null
  additional_attributes: Record<string, unknown> | null
}

export async function selectInboxes<Extra extends object = object>(
  ctx: Context,
  where: RawBuilder<unknown>,
  { extra = sql``, lock = false }: { extra?: RawBuilder<unknown> } & Lock = {},
): Promise<(InboxRecord & Extra)[]> {
  const rows = await runPrepared(ctx.db, sql<InboxRecord & Extra>`
    select i.id, i.account_id, i.channel_id, i.channel_type, i.name, i.greeting_enabled, i.greeting_message,
      i.working_hours_enabled, i.enable_email_collect, i.csat_survey_enabled, i.csat_config, i.enable_auto_assignment,
      i.auto_assignment_config, i.out_of_office_message, i.timezone, i.allow_messages_after_resolved,
      i.lock_to_single_conversation, i.sender_name_type, i.business_name, ${avatarJson('Inbox', sql`i.id`)} as avatar,
      (select json_build_object('name', p.name, 'slug', p.slug) from portals p where p.id = i.portal_id) as help_center,
      (select json_agg(json_build_object('day_of_week', wh.day_of_week, 'closed_all_day', wh.closed_all_day,
          'open_hour', wh.open_hour, 'open_minutes', wh.open_minutes, 'close_hour', wh.close_hour,
          'close_minutes', wh.close_minutes, 'open_all_day', wh.open_all_day) order by wh.day_of_week, wh.id)
        from working_hours wh where wh.inbox_id = i.id) as working_hours,
      (select json_build_object('id', ch.id, 'webhook_url', ch.webhook_url, 'identifier', ch.identifier,
          'hmac_token', ch.hmac_token, 'hmac_mandatory', ch.hmac_mandatory, 'additional_attributes', ch.additional_attributes)
        from channel_api ch where ch.id = i.channel_id and i.channel_type = 'Channel::Api') as channel,
      ${websiteJson} as website
      ${extra}
    from inboxes i where ${where} order by i.id ${lock ? sql`for update of i` : sql``}`)
  return rows
}
