import { sql, type RawBuilder } from 'kysely'

type Sql = RawBuilder<unknown>

/** What a rule compares with, as the database is given it: always a parameter. */
export type Value = string | number | boolean | null

/** How the values of an attribute are read and compared. */
export interface ValueType {
  /** What a rule sends, or several values that it stands for; nothing for what is no such value. */
  read: (text: string) => Value | Value[] | undefined
  /** The day so many days before today, in UTC. */
  daysBefore?: (text: string, now: Date) => string | undefined
  one: (value: Value) => Sql
  /** Where all values of a rule count. Without it only the first is compared, as in Chatwoot. */
  any?: (values: Value[]) => Sql
}

const first = (type: Sql, read: ValueType['read']): ValueType => ({ read, one: (value) => sql`${value}::${type}` })

const all = (type: Sql, read: ValueType['read']): ValueType => ({
  ...first(type, read),
  any: (values) => sql`any(${values}::${type}[])`,
})

/** To the letter. */
export const TEXT = all(sql`text`, (text) => text)

/** Against a column in small letters. Both are made small by the database, which has one way to do it. */
export const WORD: ValueType = { read: (text) => text, one: (value) => sql`lower(${value}::text)` }

/** With or without the plus. */
export const PHONE: ValueType = { ...WORD, read: (text) => `+${text.replaceAll('+', '')}` }

export const INTEGER = all(sql`bigint`, (text) => (/^\s*-?\d{1,15}\s*$/.test(text) ? Number(text) : undefined))

const TRUE = ['true', 't', 'yes', 'y', 'on', '1']
const FALSE = ['false', 'f', 'no', 'n', 'off', '0']

export const FLAG = first(sql`boolean`, (text) => {
  const word = text.trim().toLowerCase()
  return TRUE.includes(word) || (FALSE.includes(word) ? false : undefined)
})

const NUMERIC = '^\\s*[-+]?(\\d{1,100}(\\.\\d{0,100})?|\\.\\d{1,100})([eE][-+]?\\d{1,2})?\\s*$'
const IS_NUMBER = new RegExp(NUMERIC)

const readNumber = (text: string) => (IS_NUMBER.test(text) ? text.trim() : undefined)
export const NUMBER = first(sql`numeric`, readNumber)
export const NUMBERS = all(sql`numeric`, readNumber)

/** A time, by its day in UTC. */
export const TIME = days(sql`date`)

/** A day that stands in text: in this form texts have the order of their days, and none of them fails to be one. */
export const DATE = days(sql`text`)

function days(type: Sql): ValueType {
  return {
    ...first(type, (text) => {
      const [, year, month, day] = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$/.exec(text) ?? []
      if (!year || !month || !day || Number(year) === 0) return undefined
      const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
      return isoDay(Date.parse(iso)) === iso ? iso : undefined
    }),
    daysBefore: (text, now) => {
      const isCount = /^\s*-?\d{1,5}\s*$/.test(text)
      return isCount ? isoDay(now.getTime() - Number(text) * DAY) : undefined
    },
  }
}

const DAY = 24 * 60 * 60 * 1000

/** Nothing for a day that no calendar has. */
function isoDay(time: number): string | undefined {
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10)
}

/** One of a closed list, kept as its number. `every` stands for each of them; another name is equal to nothing, and unlike nothing. */
export function choice(names: readonly string[], { every }: { every?: string } = {}): ValueType {
  return all(sql`integer`, (text) => {
    if (text === every) return names.map((_, place) => place)
    return names.includes(text) ? names.indexOf(text) : null
  })
}

/*
 * What stands under the key of a custom attribute may be anything, whatever its definition says: it is compared where it is of the
 * type, and as if it were not there where it is not. A cast of its own would fail the whole list.
 */
export const asNumber = (text: Sql): Sql => sql`case when ${text} ~ ${sql.lit(NUMERIC)} then ${text}::numeric end`

export const asFlag = (text: Sql): Sql => sql`case when lower(${text}) in (${words(TRUE)}) then true
  when lower(${text}) in (${words(FALSE)}) then false end`

export const asDate = (text: Sql): Sql =>
  sql`(case when ${text} ~ '^\\d{4}-\\d{2}-\\d{2}' then left(${text}, 10) end collate "C")`

function words(list: string[]): Sql {
  return sql.join(list.map((word) => sql.lit(word)))
}
