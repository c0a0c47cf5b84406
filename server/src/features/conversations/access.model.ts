import { sql, type RawBuilder } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { listed } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { byForm, prepared, type Prepared, type Slots } from '../../db/prepared.ts'
import { NotAuthorizedError, NotFoundError } from '../../http/errors.ts'
import { messagePlace, paceOf, type MessagePlace, type Pace } from '../messages/place.query.ts'
import { CONVERSATION_COLUMNS, CONVERSATION_INBOX_COLUMNS, type ConversationRecord } from './conversation.record.ts'
import { asking, mayOpen, type Asking } from './visibility.query.ts'

type Row = ConversationRecord & Openable

export const RECORD_COLUMNS = sql`${listed(CONVERSATION_COLUMNS, 'c')}, ${listed(CONVERSATION_INBOX_COLUMNS, 'i')}, i.name as inbox_name,
  coalesce(c.additional_attributes, '{}') as additional_attributes, coalesce(c.custom_attributes, '{}') as custom_attributes,
  ct.name as contact_name, ct.email as contact_email, coalesce(ct.blocked, false) as contact_blocked,
  exists (select 1 from agent_bot_inboxes b where b.inbox_id = c.inbox_id and b.status = 0) as has_active_bot,
  array(select user_id::integer from conversation_participants p where p.conversation_id = c.id) as participant_ids,
  (select locale from accounts a where a.id = c.account_id) as account_locale`

export const AROUND = sql`join inboxes i on i.id = c.inbox_id left join contacts ct on ct.id = c.contact_id`

/** The conversation of a display id, for those who may open it. */
export async function accessConversation(
  ctx: AccountContext,
  displayId: number,
  { lock = false }: Lock = {},
): Promise<ConversationRecord> {
  const [conversation] = await door(lock)(ctx.db, { account_id: ctx.account.id, display_id: displayId, ...asking(ctx) })
  return checkAccess(conversation)
}

const door = recordsBy<Asking & { account_id: number; display_id: number }>(
  (asked) => sql`c.account_id = ${asked.account_id} and c.display_id = ${asked.display_id}`,
  { mayOpen },
)

/** The same, to write a message in it. */
export async function accessConversationForMessage(
  ctx: AccountContext,
  displayId: number,
): Promise<ConversationRecord> {
  const asked = { account_id: ctx.account.id, display_id: displayId, ...asking(ctx) }
  const [row] = await doorForMessage(ctx.db, { ...asked, ...paceOf(ctx, ctx.app.now()) })
  return withPlace(checkAccess(row))
}

type Asked = Asking & Pace & { account_id: number; display_id: number }

// Locked by a query of its own, so that the place is looked for behind the lock.
const doorForMessage = prepared<Asked, Row & MessagePlace>(
  (asked) => sql`
    with c as materialized (select * from conversations
      where account_id = ${asked.account_id} and display_id = ${asked.display_id} for update)
    select ${RECORD_COLUMNS}, ${mayOpen(asked)} as may_open, ${messagePlace(asked)} from c ${AROUND}`,
)

export function withPlace({
  next_message_id,
  is_hurried,
  ...conversation
}: ConversationRecord & MessagePlace): ConversationRecord {
  return { ...conversation, next_message: { next_message_id, is_hurried } }
}

interface Openable {
  may_open: boolean
}

/** The other half of the door, for a statement that reads what lies behind it at once: only where it `mayOpen`. */
export function checkAccess<Found extends Openable>(conversation: Found | undefined): Found {
  if (!conversation) throw new NotFoundError()
  if (!conversation.may_open) throw new NotAuthorizedError()
  return conversation
}

/** For work that nobody asked for by an id of theirs: jobs, deliveries. */
export async function loadConversation(
  ctx: Context,
  id: number,
  { lock = false }: Lock = {},
): Promise<ConversationRecord | undefined> {
  return (await recordById(lock)(ctx.db, { id }))[0]
}

const recordById = recordsBy<{ id: number }>((asked) => sql`c.id = ${asked.id}`)

/** A prepared statement for those that a condition over `c` finds, without and with a lock on their rows. */
export function recordsBy<Values extends object>(
  where: (asked: Slots<Values>) => RawBuilder<unknown>,
  {
    mayOpen = () => sql`true`,
    orderAndLimit = sql``,
  }: { mayOpen?: typeof where; orderAndLimit?: RawBuilder<unknown> } = {},
): (lock: boolean) => Prepared<Values, Row> {
  return byForm((lock) =>
    prepared<Values, Row>((asked) => recordsWhere(where(asked), mayOpen(asked), sql`${orderAndLimit} ${lockIf(lock)}`)),
  )
}

/** The same for a statement that is made each time. */
export async function selectRecords(
  ctx: Context,
  where: RawBuilder<unknown>,
  { orderAndLimit = sql``, lock = false }: { orderAndLimit?: RawBuilder<unknown> } & Lock = {},
): Promise<Row[]> {
  return (await recordsWhere(where, sql`true`, sql`${orderAndLimit} ${lockIf(lock)}`).execute(ctx.db)).rows
}

function lockIf(lock: boolean): RawBuilder<unknown> {
  return lock ? sql`for update of c` : sql``
}

function recordsWhere(
  where: RawBuilder<unknown>,
  open: RawBuilder<unknown>,
  end: RawBuilder<unknown>,
): RawBuilder<Row> {
  return sql<Row>`
    select ${RECORD_COLUMNS}, ${open} as may_open
    from conversations c ${AROUND}
    where ${where} ${end}`
}
