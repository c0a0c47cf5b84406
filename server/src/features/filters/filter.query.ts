import { sql, type RawBuilder } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import { prepared } from '../../db/prepared.ts'
import { MissingParamError, unprocessable } from '../../http/errors.ts'
import { isLonger } from '../../lib/text.ts'
import { ATTRIBUTE_MODELS, ATTRIBUTE_TYPES } from '../custom-attributes/custom-attribute.types.ts'
import { ATTRIBUTES, customAttribute, type Attribute, type Noun } from './filter.attributes.ts'
import type { Operator, Rule } from './filter.schema.ts'
import type { Value } from './filter.values.ts'

type Sql = RawBuilder<unknown>

/**
 * The rules of a filter as one condition, over `c` for conversations and `ct` for contacts. Keys, operators and joints are looked up
 * in closed lists; of what was sent, only parameters reach the statement.
 */
export async function filterCondition(ctx: AccountContext, noun: Noun, rules: Rule[] | null | undefined): Promise<Sql> {
  if (!rules) throw new MissingParamError('payload')
  if (rules.length > MOST_RULES)
    throw unprocessable(`The payload has too many conditions (the maximum is ${MOST_RULES}).`)
  if (rules.filter(hasPieces).flatMap(valuesOf).length > MOST_PIECES)
    throw unprocessable(`The payload looks for too many pieces of text (the maximum is ${MOST_PIECES}).`)
  if (!rules.length) return sql`true`
  const joints = rules.map((rule, place) => jointAfter(rule, place === rules.length - 1))
  const attributes = await attributesOf(ctx, noun, rules)
  const now = ctx.app.now()
  return sql`(${sql.join(
    rules.flatMap((rule, place) => [condition(noun, rule, attributes, now), joints[place]!]),
    sql` `,
  )})`
}

const MOST_RULES = 50
/** Pieces of text are looked for one by one in every record. */
const MOST_PIECES = 20
const MAX_PIECE = 255

const JOINTS: Record<string, Sql> = { AND: sql`and`, OR: sql`or` }

function jointAfter({ query_operator: joint }: Rule, isLast: boolean): Sql {
  if (isLast && !joint) return sql``
  const found = own(JOINTS, joint?.toUpperCase() ?? '')
  if (!found) throw unprocessable('Query operator must be either "AND" or "OR".')
  if (isLast) throw unprocessable('Query operator of the last condition must be null.')
  return found
}

/** Those of the record, and those that the account has defined under the other keys: looked for where there are any. */
async function attributesOf(ctx: AccountContext, noun: Noun, rules: Rule[]): Promise<Record<string, Attribute>> {
  const keys = [...new Set(rules.map(keyOf).filter((key) => !own(ATTRIBUTES[noun], key)))]
  if (!keys.length) return ATTRIBUTES[noun]
  const model = ATTRIBUTE_MODELS.indexOf(`${noun}_attribute`)
  const defined = await definedTypes(ctx.db, { account_id: ctx.account.id, model, keys })
  const custom = defined.map(({ key, type }) => [key, customAttribute(noun, key, ATTRIBUTE_TYPES[type] ?? 'text')])
  return { ...Object.fromEntries(custom), ...ATTRIBUTES[noun] }
}

const definedTypes = prepared<{ account_id: number; model: number; keys: string[] }, { key: string; type: number }>(
  (asked) => sql`
    select attribute_key as key, coalesce(attribute_display_type, 0) as type from custom_attribute_definitions
    where account_id = ${asked.account_id} and attribute_model = ${asked.model} and attribute_key = any(${asked.keys}::text[])`,
)

const keyOf = (rule: Rule): string => rule.attribute_key ?? ''
const valuesOf = (rule: Rule): string[] => (rule.values ?? []).map(String)
const hasPieces = ({ filter_operator: operator }: Rule): boolean =>
  operator === 'contains' || operator === 'does_not_contain'

/** What a rule says of a record. Refused in the order and the words of Chatwoot. */
function condition(noun: Noun, rule: Rule, attributes: Record<string, Attribute>, now: Date): Sql {
  const key = keyOf(rule)
  const attribute = own(attributes, key)
  const operator = attribute?.operators.find((one) => one === rule.filter_operator)
  const values = valuesOf(rule)
  const isBuiltIn = own(ATTRIBUTES[noun], key) !== undefined
  if (isBuiltIn && !operator) throw unknownOperator(key, attribute!)
  const isPresence = rule.filter_operator === 'is_present' || rule.filter_operator === 'is_not_present'
  if (!isPresence && !values.length) throw invalidValue(key)
  if (!attribute) {
    const keys = Object.keys(ATTRIBUTES[noun]).join(',')
    throw unprocessable(
      `Invalid attribute key - [${key}]. The key should be one of [${keys}] or a custom attribute defined in the account.`,
    )
  }
  if (!operator) throw unknownOperator(key, attribute)
  return attribute.condition(operator, isPresence ? [] : comparedWith(key, attribute, operator, values, now))
}

const unknownOperator = (key: string, { operators }: Attribute) =>
  unprocessable(`Invalid operator. The allowed operators for ${key} are [${operators.join(',')}].`)

const invalidValue = (key: string, problem = 'invalid') =>
  unprocessable(`Invalid value. The values provided for ${key} are ${problem}`)

function comparedWith(key: string, { type }: Attribute, operator: Operator, values: string[], now: Date): Value[] {
  if (hasPieces({ filter_operator: operator })) {
    if (values.some((piece) => isLonger(piece, MAX_PIECE)))
      throw invalidValue(key, `too long (the maximum is ${MAX_PIECE} characters)`)
    // @NOTE A % or _ in it stands for any text, as in Chatwoot (app/services/filter_service.rb).
    return values.map((piece) => `%${piece.trim()}%`)
  }
  const isEqual = operator === 'equal_to' || operator === 'not_equal_to'
  const compared = isEqual && type.any ? values : values.slice(0, 1)
  return compared.flatMap((text) => {
    const value = operator === 'days_before' ? type.daysBefore?.(text, now) : type.read(text)
    if (value === undefined) throw invalidValue(key)
    return value
  })
}

function own<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
