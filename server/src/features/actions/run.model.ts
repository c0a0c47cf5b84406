import { randomUUID } from 'node:crypto'
import type { MemberContext } from '../../context/context.ts'
import type { Action, ActionSubject } from '../../vocabulary/jobs.ts'

/** Records that one job takes. */
const AT_ONCE = 50

/** One run of actions over records, in the order asked for: those of an account wait for one another. */
export function actLater(
  ctx: MemberContext,
  subject: ActionSubject,
  ids: readonly (number | null)[],
  actions: Action[],
): void {
  if (!actions.length) return
  const wanted = [...new Set(ids.filter((id) => id !== null))]
  const run = { run: randomUUID(), account_id: ctx.account.id, user_id: ctx.user.id, subject, actions }
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE)
    ctx.later('actions.carry_out', { ...run, ids: some }, { queue: `actions:${ctx.account.id}` })
  }
}
