import { sql, type RawBuilder, type Selectable } from 'kysely'
import type { DB } from './schema.ts'

declare const table: unique symbol

/** Columns of a table, named once: a list for the builder, a text by `listed()`, a type by `Row`. */
export type Columns<Table extends keyof DB, Name extends keyof DB[Table]> = readonly Name[] & {
  readonly [table]: Table
}

export function columns<Table extends keyof DB, const Name extends keyof DB[Table] & string>(
  _: Table,
  ...names: Name[]
): Columns<Table, Name> {
  return names as unknown as Columns<Table, Name>
}

/** A row of these columns, as the driver reads it. */
export type Row<List> =
  List extends Columns<infer Table, infer Name>
    ? Pick<Selectable<DB[Table]>, Name & keyof Selectable<DB[Table]>>
    : never

/** A row of which more is known than its schema says: what stands in its JSON, or that it came as JSON itself, its times as text. */
export type Refine<Whole, Closer extends { [Name in keyof Closer]: Name extends keyof Whole ? unknown : never }> = Omit<
  Whole,
  keyof Closer
> &
  Closer

/** The columns for a statement of text, by the alias that their table has there. */
export function listed(names: readonly string[], alias?: string): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(alias ? `${alias}.${name}` : name)))
}

/** The same as one JSON object. */
export function jsonOf(names: readonly string[], alias: string): RawBuilder<unknown> {
  return sql`json_build_object(${sql.join(names.map((name) => sql`${sql.lit(name)}, ${sql.ref(`${alias}.${name}`)}`))})`
}
