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

export type Prepared<Values, Row> = (db: Kysely<DB>, values: Values) => Promise<Row[]>

/** Under its name a connection keeps a statement, and its plan for any values. Statements without one are planned for theirs. */
export interface NamedQuery extends CompiledQuery {
  name?: string
}

interface Compilable<Row> {
  compile: (db: Kysely<DB>) => CompiledQuery<Row>
}

let statements = 0

/**
 * A statement of a common path, of text or by the builder: made once, at its first run, and planned once on each connection; only
 * its values change.
 */
export function prepared<Values extends object, Row>(
  build: (value: Slots<Values>, db: Kysely<DB>) => Compilable<Row>,
): Prepared<Values, Row> {
  const name = `p${statements++}`
  let text: string | undefined
  let slots: readonly unknown[] = []
  return async (db, values) => {
    if (text === undefined) {
      const value = new Proxy({}, { get: (_, slot) => sql`${new Slot(String(slot))}` }) as Slots<Values>
      const compiled = build(value, db).compile(db)
      slots = compiled.parameters
      text = compiled.sql
    }
    const parameters = slots.map((slot) => (slot instanceof Slot ? values[slot.name as keyof Values] : slot))
    return run(db, name, text, parameters)
  }
}

/** A connection keeps each of them: what comes in more forms than that goes on without names. */
const MOST_NAMES = 2000
const names = new Map<string, string>()

/**
 * A statement that is put together for each run, but comes in so few forms that each has its name: what varies are values, and
 * one or two conditions. Lists of many filters are none of these.
 */
export async function runPrepared<Row>(db: Kysely<DB>, statement: Compilable<Row>): Promise<Row[]> {
  const { sql: text, parameters } = statement.compile(db)
  const name = names.get(text) ?? (names.size < MOST_NAMES ? `p${statements++}` : undefined)
  if (name === undefined) return runOnce(db, statement)
  names.set(text, name)
  return run(db, name, text, parameters as unknown[])
}

/** One without a name: planned for its values, as lists of many filters and reports want it. */
export async function runOnce<Row>(db: Kysely<DB>, statement: Compilable<Row>): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(statement.compile(db))
  return rows
}

async function run<Row>(db: Kysely<DB>, name: string, text: string, values: unknown[]): Promise<Row[]> {
  const pool = pools.get(db)
  const { rows } = pool
    ? await pool.query({ name, text, values })
    : await db.executeQuery({ ...CompiledQuery.raw(text, values), name } as NamedQuery)
  return rows as Row[]
}

/** For a statement that comes in a few forms: each is prepared when it is first asked for. */
export function byForm<Form extends string | number | boolean, Statement>(
  prepare: (form: Form) => Statement,
): (form: Form) => Statement {
  const forms = new Map<Form, Statement>()
  return (form) => {
    const known = forms.get(form) ?? prepare(form)
    forms.set(form, known)
    return known
  }
}
