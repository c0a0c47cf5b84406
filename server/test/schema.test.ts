import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionOptions } from '../src/db/connect.ts'
import { ownDatabase } from './support.ts'

interface Contract {
  schema_migrations: string[]
  tables: Record<
    string,
    { columns: Record<string, string>; primary_key: string | null; indexes: string[]; constraints: string[] }
  >
}

const contract = JSON.parse(readFileSync(new URL('./contract/schema.json', import.meta.url), 'utf8')) as Contract

/** pgvector is not in every server: its two columns are text, and their index is absent. */
const VECTORS = { article_embeddings: 'embedding', captain_assistant_responses: 'embedding' } as Record<string, string>
const isVectorIndex = (index: string) => /ivfflat|hnsw|vector/.test(index)
/** What Parley adds to Chatwoot's tables. */
const ADDED = ['parley_articles_words', 'parley_conversations_list', 'parley_messages_page']

describe('the migrated database', () => {
  let client: pg.Client
  beforeAll(async () => {
    client = new pg.Client(sessionOptions(await ownDatabase()))
    await client.connect()
  })
  afterAll(() => client.end())
  const list = async (text: string, values: unknown[] = []) =>
    (await client.query(text, values)).rows as Record<string, any>[]

  it('has exactly the tables of Chatwoot', async () => {
    const rows = await list(`select tablename from pg_tables where schemaname = 'public'`)
    expect(rows.map((row) => row.tablename).sort()).toEqual(Object.keys(contract.tables).sort())
  })

  it('has their columns, with type, nullability and default', async () => {
    const rows = await list(`
      select c.relname as "table", a.attname as "column", format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else ' null' end
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as spec
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`)
    const found: Record<string, Record<string, string>> = {}
    for (const { table, column, spec } of rows) (found[table] ??= {})[column] = spec
    for (const [table, { columns }] of Object.entries(contract.tables)) {
      const expected = { ...columns }
      const vector = VECTORS[table]
      if (vector) expected[vector] = 'text null'
      expect(found[table], table).toEqual(expected)
    }
  })

  it('has their primary keys, indexes and constraints, and three indexes more', async () => {
    const rows = await list(`
      select t.relname as "table", i.relname as name, x.indisprimary as primary, x.indisunique as "unique", pg_get_indexdef(i.oid) as definition
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      where t.relnamespace = 'public'::regnamespace`)
    const constraints = await list(`
      select c.conrelid::regclass::text as "table", c.conname || ' ' || pg_get_constraintdef(c.oid) as definition
      from pg_constraint c where c.connamespace = 'public'::regnamespace and c.contype in ('f', 'c', 'u')`)
    for (const [table, expected] of Object.entries(contract.tables)) {
      const own = rows.filter((row) => row.table === table)
      const indexes = own
        .filter((row) => !row.primary && !ADDED.includes(row.name))
        .map(
          (row) =>
            `${row.unique ? 'UNIQUE ' : ''}INDEX ${row.name} ${row.definition.slice(row.definition.indexOf('USING'))}`,
        )
      expect(indexes.sort(), table).toEqual(expected.indexes.filter((index) => !isVectorIndex(index)).sort())
      const primary = own.find((row) => row.primary)
      expect(primary ? /\(.*\)$/.exec(primary.definition)![0] : null, table).toBe(expected.primary_key)
      expect(
        constraints.filter((row) => row.table === table).map((row) => row.definition),
        table,
      ).toEqual(expected.constraints)
    }
    expect(
      rows
        .map((row) => row.name)
        .filter((name) => name.startsWith('parley_'))
        .sort(),
    ).toEqual(ADDED)
  })

  it('owns its sequences, so that they go with their tables', async () => {
    const rows =
      await list(`select count(*)::integer as count from pg_class s where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace
      and s.relname !~ '_dpid_seq_' and not exists (select 1 from pg_depend d where d.objid = s.oid and d.deptype = 'a')`)
    expect(rows[0]!.count).toBe(0)
  })

  it('numbers conversations and campaigns for each account', async () => {
    await client.query('begin')
    try {
      const account = async () =>
        (await list(`insert into accounts (name, created_at, updated_at) values ('x', now(), now()) returning id`))[0]!
          .id
      const talk = async (id: number) =>
        (
          await list(
            `insert into conversations (account_id, inbox_id, display_id, created_at, updated_at) values ($1, 1, 0, now(), now()) returning display_id`,
            [id],
          )
        )[0]!.display_id
      const campaign = async (id: number) =>
        (
          await list(
            `insert into campaigns (account_id, inbox_id, display_id, title, message, created_at, updated_at) values ($1, 1, 0, 'x', 'x', now(), now()) returning display_id`,
            [id],
          )
        )[0]!.display_id
      const [one, two] = [await account(), await account()]
      expect([await talk(one), await talk(one), await talk(two), await campaign(one), await campaign(two)]).toEqual([
        1, 2, 1, 1, 1,
      ])
    } finally {
      await client.query('rollback')
    }
  })

  it('is one that Chatwoot would accept', async () => {
    const versions = await list('select version from schema_migrations')
    expect(versions.map((row) => row.version).sort()).toEqual([...contract.schema_migrations].sort())
    expect(await list(`select value from ar_internal_metadata where key = 'environment'`)).toEqual([
      { value: 'production' },
    ])
  })
})
