import { sql } from 'kysely'
import { byForm, prepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import type { Lock } from '../../db/lock.ts'
import type { Memory } from '../../lib/memory.ts'
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

/** What a visitor's door knows of an inbox. */
export interface EnteredInbox {
  inbox: ClientInbox
  has_endpoints: boolean
}

type Inboxes = Memory<EnteredInbox>

/** Of the contact inbox `ci`. */
export const CLAIM_JSON = sql`(select to_jsonb(cl) from parley.claims cl where cl.contact_inbox_id = ci.id)`

/** The door of the Client API: whom the path of one of its operations names. Only API inboxes have one, and a suspended account's stays open. */
export async function enterVisitor(
  inboxes: Inboxes,
  ctx: Context,
  { lock }: { lock: boolean },
  { inbox_identifier, source_id: sourceId }: Record<string, string | number>,
): Promise<void> {
  const identifier = String(inbox_identifier)
  const { generation } = inboxes
  const known = inboxes.find(identifier)
  const { visitor, ...entered } = await enter(ctx, known ?? identifier, sourceId, { lock })
  // Read before a change that was committed meanwhile, it is good for this request, not for the next.
  if (!known && generation === inboxes.generation) inboxes.keep(identifier, entered)
  ctx.clientInbox = entered.inbox
  ctx.hasEndpoints = entered.has_endpoints
  if (visitor) ctx.visitor = visitor
}

/** One statement, whether the inbox is known already or not. */
async function enter(
  ctx: Context,
  place: EnteredInbox | string,
  sourceId: string | number | undefined,
  { lock }: { lock: boolean },
): Promise<EnteredInbox & { visitor?: Visitor }> {
  if (typeof place !== 'string') {
    if (sourceId === undefined) return place
    return { ...place, visitor: await accessVisitor(ctx, place.inbox, String(sourceId), { lock }) }
  }
  if (sourceId === undefined) return onlyOne(() => inboxesBy(ctx.db, { identifier: place }))
  const asked = { identifier: place, source_id: String(sourceId) }
  const { has_endpoints, ...visitor } = await onlyOne(() => enteredVisitors(lock)(ctx.db, asked), { lock })
  return { inbox: visitor.inbox, has_endpoints, visitor }
}

/** The visitor behind a source id of that inbox. Who writes locks the contact before anything of theirs, as a merge does. */
export async function accessVisitor(
  ctx: Context,
  inbox: ClientInbox,
  sourceId: string,
  { lock }: { lock: boolean },
): Promise<Visitor> {
  const asked = { inbox_id: inbox.id, source_id: sourceId }
  return { inbox, ...(await onlyOne(() => visitors(lock)(ctx.db, asked), { lock })) }
}

/** One who was merged away while the lock was waited for is looked for again. */
async function onlyOne<Found>(find: () => Promise<Found[]>, { lock = false }: Lock = {}): Promise<Found> {
  const found = (await find())[0] ?? (lock ? (await find())[0] : undefined)
  if (!found) throw new NotFoundError()
  return found
}

const INBOX = sql`${INBOX_JSON} as inbox, ${hasEndpoints(sql`i.account_id`)} as has_endpoints`
const FROM_CHANNEL = sql`channel_api ch
  join inboxes i on i.channel_id = ch.id and i.channel_type = 'Channel::Api' join accounts a on a.id = i.account_id`
const VISITOR = sql`row_to_json(ci) as contact_inbox, ${contactRowJson(sql`ct`)} as contact, ${avatarJson('Contact', sql`ct.id`)} as avatar,
  ci.hmac_verified or exists (select 1 from parley.proofs p where p.contact_inbox_id = ci.id) as has_proven, ${CLAIM_JSON} as claim`
const FROM_PLACE = sql`contact_inboxes ci join contacts ct on ct.id = ci.contact_id`
const forUpdate = (lock: boolean) => (lock ? sql`for no key update of ct` : sql``)

const inboxesBy = prepared<{ identifier: string }, EnteredInbox>(
  (asked) => sql`select ${INBOX} from ${FROM_CHANNEL} where ch.identifier = ${asked.identifier}`,
)

const visitors = byForm((lock: boolean) =>
  prepared<{ inbox_id: number; source_id: string }, Omit<Visitor, 'inbox'>>(
    (asked) => sql`select ${VISITOR} from ${FROM_PLACE}
      where ci.inbox_id = ${asked.inbox_id} and ci.source_id = ${asked.source_id} ${forUpdate(lock)}`,
  ),
)

/** Both at once, where the inbox is not remembered. */
const enteredVisitors = byForm((lock: boolean) =>
  prepared<{ identifier: string; source_id: string }, EnteredInbox & Visitor>(
    (asked) => sql`select ${INBOX}, ${VISITOR} from ${FROM_CHANNEL} join (${FROM_PLACE}) on ci.inbox_id = i.id
      where ch.identifier = ${asked.identifier} and ci.source_id = ${asked.source_id} ${forUpdate(lock)}`,
  ),
)
