import Type from 'typebox'
import { Bag, Nullable, operation } from '../../http/operation.ts'
import { ContactRow } from '../schemas.ts'
import { arrive, presentArrival, showClientInbox } from './client-contact.model.ts'
import { presentContactRow } from './contact.presenter.ts'
import { identify } from './identify.model.ts'
import { proveVisitor } from './proof.model.ts'

const closed = { additionalProperties: false } as const
const Text = Nullable(Type.String())

const ClientInbox = Type.Object(
  {
    identifier: Type.String(),
    identity_validation_enabled: Type.Boolean(),
    name: Type.String(),
    timezone: Text,
    working_hours: Type.Array(
      Type.Object(
        {
          day_of_week: Type.Integer({ description: '0 is Sunday' }),
          closed_all_day: Type.Boolean(),
          open_hour: Nullable(Type.Integer()),
          open_minutes: Nullable(Type.Integer()),
          close_hour: Nullable(Type.Integer()),
          close_minutes: Nullable(Type.Integer()),
          open_all_day: Type.Boolean(),
        },
        { title: 'PublicWorkingHour', ...closed },
      ),
    ),
    working_hours_enabled: Type.Boolean(),
    csat_survey_enabled: Type.Boolean(),
    greeting_enabled: Type.Boolean(),
  },
  { title: 'ClientInbox', ...closed },
)

const ClientContact = Type.Object(
  {
    source_id: Type.String(),
    pubsub_token: Type.String({ description: 'Subscribes to what this visitor may hear on /cable' }),
    id: Type.Integer(),
    name: Text,
    email: Text,
    phone_number: Text,
  },
  { title: 'ClientContact', ...closed },
)

const proof = {
  identifier: Text,
  identifier_hash: Nullable(
    Type.String({ description: 'Hex HMAC-SHA256 of the identifier under the token of the inbox' }),
  ),
}

const fields = {
  ...proof,
  name: Text,
  email: Text,
  phone_number: Nullable(Type.String({ description: 'In E.164 form' })),
  avatar_url: Text,
  custom_attributes: Nullable(Bag),
}

const base = '/public/api/v1/inboxes/:inbox_identifier' as const

export const clientContactOperations = [
  operation({
    id: 'public/inboxes.show',
    route: `GET ${base}`,
    summary: 'Show an API inbox to its visitors',
    description: 'Name, working hours and whether visitors must be proven.',
    access: 'visitor',
    text: ['inbox_identifier'],
    reply: ClientInbox,
    handle: (ctx) => showClientInbox(ctx),
  }),
  operation({
    id: 'public/contacts.create',
    route: `POST ${base}/contacts`,
    summary: 'Make a contact, or find one again',
    description:
      'A contact that is known by source id is returned; one with that identifier, e-mail or telephone number becomes that of the visitor, unchanged. Without a proof of its identifier the visitor is shown only what they said themselves, and where proofs are mandatory an address leads to nobody.',
    example: { name: 'Ada Lovelace', email: 'ada@example.com', phone_number: '+14155550123' },
    errors: { 401: { error: 'HMAC failed: the identifier_hash does not prove this identifier' } },
    access: 'visitor',
    text: ['inbox_identifier'],
    body: Type.Partial(Type.Object({ source_id: Text, ...fields })),
    reply: ClientContact,
    handle: async (ctx, { body }) => presentArrival(ctx, await arrive(ctx, body)),
  }),
  operation({
    id: 'public/contacts.show',
    route: `GET ${base}/contacts/:source_id`,
    summary: 'Show a contact',
    description: 'Where the visitor is proven, send `identifier` and `identifier_hash` too.',
    errors: { 401: { error: 'HMAC failed: the identifier_hash does not prove this identifier' } },
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    query: Type.Partial(Type.Object(proof)),
    reply: ClientContact,
    handle: async (ctx, { query }) => {
      await proveVisitor(ctx, query)
      return presentArrival(ctx, ctx.visitor)
    },
  }),
  operation({
    id: 'public/contacts.update',
    route: `PATCH ${base}/contacts/:source_id`,
    summary: 'Change a contact',
    description:
      "An e-mail or telephone number of another contact of the account merges the two. Without a proof of that contact's identifier the visitor is shown only what they said themselves and only fills what is empty; where proofs are mandatory such an address is left out.",
    example: { name: 'Ada King', email: 'ada@example.com' },
    errors: { 401: { error: 'HMAC failed: the identifier_hash does not prove this identifier' } },
    access: 'visitor',
    text: ['inbox_identifier', 'source_id'],
    body: Type.Partial(Type.Object(fields)),
    reply: ContactRow,
    handle: async (ctx, { body }) => {
      await proveVisitor(ctx, body)
      return presentContactRow(await identify(ctx, body))
    },
  }),
]
