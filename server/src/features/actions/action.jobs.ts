import { Context, type MemberContext } from '../../context/context.ts'
import { inTransaction } from '../../context/transaction.ts'
import { RequestError } from '../../http/errors.ts'
import { isFirstTime } from '../../jobs/once.ts'
import { FetchError, safeFetch } from '../../lib/safe-fetch.ts'
import type { JobPayload } from '../../vocabulary/jobs.ts'
import { findMember } from '../auth/caller.model.ts'
import { readAction } from './action.model.ts'

type Run = JobPayload<'actions.carry_out'>

/**
 * Each action on each record is a transaction of its own, as whoever asked for it and with the right they have by now: what is
 * refused on one hinders no other, and nobody waits for the lock on a record longer than for a request.
 */
export async function carryOutActions(ctx: Context, run: Run): Promise<void> {
  const member = await findMember(ctx.db, run)
  if (!member) return
  const actor = new Context({ app: ctx.app, db: ctx.db, ...member }) as MemberContext
  for (const id of run.ids) {
    for (const step of run.actions.keys()) await carryOutStep(actor, run, id, step)
  }
}

async function carryOutStep(ctx: MemberContext, { run, subject, actions }: Run, id: number, step: number) {
  try {
    await inTransaction(ctx, async () => {
      if (await isFirstTime(ctx, 'actions', [run, id, step])) await readAction[subject](actions[step]!)(ctx, id)
    })
  } catch (error) {
    if (!(error instanceof RequestError) || error.status >= 500) throw error
    ctx.app.log.info({ err: error, account: ctx.account.id, subject, id }, 'an action was refused')
  }
}

/** Once, as in Chatwoot: no endpoint of the account keeps what failed. */
export async function tellHook({ app }: Context, { url, body }: JobPayload<'actions.tell_hook'>): Promise<void> {
  const { timeout, allowPrivateNetwork } = app.config.webhook
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'Parley' }
  const limits = { timeout, allowPrivateNetwork, maxBytes: 64 * 1024, cutAtMax: true }
  try {
    await safeFetch(url, { method: 'POST', headers, body, ...limits })
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    app.log.info({ err: error }, 'an address that an action names could not be told')
  }
}
