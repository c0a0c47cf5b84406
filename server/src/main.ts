import { parseArgs, type ParseArgsConfig } from 'node:util'
import { sentenceOf, type Command, type Values } from './commands/command.ts'
import { commandNames, helpOf, loadCommand, overview } from './commands/commands.ts'
import { ConfigError } from './config.ts'
import { PARLEY_VERSION } from './lib/project.ts'

async function main(words: string[]): Promise<void> {
  const [first] = words
  if (first === '--version' || first === '-v') return console.log(PARLEY_VERSION)
  if (first === '--help' || first === '-h' || (first === 'help' && words.length === 1))
    return console.log(await overview())
  const found = first === 'help' ? findCommand([...words.slice(1), '--help']) : findCommand(words)
  if (!found) return sayWhatThereIs(words)
  const { rest } = found
  const command = await loadCommand(found.name)
  const { values, positionals } = parse(command, rest)
  if (values.help) return console.log(helpOf(command))
  await command.run({ values: values as Values, positionals })
}

/** Without a command: `start`. */
function findCommand(words: string[]): { name: string; rest: string[] } | undefined {
  if (!words.length || words[0]!.startsWith('-')) return { name: 'start', rest: words }
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    if (commandNames.includes(name)) return { name, rest: words.slice(length) }
  }
  return undefined
}

/** Of `platform-app` the commands that begin so, of a word nobody knows all. */
async function sayWhatThereIs(words: string[]): Promise<void> {
  const [first] = words[0] === 'help' ? words.slice(1) : words
  const group = commandNames.filter((name) => name.startsWith(`${first} `))
  if (words.includes('--help') || words.includes('-h') || words[0] === 'help')
    return console.log(await overview(group.length ? group : commandNames))
  const tried = words.filter((word) => !word.startsWith('-')).join(' ')
  const known = group.length ? `there are ${group.join(', ')}` : 'parley --help lists them'
  throw new ConfigError(`There is no command "${tried}": ${known}.`)
}

function parse(command: Command, args: string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const { flag, value } of command.options ?? []) options[flag] = { type: value ? 'string' : 'boolean' }
  const refuse = (problem: string) => new ConfigError(`${problem}\nparley ${command.name} --help says more.`)
  let parsed
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true })
  } catch (error) {
    throw refuse(`${(error as Error).message.split(/\.? To specify|\n/)[0]}.`.replace(/\.\.$/, '.'))
  }
  const flags = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
  const twice = flags.find((flag, at) => flags.indexOf(flag) < at)
  if (twice) throw refuse(`--${twice} was given twice.`)
  const tooMany = parsed.positionals.slice(command.usage ? 1 : 0)
  if (tooMany.length)
    throw refuse(`"${tooMany.join(' ')}" is too much; a name of several words needs quotes around it.`)
  return parsed
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(sentenceOf(error))
  process.exit(1)
})
