import type { Command } from './command.ts'
import { accountCreate } from './account.ts'
import { doctor } from './doctor.ts'
import { migrateCommand } from './migrate.ts'
import { platformAppCreate, platformAppGrant, platformAppList } from './platform-app.ts'
import { setup } from './setup.ts'
import { start } from './start.ts'
import { userCreate } from './user.ts'

export const commands: Command[] = [
  start,
  setup,
  migrateCommand,
  userCreate,
  accountCreate,
  platformAppCreate,
  platformAppGrant,
  platformAppList,
  doctor,
]

export function overview(shown: Command[] = commands): string {
  const lines = shown.map(({ name, usage, summary }) => `  ${`${name} ${usage ?? ''}`.padEnd(34)} ${summary}`)
  return `Usage: parley COMMAND\n\n${lines.join('\n')}\n\nEach takes --help. All take --data FOLDER (default ./data, or PARLEY_DATA); DATABASE_URL names another PostgreSQL.`
}

export function helpOf({ name, usage, summary, description, options = [] }: Command): string {
  const lines = [...options, { flag: 'help', text: 'Show this' }].map(
    ({ flag, value, text }: { flag: string; value?: string; text: string }) => `  ${`--${flag}${value ? ` ${value}` : ''}`.padEnd(24)} ${text}`,
  )
  return `Usage: parley ${name}${usage ? ` ${usage}` : ''}\n\n${summary}.${description ? `\n${description}` : ''}\n\n${lines.join('\n')}`
}
