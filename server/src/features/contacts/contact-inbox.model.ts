import { sql } from 'kysely'
import { columns } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import { randomInt, randomUUID } from 'node:crypto'
import type { AccountContext, Context } from '../../context/context.ts'
import {
  invalidField,
  lengthProblems,
  MissingParamError,
  NotAuthorizedError,
  NotFoundError,
  RecordInvalidError,
  unprocessable,
} from '../../http/errors.ts'
import { base58Token } from '../../lib/tokens.ts'
import type { ContactInboxRecord } from '../../vocabulary/visitor.ts'
import { mayOpenInbox } from '../conversations/visibility.query.ts'

export { accessContact } from './contact.model.ts'

export interface NewContactInbox {
  contactId: number
  inboxId: number
  /** Default: what the kind of inbox knows its people by. */
  sourceId?: string | null
  hmacVerified?: boolean
  /** Where the caller knows it already. */
  channelType?: string
  /** What is thrown where the source id is somebody else's. */
  onTaken?: () => Error
}

const COLUMNS = [
  ...columns(
    'contact_inboxes',
    'id',
    'contact_id',
    'inbox_id',
    'source_id',
    'pubsub_token',
    'created_at',
    'updated_at',
  ),
  sql<boolean>`coalesce(hmac_verified, false)`.as('hmac_verified'),
] as const

/** What the schema allows to be missing, and never is. */
type Told = Pick<ContactInboxRecord, 'contact_id' | 'inbox_id' | 'pubsub_token'>

/** The contact's place in an inbox under that source id, found or made. */
export async function createContactInbox(ctx: Context, wanted: NewContactInbox): Promise<ContactInboxRecord> {
  const { contactId, inboxId, hmacVerified = false } = wanted
  const sourceId = wanted.sourceId ?? (await sourceIdFor(ctx, wanted))
  if (!sourceId.trim()) throw invalidField('source_id', "can't be blank")
  const problems = lengthProblems({ source_id: sourceId }, { source_id: 20_000 })
  if (problems.length) throw new RecordInvalidError(problems)
  const now = ctx.app.now()
  const insert = () =>
    runPrepared(
      ctx.db,
      ctx.db
        .insertInto('contact_inboxes')
        .values({
          contact_id: contactId,
          inbox_id: inboxId,
          source_id: sourceId,
          hmac_verified: hmacVerified,
          pubsub_token: base58Token(24),
          created_at: now,
          updated_at: now,
        })
        .onConflict((conflict) => conflict.columns(['inbox_id', 'source_id']).doNothing())
        .returning(COLUMNS)
        .$narrowType<Told>(),
    )
  const [made] = await insert()
  if (made) return made
  const there = await findContactInbox(ctx, inboxId, sourceId)
  if (there?.contact_id === contactId) return there
  if (await isKnownByAddress(ctx, inboxId)) {
    await runPrepared(
      ctx.db,
      ctx.db
        .updateTable('contact_inboxes')
        .set({ source_id: `${randomInt(10)}${sourceId}`, updated_at: now })
        .where('inbox_id', '=', inboxId)
        .where('source_id', '=', sourceId),
    )
    const [renewed] = await insert()
    if (renewed) return renewed
  }
  throw wanted.onTaken?.() ?? unprocessable('source_id should be unique')
}

export async function findContactInbox(
  ctx: Context,
  inboxId: number,
  sourceId: string,
): Promise<ContactInboxRecord | undefined> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('contact_inboxes')
      .select(COLUMNS)
      .$narrowType<Told>()
      .where('inbox_id', '=', inboxId)
      .where('source_id', '=', sourceId),
  )
  return rows[0]
}

/** An inbox of the account, for those who may open it. */
export async function accessInboxOfCaller(
  ctx: AccountContext,
  id: number | null | undefined,
): Promise<{ id: number; channel_type: string }> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ id: number; channel_type: string; may_open: boolean }>`
    select i.id, i.channel_type, ${mayOpenInbox(ctx, sql`i.id`)} as may_open
    from inboxes i where i.account_id = ${ctx.account.id} and i.id = ${id ?? 0}`,
  )
  if (!rows[0]) throw new NotFoundError()
  if (!rows[0].may_open) throw new NotAuthorizedError()
  return rows[0]
}

const BY_ADDRESS = ['Channel::Email', 'Channel::Sms', 'Channel::Whatsapp', 'Channel::TwilioSms']

/** There an address changes hands: the older place gives it up. */
async function isKnownByAddress(ctx: Context, inboxId: number): Promise<boolean> {
  const rows = await runPrepared(ctx.db, ctx.db.selectFrom('inboxes').select('channel_type').where('id', '=', inboxId))
  return BY_ADDRESS.includes(rows[0]?.channel_type ?? '')
}

async function sourceIdFor(ctx: Context, { contactId, inboxId, channelType }: NewContactInbox): Promise<string> {
  if (channelType === 'Channel::Api' || channelType === 'Channel::WebWidget') return randomUUID()
  const rows = await runPrepared(
    ctx.db,
    sql<{ channel_type: string; medium: number | null; email: string | null; phone_number: string | null }>`
    select i.channel_type, (select t.medium from channel_twilio_sms t
        where i.channel_type = 'Channel::TwilioSms' and t.id = i.channel_id) as medium,
      ct.email, ct.phone_number
    from inboxes i, contacts ct where i.id = ${inboxId} and ct.id = ${contactId}`,
  )
  if (!rows[0]) throw new NotFoundError()
  return addressFor(rows[0])
}

const WHATSAPP_MEDIUM = 1

/** What an inbox of that kind calls somebody with these addresses. */
export function addressFor(known: {
  channel_type: string
  medium?: number | null
  email: string | null
  phone_number: string | null
}): string {
  const required = (value: string | null, what: string) => {
    if (!value) throw new MissingParamError(what)
    return value
  }
  const phone = () => required(known.phone_number, 'contact phone number')
  switch (known.channel_type) {
    case 'Channel::Api':
    case 'Channel::WebWidget':
      return randomUUID()
    case 'Channel::Email':
      return required(known.email, 'contact email')
    case 'Channel::Sms':
      return phone()
    case 'Channel::Whatsapp':
      return phone().replace('+', '')
    case 'Channel::TwilioSms':
      return known.medium === WHATSAPP_MEDIUM ? `whatsapp:${phone()}` : phone()
    default:
      throw unprocessable(`No source id can be made for an inbox of the kind ${known.channel_type}: send one`)
  }
}
