import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { AccountContext, Context, MemberContext } from '../../context/context.ts'
import { EmptyNotFoundError, invalidField, NotFoundError, RefusedError, unprocessable } from '../../http/errors.ts'
import type { UploadedFile } from '../../vocabulary/files.ts'
import { iso } from '../../lib/times.ts'
import { presentConversation } from '../conversations/conversation.presenter.ts'
import { readConversations } from '../conversations/conversation.query.ts'
import { isListed } from '../conversations/visibility.query.ts'
import { fetchAvatarLater, removeAvatar, saveAvatar } from './avatar.model.ts'
import { accessInboxOfCaller, addressFor, createContactInbox, findContactInbox } from './contact-inbox.model.ts'
import { accessPair, mergeContacts, removeContactRow } from './contact-merge.model.ts'
import { accessContact, createContact, updateContact, type ContactFields, type ContactRecord } from './contact.model.ts'
import { presentContactInbox, presentContactSender, presentContactView, presentInboxSlim } from './contact.presenter.ts'
import { contactPicture, findContactView, INBOX_SLIM_JSON, type InboxSlim } from './contact.query.ts'

/** What agents may send of a contact. */
export interface ContactBody {
  name?: string | null
  identifier?: string | null
  email?: string | null
  phone_number?: string | null
  blocked?: boolean | null
  avatar?: UploadedFile
  avatar_url?: string | null
  additional_attributes?: Record<string, unknown> | null
  custom_attributes?: Record<string, unknown> | null
}

export async function showContact(ctx: AccountContext, id: number, withInboxes: boolean) {
  const contact = await findContactView(ctx, id, withInboxes)
  if (!contact) throw new NotFoundError()
  return presentContactView(ctx.app, contact, withInboxes)
}

export async function createByAgent(
  ctx: AccountContext,
  body: ContactBody & { inbox_id?: number | null; source_id?: string | null },
) {
  const inbox = typeof body.inbox_id === 'number' ? await inboxRow(ctx, body.inbox_id) : null
  const contact = await createContact(ctx, ctx.account.id, fieldsOf(body))
  const place = inbox
    ? await createContactInbox(ctx, {
        contactId: contact.id,
        inboxId: inbox.id,
        ...(body.source_id && { sourceId: body.source_id }),
      })
    : null
  await takePicture(ctx, contact, body)
  return {
    contact: await showContact(ctx, contact.id, true),
    contact_inbox: { inbox, source_id: place?.source_id ?? null },
  }
}

/** Bags are laid over those there are; every other field takes the place of the old one. */
export async function updateByAgent(ctx: Context, contact: ContactRecord, body: ContactBody): Promise<void> {
  const fields = fieldsOf(body)
  if (fields.custom_attributes) fields.custom_attributes = { ...contact.custom_attributes, ...fields.custom_attributes }
  if (fields.additional_attributes) {
    fields.additional_attributes = { ...contact.additional_attributes, ...fields.additional_attributes }
  }
  await updateContact(ctx, contact, fields)
  await takePicture(ctx, contact, body)
}

function fieldsOf(body: ContactBody): ContactFields {
  const {
    name,
    identifier,
    email,
    phone_number,
    blocked,
    additional_attributes: additional,
    custom_attributes: custom,
  } = body
  if (blocked === null) throw invalidField('blocked', "can't be blank")
  return {
    ...(name !== undefined && { name }),
    ...(identifier !== undefined && { identifier }),
    ...(email !== undefined && { email }),
    ...(phone_number !== undefined && { phone_number }),
    ...(blocked !== undefined && { blocked }),
    ...(additional && { additional_attributes: additional }),
    ...(custom && { custom_attributes: custom }),
  }
}

async function takePicture(
  ctx: Context,
  contact: ContactRecord,
  { avatar, avatar_url: url }: ContactBody,
): Promise<void> {
  if (avatar) await saveAvatar(ctx, contact.id, avatar)
  fetchAvatarLater(ctx, contact, url)
}

export async function dropPicture(ctx: Context, contact: ContactRecord): Promise<void> {
  await removeAvatar(ctx, contact.id)
  await updateContact(ctx, contact, {})
}

export async function dropAttributes(ctx: Context, contact: ContactRecord, keys: string[]): Promise<void> {
  if (contact.is_oversized) {
    await ctx.db
      .updateTable('contacts')
      .set({ custom_attributes: sql<string>`custom_attributes - ${keys}::text[]`, updated_at: ctx.app.now() })
      .where('id', '=', contact.id)
      .execute()
    return void ctx.emit('contact.updated', { account_id: contact.account_id, contact_id: contact.id, changes: {} })
  }
  const gone = new Set(keys)
  const left = Object.entries(contact.custom_attributes ?? {}).filter(([key]) => !gone.has(key))
  await updateContact(ctx, contact, { custom_attributes: Object.fromEntries(left) })
}

/** Nobody is taken away while they are here. What hangs on the contact goes by a job. */
export async function destroyContact(ctx: Context, contact: ContactRecord): Promise<void> {
  if (ctx.app.presence.isPresent(contact.account_id, 'contact', contact.id)) {
    const name = contact.name ?? ''
    const capitalized = name.charAt(0).toUpperCase() + name.slice(1).toLowerCase()
    throw new RefusedError(422, { message: `${capitalized} is Online, please try again later` })
  }
  const picture = await contactPicture(ctx, contact.id)
  await removeContactRow(ctx, contact)
  ctx.emit('contact.deleted', {
    account_id: contact.account_id,
    contact_id: contact.id,
    picture: picture ? presentContactSender(ctx.app, picture) : { id: contact.id },
  })
  ctx.later('contacts.destroy', { account_id: contact.account_id, contact_id: contact.id })
}

