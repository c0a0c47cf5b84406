import { sql } from 'kysely'
import type { Context, MemberContext } from '../../context/context.ts'
import type { NotificationSettingRow } from './notification.presenter.ts'
import { NOTIFICATION_TYPES, notificationTypeNumber } from './notification.types.ts'
import { runPrepared } from '../../db/prepared.ts'

const ASSIGNMENT = 1 << (notificationTypeNumber('conversation_assignment') - 1)

/** What the caller wants to hear of in this account. Whoever has no row yet gets the one that new members get. */
export async function accessNotificationSetting(ctx: MemberContext): Promise<NotificationSettingRow> {
  const rows = await runPrepared(
    ctx.db,
    sql<NotificationSettingRow>`
    with known as (select id, user_id, account_id, email_flags, push_flags from notification_settings
      where user_id = ${ctx.user.id} and account_id = ${ctx.account.id}),
    made as (insert into notification_settings (account_id, user_id, email_flags, push_flags, created_at, updated_at)
      select ${ctx.account.id}, ${ctx.user.id}, ${ASSIGNMENT}, ${ASSIGNMENT}, clock_timestamp(), clock_timestamp()
      where not exists (select 1 from known)
      on conflict (account_id, user_id) do update set updated_at = notification_settings.updated_at
      returning id, user_id, account_id, email_flags, push_flags)
    select * from known union all select * from made`,
  )
  return rows[0]!
}

/** Both lists at once: one that is left out is emptied. */
export async function updateNotificationSetting(
  ctx: Context,
  setting: NotificationSettingRow,
  wanted: { selected_email_flags?: string[] | null; selected_push_flags?: string[] | null },
): Promise<NotificationSettingRow> {
  const flags = {
    email_flags: flagsOf('email', wanted.selected_email_flags),
    push_flags: flagsOf('push', wanted.selected_push_flags),
  }
  await ctx.db
    .updateTable('notification_settings')
    .set({ ...flags, updated_at: ctx.app.now() })
    .where('id', '=', setting.id)
    .execute()
  return { ...setting, ...flags }
}

function flagsOf(channel: 'email' | 'push', names: string[] | null | undefined): number {
  return NOTIFICATION_TYPES.reduce(
    (flags, type, bit) => (names?.includes(`${channel}_${type}`) ? flags | (1 << bit) : flags),
    0,
  )
}
