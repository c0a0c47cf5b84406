import { sql } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import { RefusedError } from '../../http/errors.ts'
import { runPrepared } from '../../db/prepared.ts'

const COUNTED = {
  agents: { table: 'account_users', advice: 'Please purchase more licenses' },
  inboxes: { table: 'inboxes', advice: 'Upgrade to a higher plan' },
}

/** An operator may give an account a limit; refuses what would go beyond it. */
export async function checkLimit(ctx: AccountContext, kind: keyof typeof COUNTED, wanted = 1): Promise<void> {
  const { table, advice } = COUNTED[kind]
  const rows = await runPrepared(
    ctx.db,
    sql<{ is_over: boolean }>`
    select (select count(*) from ${sql.table(table)} c where c.account_id = a.id) + ${wanted}::integer
      > (a.limits ->> ${kind}::text)::numeric as is_over
    from accounts a where a.id = ${ctx.account.id} and a.limits ->> ${kind}::text ~ '^[0-9]{1,9}$'`,
  )
  if (rows[0]?.is_over) throw new RefusedError(402, { error: `Account limit exceeded. ${advice}` })
}
