import { CompiledQuery, sql, type Kysely, type RawBuilder } from 'kysely'
import type pg from 'pg'
import type { DB } from './schema.ts'

/** Stands in a statement's text for a value that each run brings. */
class Slot {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** The pools behind databases: outside of a transaction a statement asks them itself, which spares a third of the way. */
export const pools = new WeakMap<Kysely<DB>, pg.Pool>()

export type Slots<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> }

/** A statement of the hot paths: its text is made once, at its first run, and only its values change. */
export function prepared<Values extends object, Row>(build: (value: Slots<Values>) => RawBuilder<Row>) {
  let text: string | undefined
  let slots: readonly unknown[] = []
  return async (db: Kysely<DB>, values: Values): Promise<Row[]> => {
    if (text === undefined) {
      const value = new Proxy({}, { get: (_, name) => sql`${new Slot(String(name))}` }) as Slots<Values>
      const compiled = build(value).compile(db)
      slots = compiled.parameters
      text = compiled.sql
    }
    const parameters = slots.map((slot) => (slot instanceof Slot ? values[slot.name as keyof Values] : slot))
    const pool = pools.get(db)
    const { rows } = pool ? await pool.query(text, parameters) : await db.executeQuery(CompiledQuery.raw(text, parameters))
    return rows as Row[]
  }
}
