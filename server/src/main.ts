import { parseArgs, type ParseArgsConfig } from 'node:util'
import { commands, helpOf, overview, type Command } from './commands/commands.ts'
import { ConfigError } from './config.ts'

/** Errors are one sentence for an operator; a stack only for what is our own mistake. */
async function main(words: string[]): Promise<void> {
  const found = findCommand(words)
  if (!found) {
    const unknown = words.length > 0 && !['--help', '-h', 'help'].includes(words[0]!)
    if (unknown) console.error(`There is no command "${words.filter((word) => !word.startsWith('-')).join(' ')}".\n`)
    console.log(overview())
    process.exitCode = unknown ? 2 : 0
    return
  }
  const { command, rest } = found
  const { values, positionals } = parse(command, rest)
  if (values.help) return console.log(helpOf(command))
  await command.run({ values: values as Record<string, string | boolean | undefined>, positionals })
}

function findCommand(words: string[]): { command: Command; rest: string[] } | undefined {
  if (!words.length || words[0]!.startsWith('--') === true && !['--help'].includes(words[0]!)) {
    return { command: commands.find(({ name }) => name === 'start')!, rest: words }
  }
  for (const length of [2, 1]) {
    const command = commands.find(({ name }) => name === words.slice(0, length).join(' '))
    if (command) return { command, rest: words.slice(length) }
  }
  return undefined
}

function parse(command: Command, args: string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const { flag, value } of command.options ?? []) options[flag] = { type: value ? 'string' : 'boolean' }
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new ConfigError(`${(error as Error).message.split('\n')[0]}\nparley ${command.name} --help says more.`)
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { message, stack, code } = error as Error & { code?: string }
  if (error instanceof ConfigError) console.error(message)
  else if (code === 'EADDRINUSE') console.error('The port is in use: stop what listens there, or set PORT.')
  else if (code === 'ECONNREFUSED' || code === '28P01' || code === '3D000') console.error(`The database of DATABASE_URL cannot be reached: ${message}.`)
  else console.error(process.env.LOG_LEVEL === 'debug' ? stack : message)
  process.exit(1)
})
