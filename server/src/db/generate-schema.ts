// Writes schema.ts from a freshly migrated database: `npm run generate:schema`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from './connect.ts'
import { startEmbedded } from './embedded.ts'
import { migrate } from './migrate.ts'

const folder = mkdtempSync(join(tmpdir(), 'parley-schema-'))
const embedded = await startEmbedded({ folder, unsafe: true })
try {
  const database = connect(embedded.connection)
  await migrate(database)
  await database.end()
  const { host, user, database: name } = embedded.connection
  const url = `postgres://${user}@/${name}?host=${encodeURIComponent(host!)}`
  const file = new URL('./schema.ts', import.meta.url).pathname
  const pattern = '(public.*|parley.*)'
  execFileSync(
    'npx',
    [
      'kysely-codegen',
      '--dialect',
      'postgres',
      '--url',
      url,
      '--out-file',
      file,
      '--default-schema',
      'public',
      '--include-pattern',
      pattern,
      '--numeric-parser',
      'number',
    ],
    { stdio: 'inherit' },
  )
  // The driver reads bigint as a number (connect.ts), and writes JSON as it is given: as text.
  const text = readFileSync(file, 'utf8')
    .replace(
      /export type Int8 = .*/,
      'export type Int8 = ColumnType<number, bigint | number | string, bigint | number | string>',
    )
    .replace(/export type Json = .*/, 'export type Json = ColumnType<unknown, string, string>;')
  writeFileSync(file, text)
} finally {
  await embedded.stop()
  rmSync(folder, { recursive: true, force: true })
}
