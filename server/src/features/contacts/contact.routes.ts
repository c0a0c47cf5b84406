import Type from 'typebox'
import { Bag, Empty, File, Nullable, operation } from '../../http/operation.ts'
import { FilterBody } from '../filters/filter.schema.ts'
import { readLabels, replaceContactLabels } from '../labels/label.model.ts'
import { Contact, Conversation, Payload } from '../schemas.ts'
import { accessContact } from './contact.model.ts'
import {
  contactableInboxes,
  conversationsOf,
  createByAgent,
  destroyContact,
  dropAttributes,
  dropPicture,
  findBySourceId,
  mergeByIds,
  placeInInbox,
  showContact,
  updateByAgent,
} from './contact-work.model.ts'
import { filterContacts, listActiveContacts, listContacts, searchContacts, wantsInboxes } from './contact-list.model.ts'

const closed = { additionalProperties: false } as const
const Text = Nullable(Type.String())

const InboxSlim = Type.Object(
  {
    id: Type.Integer(),
    avatar_url: Type.String(),
    channel_id: Type.Integer(),
    name: Type.String(),
    channel_type: Type.String(),
    provider: Text,
  },
  { title: 'InboxSlim', ...closed },
)
const ContactInbox = Type.Object({ source_id: Type.String(), inbox: InboxSlim }, { title: 'ContactInbox', ...closed })
const ContactWithInboxes = Type.Object(
  { ...Contact.properties, contact_inboxes: Type.Optional(Type.Array(ContactInbox)) },
  { title: 'ContactWithInboxes', ...closed },
)
const Page = Type.Union([Type.Integer(), Type.String()], { description: 'As it was sent; 1 where none was' })
const ContactList = Type.Object(
  {
    meta: Type.Object({ count: Type.Integer({ description: 'Of all pages' }), current_page: Page }, closed),
    payload: Type.Array(ContactWithInboxes),
  },
  { title: 'ContactList', ...closed },
)
const FoundContacts = Type.Object(
  {
    meta: Type.Object(
      {
        count: Nullable(Type.Integer({ description: 'Of this page' })),
        current_page: Page,
        has_more: Nullable(Type.Boolean()),
      },
      closed,
    ),
    payload: Type.Array(ContactWithInboxes),
  },
  { title: 'FoundContacts', ...closed },
)

const include = {
  include_contact_inboxes: Type.String({ description: 'Anything but "true" leaves the contact inboxes out' }),
}
const paging = {
  page: Type.String(),
  sort: Type.String({
    description:
      'name, email, phone_number, last_activity_at, created_at, company, city or country; a hyphen turns it round',
  }),
  ...include,
}
const fields = {
  name: Text,
  identifier: Text,
  email: Text,
  phone_number: Nullable(Type.String({ description: 'In E.164 form' })),
  blocked: Nullable(Type.Boolean()),
  avatar: File,
  avatar_url: Text,
  additional_attributes: Nullable(Bag),
  custom_attributes: Nullable(Bag),
}

const account = '/api/v1/accounts/:account_id' as const
const base = `${account}/contacts` as const
const Labels = Payload(Type.Array(Type.String()))

