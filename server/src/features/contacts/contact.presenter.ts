import type { Services } from '../../context/context.ts'
import { sizeOf } from '../../lib/bag.ts'
import { iso, unix } from '../../lib/times.ts'
import { AMONG_OTHERS } from '../pictures/picture.sql.ts'
import type { ContactPicture } from '../pictures/picture.types.ts'
import type { ContactRow } from '../../vocabulary/visitor.ts'
import type { ContactView, InboxSlim } from './contact.query.ts'

/** A contact as sender of messages and on the cable. */
export function presentContactSender(app: Services, contact: ContactPicture) {
  return {
    additional_attributes: contact.additional_attributes ?? {},
    custom_attributes: contact.custom_attributes ?? {},
    email: contact.email,
    id: contact.id,
    identifier: contact.identifier,
    name: contact.name,
    phone_number: contact.phone_number,
    thumbnail: app.files.avatarUrl(contact.avatar),
    blocked: contact.blocked,
    type: 'contact' as const,
  }
}

/** A contact in the Application API, without its contact inboxes. */
export function presentContact(app: Services, contact: ContactPicture) {
  return {
    additional_attributes: contact.additional_attributes ?? {},
    availability_status: app.presence.isPresent(contact.account_id, 'contact', contact.id)
      ? ('online' as const)
      : ('offline' as const),
    email: contact.email,
    id: contact.id,
    name: contact.name,
    phone_number: contact.phone_number,
    blocked: contact.blocked,
    identifier: contact.identifier,
    thumbnail: app.files.avatarUrl(contact.avatar),
    custom_attributes: contact.custom_attributes ?? {},
    ...(contact.last_activity_at && { last_activity_at: unix(contact.last_activity_at) }),
    created_at: unix(contact.created_at),
  }
}

export function presentInboxSlim(app: Services, inbox: InboxSlim) {
  return {
    id: inbox.id,
    avatar_url: app.files.avatarUrl(inbox.avatar),
    channel_id: inbox.channel_id,
    name: inbox.name,
    channel_type: inbox.channel_type,
    provider: inbox.provider,
  }
}

export function presentContactInbox(app: Services, place: { source_id: string; inbox: InboxSlim }) {
  return { source_id: place.source_id, inbox: presentInboxSlim(app, place.inbox) }
}

/** A contact in the Application API, with its contact inboxes unless they were not asked for. */
export function presentContactView(app: Services, contact: ContactView, withInboxes: boolean) {
  return {
    ...presentContact(app, contact),
    ...(withInboxes && {
      contact_inboxes: (contact.contact_inboxes ?? []).map((place) => presentContactInbox(app, place)),
    }),
  }
}

/** A contact as webhooks carry it: no type, but its account. */
export function contactWebhook(app: Services, contact: ContactPicture, account: { id: number; name: string }) {
  const avatar = app.files.avatarUrl(contact.avatar)
  return {
    account: { id: account.id, name: account.name },
    additional_attributes: contact.additional_attributes ?? {},
    avatar,
    custom_attributes: contact.custom_attributes ?? {},
    email: contact.email,
    id: contact.id,
    identifier: contact.identifier,
    name: contact.name,
    phone_number: contact.phone_number,
    thumbnail: avatar,
    blocked: contact.blocked,
  }
}

type Bags = Pick<ContactPicture, 'additional_attributes' | 'custom_attributes'>

/** Attributes that are too large to be repeated are only shown with the contact itself. */
export function amongOthers<Contact extends Bags>(contact: Contact): Contact {
  const small = (bag: Bags['custom_attributes']) => (sizeOf(bag).bytes > AMONG_OTHERS ? {} : bag)
  return {
    ...contact,
    custom_attributes: small(contact.custom_attributes),
    additional_attributes: small(contact.additional_attributes),
  }
}

const CONTACT_TYPES = ['visitor', 'lead', 'customer'] as const

export function presentContactRow(contact: ContactRow) {
  return {
    id: contact.id,
    name: contact.name,
    email: contact.email,
    phone_number: contact.phone_number,
    account_id: contact.account_id,
    created_at: iso(contact.created_at),
    updated_at: iso(contact.updated_at),
    additional_attributes: contact.additional_attributes ?? {},
    identifier: contact.identifier,
    custom_attributes: contact.custom_attributes ?? {},
    last_activity_at: iso(contact.last_activity_at),
    contact_type: CONTACT_TYPES[contact.contact_type ?? 0] ?? 'visitor',
    middle_name: contact.middle_name,
    last_name: contact.last_name,
    location: contact.location,
    country_code: contact.country_code,
    blocked: contact.blocked,
    company_id: contact.company_id,
    label_list: contact.label_list,
  }
}