export async function mergeByIds(
  ctx: AccountContext,
  baseId: number | null | undefined,
  mergeeId: number | null | undefined,
) {
  const [base, mergee] = await accessPair(ctx, baseId ?? 0, mergeeId ?? 0)
  await mergeContacts(ctx, base, mergee)
  return showContact(ctx, base.id, false)
}

interface Reach {
  inbox: InboxSlim
  channel_type: string
  medium: number | null
  latest_source_id: string | null
  is_taken: boolean
}

/** Where the caller can write to the contact, and under which source id. */
export async function contactableInboxes(ctx: MemberContext, contact: ContactRecord) {
  const rows = await runPrepared(
    ctx.db,
    sql<Reach>`
    select ${INBOX_SLIM_JSON} as inbox, i.channel_type, t.medium, latest.source_id as latest_source_id,
      exists (select 1 from conversations c where c.contact_inbox_id = latest.id) as is_taken
    from inboxes i
    left join channel_twilio_sms t on i.channel_type = 'Channel::TwilioSms' and t.id = i.channel_id
    left join lateral (select ci.id, ci.source_id from contact_inboxes ci
      where ci.inbox_id = i.id and ci.contact_id = ${contact.id} order by ci.id desc limit 1) latest on true
    where i.account_id = ${ctx.account.id} and ${isListed(ctx, sql`i.id`)}
    order by i.id`,
  )
  return rows.flatMap((row) => {
    const sourceId = sourceIdIn(row, contact)
    return sourceId ? [{ inbox: presentInboxSlim(ctx.app, row.inbox), source_id: sourceId }] : []
  })
}

function sourceIdIn(row: Reach, contact: ContactRecord): string | null {
  const { channel_type: type } = row
  if (type === 'Channel::Api') return row.latest_source_id ?? addressFor({ ...row, ...contact })
  if (type === 'Channel::WebWidget') return row.is_taken ? null : row.latest_source_id
  if (type === 'Channel::Email') return contact.email
  const isByPhone = ['Channel::Sms', 'Channel::Whatsapp', 'Channel::TwilioSms'].includes(type)
  return isByPhone && contact.phone_number ? addressFor({ ...row, ...contact }) : null
}

const CONVERSATIONS_SHOWN = 20

export async function conversationsOf(ctx: MemberContext, contact: ContactRecord) {
  const rows = await runPrepared(
    ctx.db,
    sql<{ id: number }>`
    select c.id from conversations c where c.account_id = ${ctx.account.id} and c.contact_id = ${contact.id} and ${isListed(ctx)}
    order by c.last_activity_at desc, c.id desc limit ${CONVERSATIONS_SHOWN}`,
  )
  const found = await readConversations(
    ctx.db,
    rows.map(({ id }) => id),
  )
  return found.map((conversation) => presentConversation(ctx.app, conversation, ctx.user))
}

export async function placeInInbox(
  ctx: MemberContext,
  contactId: number,
  body: { inbox_id?: number | null; source_id?: string | null; hmac_verified?: boolean | null },
) {
  const contact = await accessContact(ctx, contactId, { lock: true })
  const inbox = await accessInboxOfCaller(ctx, body.inbox_id)
  const place = await createContactInbox(ctx, {
    contactId: contact.id,
    inboxId: inbox.id,
    ...(body.source_id && { sourceId: body.source_id }),
    hmacVerified: body.hmac_verified ?? false,
    onTaken: () => unprocessable('source_id should be unique'),
  })
  return presentContactInbox(ctx.app, { source_id: place.source_id, inbox: await inboxSlim(ctx, inbox.id) })
}

export async function findBySourceId(
  ctx: MemberContext,
  body: { inbox_id?: number | null; source_id?: string | null },
) {
  const inbox = await accessInboxOfCaller(ctx, body.inbox_id)
  const place = body.source_id ? await findContactInbox(ctx, inbox.id, body.source_id) : undefined
  const contact = place && (await findContactView(ctx, place.contact_id))
  if (!contact) throw new EmptyNotFoundError()
  return presentContactView(ctx.app, contact, true)
}

async function inboxSlim(ctx: Context, id: number): Promise<InboxSlim> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ inbox: InboxSlim }>`
    select ${INBOX_SLIM_JSON} as inbox from inboxes i where i.id = ${id}`,
  )
  return rows[0]!.inbox
}

const SENDER_NAME_TYPES = ['friendly', 'professional'] as const

/** The whole row, as only the making of a contact shows it. */
async function inboxRow(ctx: AccountContext, id: number) {
  const row = await ctx.db
    .selectFrom('inboxes')
    .select([
      'id',
      'channel_id',
      'account_id',
      'name',
      'created_at',
      'updated_at',
      'channel_type',
      'enable_auto_assignment',
      'greeting_enabled',
      'greeting_message',
      'email_address',
      'working_hours_enabled',
      'out_of_office_message',
      'timezone',
      'enable_email_collect',
      'csat_survey_enabled',
      'allow_messages_after_resolved',
      sql<Record<string, unknown>>`coalesce(auto_assignment_config, '{}')`.as('auto_assignment_config'),
      'lock_to_single_conversation',
      'portal_id',
      'sender_name_type',
      'business_name',
      'csat_config',
    ])
    .where('account_id', '=', ctx.account.id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new NotFoundError()
  return {
    ...row,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
    sender_name_type: SENDER_NAME_TYPES[row.sender_name_type as 0 | 1] ?? 'friendly',
  }
}
