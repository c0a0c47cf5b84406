import Type, { type Static } from 'typebox'
import { Nullable, Strict } from '../../http/operation.ts'

/** By name, in Chatwoot's words. */
export const OPERATORS = [
  'equal_to',
  'not_equal_to',
  'contains',
  'does_not_contain',
  'is_present',
  'is_not_present',
  'is_greater_than',
  'is_less_than',
  'days_before',
  'starts_with',
] as const
export type Operator = (typeof OPERATORS)[number]

const Rule = Type.Partial(
  Type.Object({
    attribute_key: Type.String({ description: 'An attribute of the record, or the key of a custom attribute' }),
    filter_operator: Type.String({ description: `${OPERATORS.join(', ')}: each key has some of them` }),
    values: Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
      description: 'What to compare with; none where the operator is about presence',
      'x-lone': true,
    }),
    query_operator: Nullable(
      Type.String({ description: 'AND or OR, to the next condition; `null` at the last. AND binds closer' }),
    ),
    custom_attribute_type: Nullable(Type.String({ description: 'Not looked at: the key says it' })),
  }),
)
/** As it was sent: nothing of it is known to make sense. */
export type Rule = Static<typeof Rule>

export const FilterBody = Type.Partial(
  Type.Object({
    payload: Strict(
      Type.Array(Strict(Rule, 'holds what is no condition'), { description: 'Conditions; without one, all' }),
    ),
  }),
)
