import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { recountCompanies } from '../companies/company.model.ts'

/** How long the log of events is kept for those who come back. */
const KEEP_EVENTS = '7 days'
/** Deliveries are tried for a day; what an endpoint was too slow to take until then, nobody waits for. */
const KEEP_DELIVERIES = '2 days'

/** Forgets what nobody needs any more, so that nothing grows for ever. */
export async function sweep(ctx: Context): Promise<void> {
  await sql`delete from parley.deliveries where created_at < now() - ${KEEP_DELIVERIES}::interval`.execute(ctx.db)
  await sql`delete from parley.events e where created_at < now() - ${KEEP_EVENTS}::interval
    and not exists (select 1 from parley.deliveries d where d.event_id = e.id)`.execute(ctx.db)
  await sql`delete from parley.answers where expires_at < now()`.execute(ctx.db)
  await sql`delete from parley.attempts where resets_at < now()`.execute(ctx.db)
  await sql`delete from parley.sso_tokens where expires_at < now()`.execute(ctx.db)
  await sql`delete from parley.processes where gone_at < now() - interval '1 day'`.execute(ctx.db)
  for (const table of [sql`parley.proofs`, sql`parley.claims`]) {
    await sql`delete from ${table} t where not exists (select 1 from contact_inboxes ci where ci.id = t.contact_inbox_id)`.execute(
      ctx.db,
    )
  }
  await recountCompanies(ctx)
}
