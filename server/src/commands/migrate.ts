import { DATA_OPTION, JSON_OPTION, type Command } from './command.ts'
import { print, withSession } from './session.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database up to date',
  description:
    'Starting does it too. A database that Chatwoot 4.10 made is kept as it is; what Parley adds is in the schema "parley".',
  options: [DATA_OPTION, JSON_OPTION],
  run: ({ values }) =>
    withSession(values, async () => print(values, { migrated: true }, ['The database is up to date.'])),
}
