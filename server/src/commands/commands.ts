import type { Command } from './command.ts'

/** In the order in which help shows them. Each is loaded when it is asked for, so that a start does not wait for the others. */
const loaders: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./start.ts')).start,
  setup: async () => (await import('./setup.ts')).setup,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  'user create': async () => (await import('./user.ts')).userCreate,
  'account create': async () => (await import('./account.ts')).accountCreate,
  'platform-app create': async () => (await import('./platform-app.ts')).platformAppCreate,
  'platform-app grant': async () => (await import('./platform-app.ts')).platformAppGrant,
  'platform-app list': async () => (await import('./platform-app.ts')).platformAppList,
  doctor: async () => (await import('./doctor.ts')).doctor,
}

export const commandNames = Object.keys(loaders)

export const loadCommand = (name: string): Promise<Command> => loaders[name]!()

/** Of these commands; of all without names. */
export async function overview(names: string[] = commandNames): Promise<string> {
  const shown = await Promise.all(names.map(loadCommand))
  const lines = shown.map(({ name, usage, summary }) => `  ${`${name} ${usage ?? ''}`.padEnd(34)} ${summary}`)
  return `Usage: parley COMMAND\n\n${lines.join('\n')}\n\nEach takes --help. All take --data FOLDER (default ./data, or PARLEY_DATA); DATABASE_URL names another PostgreSQL.`
}

export function helpOf({ name, usage, summary, description, options = [] }: Command): string {
  const lines = [...options, { flag: 'help', text: 'Show this' }].map(
    ({ flag, value, text }: { flag: string; value?: string; text: string }) =>
      `  ${`--${flag}${value ? ` ${value}` : ''}`.padEnd(24)} ${text}`,
  )
  return `Usage: parley ${name}${usage ? ` ${usage}` : ''}\n\n${summary}.${description ? `\n${description}` : ''}\n\n${lines.join('\n')}`
}
