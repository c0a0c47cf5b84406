import { sql, type RawBuilder } from 'kysely'
import { CONVERSATION_STATUSES, PRIORITIES } from '../conversations/conversation.presenter.ts'
import type { AttributeType } from '../custom-attributes/custom-attribute.types.ts'
import type { Operator } from './filter.schema.ts'
import {
  asDate,
  asFlag,
  asNumber,
  choice,
  DATE,
  FLAG,
  INTEGER,
  NUMBER,
  NUMBERS,
  PHONE,
  TEXT,
  TIME,
  WORD,
  type Value,
  type ValueType,
} from './filter.values.ts'

type Sql = RawBuilder<unknown>
export type Noun = 'conversation' | 'contact'

/** What a filter can ask of a record: by which operators, of what values, and how that is said in SQL. */
export interface Attribute {
  operators: readonly Operator[]
  type: ValueType
  condition: (operator: Operator, values: Value[]) => Sql
}

const EQUAL = ['equal_to', 'not_equal_to'] as const
const PRESENT = ['is_present', 'is_not_present'] as const
const PIECE = ['contains', 'does_not_contain'] as const
const ORDER = ['is_greater_than', 'is_less_than'] as const
const DAYS = [...ORDER, 'days_before'] as const

/** Over `c` and over `ct`, in the order in which Chatwoot names them where a key is none of them. */
export const ATTRIBUTES: Record<Noun, Record<string, Attribute>> = {
  conversation: {
    status: column(sql`c.status`, choice(CONVERSATION_STATUSES, { every: 'all' }), EQUAL),
    assignee_id: column(sql`c.assignee_id`, INTEGER, [...EQUAL, ...PRESENT]),
    inbox_id: column(sql`c.inbox_id`, INTEGER, [...EQUAL, ...PRESENT]),
    team_id: column(sql`c.team_id`, INTEGER, [...EQUAL, ...PRESENT]),
    priority: column(sql`c.priority`, choice(PRIORITIES), EQUAL),
    display_id: column(sql`c.display_id`, INTEGER, [...EQUAL, ...PIECE], { text: sql`c.display_id::text` }),
    campaign_id: column(sql`c.campaign_id`, INTEGER, [...EQUAL, ...PRESENT]),
    labels: labels('Conversation', sql`c.id`),
    browser_language: column(sql`c.additional_attributes ->> 'browser_language'`, TEXT, EQUAL),
    conversation_language: column(sql`c.additional_attributes ->> 'conversation_language'`, TEXT, EQUAL),
    referer: column(sql`c.additional_attributes ->> 'referer'`, TEXT, [...EQUAL, ...PIECE]),
    created_at: column(sql`c.created_at::date`, TIME, DAYS),
    last_activity_at: column(sql`c.last_activity_at::date`, TIME, DAYS),
    mail_subject: column(sql`c.additional_attributes ->> 'mail_subject'`, TEXT, [...EQUAL, ...PIECE]),
  },
  contact: {
    name: word(sql`ct.name`, [...EQUAL, ...PIECE]),
    phone_number: word(sql`ct.phone_number`, [...EQUAL, ...PIECE, 'starts_with'], PHONE),
    email: word(sql`ct.email`, [...EQUAL, ...PIECE]),
    identifier: word(sql`ct.identifier`, EQUAL),
    country_code: word(sql`ct.additional_attributes ->> 'country_code'`, EQUAL),
    city: word(sql`ct.additional_attributes ->> 'city'`, [...EQUAL, ...PIECE]),
    company: word(sql`ct.additional_attributes ->> 'company'`, [...EQUAL, ...PIECE]),
    labels: labels('Contact', sql`ct.id`),
    created_at: column(sql`ct.created_at::date`, TIME, DAYS),
    last_activity_at: column(sql`ct.last_activity_at::date`, TIME, DAYS),
    blocked: column(sql`ct.blocked`, FLAG, EQUAL),
  },
}

/** One that an account has defined. Its key is a value like any other. */
export function customAttribute(noun: Noun, key: string, type: AttributeType): Attribute {
  const text = sql`(${noun === 'conversation' ? sql`c` : sql`ct`}.custom_attributes ->> ${key}::text)`
  const custom = { text, orMissing: true }
  const texts = () => column(sql`lower(${text})`, WORD, [...EQUAL, ...PIECE, ...PRESENT], custom)
  const numbers = () =>
    column(asNumber(text), noun === 'contact' ? NUMBER : NUMBERS, [...EQUAL, ...ORDER, ...PRESENT], custom)
  const attributes = {
    text: texts,
    link: texts,
    list: texts,
    number: numbers,
    currency: numbers,
    percent: numbers,
    date: () => column(asDate(text), DATE, [...EQUAL, ...DAYS, ...PRESENT], custom),
    checkbox: () => column(asFlag(text), FLAG, [...EQUAL, ...PRESENT], custom),
  }
  return attributes[type]()
}

/** `text` is where pieces are looked for, and what is there or not. What is unlike a value is there, but for `orMissing`. */
function column(
  value: Sql,
  type: ValueType,
  operators: readonly Operator[],
  { text = value, orMissing = false }: { text?: Sql; orMissing?: boolean } = {},
): Attribute {
  const equal = (values: Value[]) =>
    sql`${value} = ${(values.length > 1 && type.any?.(values)) || type.one(values[0]!)}`
  const before = ([end]: Value[]) => sql`${value} < ${type.one(end!)}`
  const conditions: Record<Operator, (values: Value[]) => Sql> = {
    equal_to: equal,
    // @NOTE In Chatwoot the start is the whole (app/services/filter_service.rb).
    starts_with: equal,
    not_equal_to: (values) => (orMissing ? sql`(${value} is null or not ${equal(values)})` : sql`not ${equal(values)}`),
    contains: (patterns) =>
      sql`(${sql.join(
        patterns.map((pattern) => sql`${text} ilike ${pattern}::text`),
        sql` or `,
      )})`,
    does_not_contain: (patterns) =>
      sql.join(
        patterns.map((pattern) => sql`${text} not ilike ${pattern}::text`),
        sql` and `,
      ),
    is_present: () => sql`${text} is not null`,
    is_not_present: () => sql`${text} is null`,
    is_greater_than: ([end]) => sql`${value} > ${type.one(end!)}`,
    is_less_than: before,
    days_before: before,
  }
  return { type, operators, condition: (operator, values) => conditions[operator](values) }
}

/** Whatever its case. */
function word(text: Sql, operators: readonly Operator[], type = WORD): Attribute {
  return column(sql`lower(${text})`, type, operators, { text })
}

/** In the spelling that the label has. */
function labels(taggable: 'Conversation' | 'Contact', id: Sql): Attribute {
  const tags = (named: Sql) => sql`exists (select 1 from taggings tg join tags t on t.id = tg.tag_id
    where tg.taggable_type = ${sql.lit(taggable)} and tg.taggable_id = ${id} and tg.context = 'labels' ${named})`
  return {
    type: TEXT,
    operators: [...EQUAL, ...PRESENT],
    condition: (operator, names) => {
      const found = tags(names.length ? sql`and t.name = ${TEXT.any!(names)}` : sql``)
      return operator === 'equal_to' || operator === 'is_present' ? found : sql`not ${found}`
    },
  }
}
