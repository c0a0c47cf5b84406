import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { replaceConversationLabels } from '../labels/label.model.ts'
import { writeActivity } from '../messages/activity.model.ts'
import { createMessage } from '../messages/create-message.model.ts'
import { updateConversation } from './conversation.model.ts'
import { selectRecords } from './access.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { canReply, labelsOf, OPEN, RESOLVED, SNOOZED } from './conversation.presenter.ts'
import { findConversation } from './conversation.query.ts'
import { translate } from '../../lib/translate.ts'

/** One run of the clock takes this many, so that it does not keep the others waiting. */
const AT_ONCE = 100

/** Opens what was put off until now. What should have been opened days ago is left alone, as in Chatwoot. */
export async function wakeConversations(ctx: Context): Promise<void> {
  const now = ctx.app.now()
  const threeDaysAgo = new Date(now.getTime() - 3 * 24 * 60 * 60_000)
  const conversations = await selectRecords(
    ctx,
    sql`c.status = ${SNOOZED} and c.snoozed_until between ${threeDaysAgo} and ${now}`,
    { orderAndLimit: sql`order by c.id limit ${AT_ONCE}`, lock: true },
  )
  for (const conversation of conversations) await updateConversation(ctx, conversation, { status: OPEN })
}

/** One job for each account that wants quiet conversations resolved. */
export async function resolveQuietOnes(ctx: Context): Promise<void> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('accounts')
      .select('id')
      .where(sql<boolean>`coalesce(settings ->> 'auto_resolve_after', '') <> ''`)
      .orderBy('id'),
  )
  for (const { id } of rows) {
    ctx.later('conversations.auto_resolve', { account_id: id }, { key: `auto_resolve:${id}` })
  }
}

interface Settings {
  auto_resolve_after?: number | string | null
  auto_resolve_message?: string | null
  auto_resolve_ignore_waiting?: boolean | null
  auto_resolve_label?: string | null
}

export async function resolveQuietOnesOf(
  ctx: Context,
  { account_id: accountId }: { account_id: number },
): Promise<void> {
  const rows = await runPrepared(ctx.db, ctx.db.selectFrom('accounts').select('settings').where('id', '=', accountId))
  const settings = (rows[0]?.settings ?? {}) as Settings
  const minutes = Number(settings.auto_resolve_after)
  if (!minutes) return
  const quietSince = new Date(ctx.app.now().getTime() - minutes * 60_000)
  const conversations = await selectRecords(
    ctx,
    sql`c.account_id = ${accountId} and c.status = ${OPEN} and c.last_activity_at < ${quietSince} and ct.id is not null
      ${settings.auto_resolve_ignore_waiting ? sql`and c.waiting_since is null` : sql``}`,
    { orderAndLimit: sql`order by c.last_activity_at, c.id limit ${AT_ONCE}`, lock: true },
  )
  for (const conversation of conversations) await resolveQuietOne(ctx, conversation, settings)
}

async function resolveQuietOne(ctx: Context, conversation: ConversationRecord, settings: Settings): Promise<void> {
  if (settings.auto_resolve_message) await sayFarewell(ctx, conversation, settings.auto_resolve_message)
  if (settings.auto_resolve_label) {
    await replaceConversationLabels(ctx, conversation, [...labelsOf(conversation), settings.auto_resolve_label])
  }
  await updateConversation(ctx, conversation, { status: RESOLVED })
}

async function sayFarewell(ctx: Context, conversation: ConversationRecord, content: string): Promise<void> {
  const view = await findConversation(ctx.db, conversation.id, 'push')
  if (view && canReply(ctx.app, view)) {
    await createMessage(ctx, conversation, { content, message_type: 'template', sender: null })
  } else {
    await writeActivity(
      ctx,
      conversation,
      translate(conversation.account_locale, 'activity.auto_resolve_message_not_sent'),
    )
  }
}
