import { sql } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { readPage } from '../../http/params.ts'
import { presentNotification } from './notification.presenter.ts'
import { countNotifications, notificationsOf, selectPage } from './notification.query.ts'

const PAGE = 15

interface Wanted {
  page?: string | null
  includes?: string[] | null
  sort_order?: string | null
}

/** Newest first, without those that were read or put off unless they are asked for. */
export async function listNotifications(ctx: MemberContext, { page, includes, sort_order: order }: Wanted) {
  const where = filterOf(ctx, includes)
  const direction = order === 'asc' ? sql`asc` : sql`desc`
  const { notifications, counts } = await selectPage(
    ctx.db,
    where,
    sql`order by n.last_activity_at ${direction}, n.id ${direction} limit ${PAGE} offset ${(readPage(page) - 1) * PAGE}`,
  )
  return {
    data: {
      meta: { unread_count: counts.unread_count, count: counts.count, current_page: page ?? 1 },
      payload: notifications.map((notification) => presentNotification(ctx.app, notification, ctx.account.locale)),
    },
  }
}

export async function unreadNotificationCount(ctx: MemberContext, { includes }: Wanted): Promise<number> {
  return (await countNotifications(ctx.db, filterOf(ctx, includes))).unread_count
}

function filterOf(ctx: MemberContext, includes: string[] | null | undefined) {
  return notificationsOf({
    userId: ctx.user.id,
    accountId: ctx.account.id,
    read: includes?.includes('read') ?? false,
    snoozed: includes?.includes('snoozed') ?? false,
  })
}