export const contactOperations = [
  operation({
    id: 'contacts.index',
    route: `GET ${base}`,
    summary: 'List the contacts that can be known again',
    description: 'By fifteen. Those without e-mail, telephone number and identifier are left out.',
    access: 'agent',
    query: Type.Partial(Type.Object({ ...paging, labels: Type.Union([Type.Array(Type.String()), Type.String()]) })),
    reply: ContactList,
    handle: (ctx, { query }) => listContacts(ctx, query),
  }),
  operation({
    id: 'contacts.search',
    route: `GET ${base}/search`,
    summary: 'Find contacts by a piece of text',
    description: 'In name, e-mail, telephone number and identifier. Anonymous visitors are found too.',
    access: 'agent',
    query: Type.Partial(Type.Object({ ...paging, q: Type.String() })),
    reply: FoundContacts,
    handle: (ctx, { query }) => searchContacts(ctx, query),
  }),
  operation({
    id: 'contacts.filter',
    route: `POST ${base}/filter`,
    summary: 'Find contacts by conditions',
    description:
      'Among those that can be known again, by fifteen. Text is compared whatever its case, and only with the first value; a custom attribute by the type of its definition.',
    example: {
      payload: [
        { attribute_key: 'city', filter_operator: 'equal_to', values: ['London'], query_operator: 'AND' },
        { attribute_key: 'plan', filter_operator: 'equal_to', values: ['gold'], query_operator: null },
      ],
    },
    needs: ['payload'],
    errors: { 422: { error: 'Invalid value. The values provided for city are invalid' } },
    access: 'agent',
    transaction: false,
    query: Type.Partial(Type.Object(paging)),
    body: FilterBody,
    reply: ContactList,
    handle: (ctx, { query, body }) => filterContacts(ctx, body.payload, query),
  }),
  operation({
    id: 'contacts.active',
    route: `GET ${base}/active`,
    summary: 'List the contacts that are online',
    description: 'By fifteen. Online is who has a page with a live socket open.',
    access: 'agent',
    query: Type.Partial(Type.Object(paging)),
    reply: ContactList,
    handle: (ctx, { query }) => listActiveContacts(ctx, query),
  }),
  operation({
    id: 'contacts.show',
    route: `GET ${base}/:id`,
    summary: 'Show a contact',
    description: 'With the inboxes in which they can be reached.',
    access: 'agent',
    query: Type.Partial(Type.Object(include)),
    reply: Payload(ContactWithInboxes),
    handle: async (ctx, { params, query }) => ({ payload: await showContact(ctx, params.id, wantsInboxes(query)) }),
  }),
  operation({
    id: 'contacts.create',
    route: `POST ${base}`,
    summary: 'Make a contact',
    description:
      'With `inbox_id` the contact also gets a place in that inbox. E-mail, telephone number and identifier belong to one contact of the account only.',
    example: {
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      phone_number: '+14155550123',
      identifier: 'customer-42',
      inbox_id: 1,
      custom_attributes: { plan: 'gold' },
    },
    access: 'agent',
    body: Type.Partial(Type.Object({ ...fields, inbox_id: Nullable(Type.Integer()), source_id: Text })),
    reply: Payload(
      Type.Object(
        {
          contact: ContactWithInboxes,
          contact_inbox: Type.Object({ inbox: Nullable(Bag), source_id: Text }, closed),
        },
        closed,
      ),
    ),
    handle: async (ctx, { body }) => ({ payload: await createByAgent(ctx, body) }),
  }),
  operation({
    id: 'contacts.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a contact',
    description: 'Attributes are laid over those there are.',
    example: { name: 'Ada King', custom_attributes: { plan: 'platinum' } },
    access: 'agent',
    query: Type.Partial(Type.Object(include)),
    body: Type.Partial(Type.Object(fields)),
    reply: Payload(ContactWithInboxes),
    handle: async (ctx, { params, query, body }) => {
      await updateByAgent(ctx, await accessContact(ctx, params.id, { lock: true }), body)
      return { payload: await showContact(ctx, params.id, wantsInboxes(query)) }
    },
  }),
  operation({
    id: 'contacts.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a contact, and all that hangs on it',
    description: 'Conversations and messages go with them. A contact who is online is not removed.',
    errors: { 422: { message: 'Ada is Online, please try again later' } },
    access: 'administrator',
    reply: Empty,
    handle: async (ctx, { params }) => destroyContact(ctx, await accessContact(ctx, params.id, { lock: true })),
  }),
  operation({
    id: 'contacts.avatar',
    route: `DELETE ${base}/:id/avatar`,
    summary: 'Remove the picture of a contact',
    access: 'agent',
    reply: Payload(ContactWithInboxes),
    handle: async (ctx, { params }) => {
      await dropPicture(ctx, await accessContact(ctx, params.id, { lock: true }))
      return { payload: await showContact(ctx, params.id, false) }
    },
  }),
  operation({
    id: 'contacts.destroy_custom_attributes',
    route: `POST ${base}/:id/destroy_custom_attributes`,
    summary: 'Take custom attributes away by their keys',
    description: 'The other attributes stay.',
    example: { custom_attributes: ['plan'] },
    access: 'agent',
    body: Type.Partial(Type.Object({ custom_attributes: Type.Union([Type.Array(Type.String()), Type.String()]) })),
    reply: Payload(ContactWithInboxes),
    handle: async (ctx, { params, body }) => {
      await dropAttributes(
        ctx,
        await accessContact(ctx, params.id, { lock: true }),
        [body.custom_attributes ?? []].flat(),
      )
      return { payload: await showContact(ctx, params.id, true) }
    },
  }),
  operation({
    id: 'contacts.contactable_inboxes',
    route: `GET ${base}/:id/contactable_inboxes`,
    summary: 'List where the caller can write to a contact',
    description: 'Each with the source id to open a conversation with.',
    access: 'agent',
    reply: Payload(Type.Array(ContactInbox)),
    handle: async (ctx, { params }) => ({
      payload: await contactableInboxes(ctx, await accessContact(ctx, params.id)),
    }),
  }),
  operation({
    id: 'contacts/conversations.index',
    route: `GET ${base}/:contact_id/conversations`,
    summary: 'List the latest conversations of a contact',
    description: 'At most twenty, of the inboxes the caller can see.',
    access: 'agent',
    reply: Payload(Type.Array(Conversation)),
    handle: async (ctx, { params }) => ({
      payload: await conversationsOf(ctx, await accessContact(ctx, params.contact_id)),
    }),
  }),
  operation({
    id: 'contacts/labels.index',
    route: `GET ${base}/:contact_id/labels`,
    summary: 'List the labels of a contact',
    access: 'agent',
    reply: Labels,
    handle: async (ctx, { params }) => {
      const contact = await accessContact(ctx, params.contact_id)
      return { payload: await readLabels(ctx, 'Contact', contact.id) }
    },
  }),
  operation({
    id: 'contacts/labels.create',
    route: `POST ${base}/:contact_id/labels`,
    summary: 'Replace the labels of a contact',
    description: 'Send the whole list; an empty one takes all labels away.',
    example: { labels: ['vip', 'newsletter'] },
    access: 'agent',
    body: Type.Partial(Type.Object({ labels: Type.Array(Type.String()) })),
    reply: Labels,
    handle: async (ctx, { params, body }) => ({
      payload: await replaceContactLabels(
        ctx,
        await accessContact(ctx, params.contact_id, { lock: true }),
        body.labels ?? [],
      ),
    }),
  }),
  operation({
    id: 'contacts/contact_inboxes.create',
    route: `POST ${base}/:contact_id/contact_inboxes`,
    summary: 'Give a contact a place in an inbox',
    description: 'Without `source_id` one is made up.',
    example: { inbox_id: 1, source_id: 'customer-42' },
    needs: ['inbox_id'],
    access: 'agent',
    body: Type.Partial(
      Type.Object({ inbox_id: Nullable(Type.Integer()), source_id: Text, hmac_verified: Nullable(Type.Boolean()) }),
    ),
    reply: ContactInbox,
    handle: (ctx, { params, body }) => placeInInbox(ctx, params.contact_id, body),
  }),
  operation({
    id: 'contact_inboxes.filter',
    route: `POST ${account}/contact_inboxes/filter`,
    summary: 'Find the contact behind a source id',
    description: 'A source id is how a contact is known in one inbox.',
    example: { inbox_id: 1, source_id: '0f8b6c1e-2a3d-4c5b-9e7f-1a2b3c4d5e6f' },
    needs: ['inbox_id', 'source_id'],
    access: 'agent',
    body: Type.Partial(Type.Object({ inbox_id: Nullable(Type.Integer()), source_id: Text })),
    reply: ContactWithInboxes,
    transaction: false,
    handle: (ctx, { body }) => findBySourceId(ctx, body),
  }),
  operation({
    id: 'actions/contact_merges.create',
    route: `POST ${account}/actions/contact_merge`,
    summary: 'Make one contact of two',
    description: 'The values of the base win; the mergee fills its blanks and is gone.',
    example: { base_contact_id: 1, mergee_contact_id: 2 },
    needs: ['base_contact_id', 'mergee_contact_id'],
    access: 'agent',
    body: Type.Partial(
      Type.Object({ base_contact_id: Nullable(Type.Integer()), mergee_contact_id: Nullable(Type.Integer()) }),
    ),
    reply: ContactWithInboxes,
    handle: (ctx, { body }) => mergeByIds(ctx, body.base_contact_id, body.mergee_contact_id),
  }),
]
