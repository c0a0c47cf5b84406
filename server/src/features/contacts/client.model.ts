import { sql } from 'kysely'
import { byForm, prepared, runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import type { ClientInbox, Visitor } from '../../vocabulary/visitor.ts'
import { hasEndpoints } from '../webhooks/endpoint.query.ts'
import { contactRowJson } from './contact.record.ts'

const INBOX_JSON = sql`json_build_object('id', i.id, 'account_id', i.account_id, 'account_name', a.name,
  'account_locale', a.locale, 'name', i.name, 'identifier', ch.identifier, 'channel_type', i.channel_type,
  'channel_id', i.channel_id, 'hmac_token', ch.hmac_token, 'hmac_mandatory', coalesce(ch.hmac_mandatory, false),
  'timezone', i.timezone, 'lock_to_single_conversation', i.lock_to_single_conversation,
  'enable_auto_assignment', coalesce(i.enable_auto_assignment, true),
  'working_hours_enabled', coalesce(i.working_hours_enabled, false),
  'csat_survey_enabled', coalesce(i.csat_survey_enabled, false),
  'greeting_enabled', coalesce(i.greeting_enabled, false),
  'has_active_bot', exists (select 1 from agent_bot_inboxes b where b.inbox_id = i.id and b.status = 0))`

const FROM_CHANNEL = sql`from channel_api ch
  join inboxes i on i.channel_id = ch.id and i.channel_type = 'Channel::Api'
  join accounts a on a.id = i.account_id`

/** Of the contact inbox `ci`. */
export const CLAIM_JSON = sql`(select to_jsonb(cl) from parley.claims cl where cl.contact_inbox_id = ci.id)`

/** The door of the Client API: whom the path of one of its operations names. Only API inboxes have one, and a suspended account's stays open. */
export async function enterVisitor(
  ctx: Context,
  { lock }: { lock: boolean },
  params: Record<string, string | number>,
): Promise<void> {
  const identifier = String(params.inbox_identifier)
  if (params.source_id === undefined) {
    ctx.clientInbox = await accessClientInbox(ctx, identifier)
  } else {
    ctx.visitor = await accessVisitor(ctx, identifier, String(params.source_id), { lock })
    ctx.clientInbox = ctx.visitor.inbox
  }
}

async function accessClientInbox(ctx: Context, identifier: string): Promise<ClientInbox> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ inbox: ClientInbox }>`
    select ${INBOX_JSON} as inbox ${FROM_CHANNEL} where ch.identifier = ${identifier}`,
  )
  if (!rows[0]) throw new NotFoundError()
  return rows[0].inbox
}

/**
 * The visitor behind a source id of that inbox. Who writes locks the contact before anything of theirs, as a merge does; one that
 * was merged away meanwhile is looked for again.
 */
export async function accessVisitor(
  ctx: Context,
  identifier: string,
  sourceId: string,
  { lock }: { lock: boolean },
): Promise<Visitor> {
  const find = () => visitors(lock)(ctx.db, { identifier, source_id: sourceId })
  const visitor = (await find())[0] ?? (lock ? (await find())[0] : undefined)
  if (!visitor) throw new NotFoundError()
  ctx.hasEndpoints = visitor.has_endpoints
  return visitor
}

const visitors = byForm((lock: boolean) =>
  prepared<{ identifier: string; source_id: string }, Visitor & { has_endpoints: boolean }>(
    (asked) => sql`
      select ${INBOX_JSON} as inbox, row_to_json(ci) as contact_inbox, ${contactRowJson(sql`ct`)} as contact,
        ${avatarJson('Contact', sql`ct.id`)} as avatar, ${hasEndpoints(sql`i.account_id`)} as has_endpoints,
        ci.hmac_verified or exists (select 1 from parley.proofs p where p.contact_inbox_id = ci.id) as has_proven,
        ${CLAIM_JSON} as claim
      ${FROM_CHANNEL}
      join contact_inboxes ci on ci.inbox_id = i.id and ci.source_id = ${asked.source_id}
      join contacts ct on ct.id = ci.contact_id
      where ch.identifier = ${asked.identifier} ${lock ? sql`for no key update of ct` : sql``}`,
  ),
)
