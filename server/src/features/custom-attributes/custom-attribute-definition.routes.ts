import Type from 'typebox'
import { Choice, Empty, Iso, Nullable, operation } from '../../http/operation.ts'
import {
  accessDefinition,
  createDefinition,
  destroyDefinition,
  listDefinitions,
  updateDefinition,
} from './custom-attribute-definition.model.ts'
import { presentDefinition } from './custom-attribute-definition.presenter.ts'
import { ATTRIBUTE_MODELS, ATTRIBUTE_TYPES } from './custom-attribute.types.ts'

const Text = Nullable(Type.String())
const Pattern = Nullable(
  Type.String({ description: 'For forms that ask for a value; the server holds no value against it' }),
)
const Scalar = Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'] })
const Values = Type.Array(Scalar, { description: 'What can be chosen, of a list' })

const Definition = Type.Object(
  {
    id: Type.Integer(),
    attribute_display_name: Text,
    attribute_display_type: Choice(ATTRIBUTE_TYPES),
    attribute_description: Text,
    attribute_key: Text,
    regex_pattern: Pattern,
    regex_cue: Text,
    attribute_values: Values,
    attribute_model: Choice(ATTRIBUTE_MODELS),
    default_value: Nullable(Type.Integer()),
    created_at: Iso,
    updated_at: Iso,
  },
  { title: 'CustomAttributeDefinition', additionalProperties: false },
)

const DefinitionBody = Type.Partial(
  Type.Object({
    attribute_display_name: Text,
    attribute_description: Text,
    attribute_display_type: Nullable(Choice(ATTRIBUTE_TYPES)),
    attribute_key: Text,
    attribute_model: Nullable(Choice(ATTRIBUTE_MODELS)),
    regex_pattern: Pattern,
    regex_cue: Text,
    attribute_values: Values,
  }),
)

const base = '/api/v1/accounts/:account_id/custom_attribute_definitions' as const
const wrapper = 'custom_attribute_definition'

export const customAttributeDefinitionOperations = [
  operation({
    id: 'custom_attribute_definitions.index',
    route: `GET ${base}`,
    summary: 'List the custom attributes that the account has defined',
    access: 'agent',
    query: Type.Partial(
      Type.Object({
        attribute_model: Type.String({
          description: '`conversation_attribute` or `contact_attribute`; all without it',
        }),
      }),
    ),
    reply: Type.Array(Definition),
    handle: async (ctx, { query }) => (await listDefinitions(ctx, query.attribute_model)).map(presentDefinition),
  }),
  operation({
    id: 'custom_attribute_definitions.show',
    route: `GET ${base}/:id`,
    summary: 'Show the definition of a custom attribute',
    access: 'agent',
    reply: Definition,
    handle: async (ctx, { params }) => presentDefinition(await accessDefinition(ctx, params.id)),
  }),
  operation({
    id: 'custom_attribute_definitions.create',
    route: `POST ${base}`,
    summary: 'Define a custom attribute of conversations or contacts',
    description:
      'Filters take its key then, and compare by its type. Values are stored without it too, and are not held against it.',
    example: {
      attribute_display_name: 'Plan',
      attribute_description: 'What they pay for',
      attribute_display_type: 'list',
      attribute_key: 'plan',
      attribute_model: 'contact_attribute',
      attribute_values: ['gold', 'silver'],
    },
    needs: ['attribute_display_name', 'attribute_key'],
    access: 'agent',
    body: DefinitionBody,
    wrapper,
    reply: Definition,
    handle: async (ctx, { body }) => presentDefinition(await createDefinition(ctx, body)),
  }),
  operation({
    id: 'custom_attribute_definitions.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change the definition of a custom attribute',
    description: 'The forms of websites that ask for it change too.',
    example: { attribute_values: ['gold', 'silver', 'tin'] },
    access: 'agent',
    body: DefinitionBody,
    wrapper,
    reply: Definition,
    handle: async (ctx, { params, body }) =>
      presentDefinition(await updateDefinition(ctx, await accessDefinition(ctx, params.id, { lock: true }), body)),
  }),
  operation({
    id: 'custom_attribute_definitions.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove the definition of a custom attribute',
    description: 'What conversations and contacts have under its key stays, but no filter finds it any more.',
    access: 'agent',
    status: 204,
    reply: Empty,
    handle: async (ctx, { params }) => destroyDefinition(ctx, await accessDefinition(ctx, params.id, { lock: true })),
  }),
]
