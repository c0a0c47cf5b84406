import { sql } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import { runPrepared } from '../../db/prepared.ts'

/** Whether what a body names is one of the account: of others nobody is told whether they exist. */
export async function hasOwn(
  ctx: AccountContext,
  table: 'campaigns' | 'inboxes' | 'portals',
  id: number,
): Promise<boolean> {
  const rows = await runPrepared(
    ctx.db,
    sql`select from ${sql.table(table)} where id = ${id} and account_id = ${ctx.account.id}`,
  )
  return rows.length > 0
}

export async function isMember(ctx: AccountContext, userId: number): Promise<boolean> {
  const rows = await runPrepared(
    ctx.db,
    sql`select from account_users where account_id = ${ctx.account.id} and user_id = ${userId}`,
  )
  return rows.length > 0
}
