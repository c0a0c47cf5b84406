import { parseArgs, type ParseArgsConfig } from 'node:util'
import { commands, helpOf, overview, type Command } from './commands/commands.ts'
import { ConfigError } from './config.ts'
import { PARLEY_VERSION } from './project.ts'

async function main(words: string[]): Promise<void> {
  const [first] = words
  if (first === '--version' || first === '-v') return console.log(PARLEY_VERSION)
  if (first === '--help' || first === '-h' || (first === 'help' && words.length === 1)) return console.log(overview())
  const found = first === 'help' ? findCommand([...words.slice(1), '--help']) : findCommand(words)
  if (!found) return sayWhatThereIs(words)
  const { command, rest } = found
  const { values, positionals } = parse(command, rest)
  if (values.help) return console.log(helpOf(command))
  await command.run({ values: values as Record<string, string | boolean | undefined>, positionals })
}

/** Without a command: `start`. */
function findCommand(words: string[]): { command: Command; rest: string[] } | undefined {
  if (!words.length || words[0]!.startsWith('-')) return { command: commands.find(({ name }) => name === 'start')!, rest: words }
  for (const length of [2, 1]) {
    const command = commands.find(({ name }) => name === words.slice(0, length).join(' '))
    if (command) return { command, rest: words.slice(length) }
  }
  return undefined
}

/** Of `platform-app` the commands that begin so, of a word nobody knows all. */
function sayWhatThereIs(words: string[]): void {
  const group = commands.filter(({ name }) => name.startsWith(`${words[0] === 'help' ? words[1] : words[0]} `))
  if (words.includes('--help') || words.includes('-h') || words[0] === 'help') return console.log(overview(group.length ? group : commands))
  const tried = words.filter((word) => !word.startsWith('-')).join(' ')
  console.error(`There is no command "${tried}".\n\n${overview(group.length ? group : commands)}`)
  process.exitCode = 2
}

function parse(command: Command, args: string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const { flag, value } of command.options ?? []) options[flag] = { type: value ? 'string' : 'boolean' }
  const refuse = (problem: string) => new ConfigError(`${problem}\nparley ${command.name} --help says more.`)
  let parsed
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw refuse(`${(error as Error).message.split(/\.? To specify|\n/)[0]}.`.replace(/\.\.$/, '.'))
  }
  const tooMany = parsed.positionals.slice(command.usage ? 1 : 0)
  if (tooMany.length) throw refuse(`"${tooMany.join(' ')}" is too much; a name of several words needs quotes around it.`)
  return parsed
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', '28P01', '28000', '3D000'])

/** Errors are one sentence for an operator; a stack only when asked for. */
function sentenceOf(error: unknown): string {
  const { message, stack, code, errors } = error as Error & { code?: string; errors?: Error[] }
  if (error instanceof ConfigError) return message
  if (process.env.LOG_LEVEL === 'debug' && stack) return stack
  // A host of several addresses fails once for each.
  const reason = message || errors?.[0]?.message || String(error)
  return UNREACHABLE.has(code ?? '') ? `The database of DATABASE_URL cannot be reached: ${reason}.` : reason
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(sentenceOf(error))
  process.exit(1)
})
