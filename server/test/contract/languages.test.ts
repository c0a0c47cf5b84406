import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import en from '../../src/locales/en.json' with { type: 'json' }
import { LOCALES } from '../../src/lib/locales.ts'
import { formatText } from '../../src/lib/translate.ts'

const SOURCE = join(import.meta.dirname, '../../src')
const LANGUAGES = join(SOURCE, 'locales')

const english: Record<string, string> = en
const others = readdirSync(LANGUAGES)
  .map((file) => basename(file, '.json'))
  .filter((name) => name !== 'en')
const textsOf = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(join(LANGUAGES, `${name}.json`), 'utf8'))

/** What has to be put into a text; a text whose braces do not fit shows them. */
function namesIn(language: string, text: string): string[] {
  const names = new Set<string>()
  const values = new Proxy({}, { get: (_, name) => (names.add(String(name)), 1) })
  expect(formatText(language.replace('_', '-'), text, values)).not.toMatch(/[{}]/)
  return [...names].sort()
}

it('German and Brazilian Portuguese are whole; every language is one of Chatwoot', () => {
  expect(others).toEqual(expect.arrayContaining(['de', 'pt_BR']))
  for (const name of others) expect(LOCALES).toContain(name)
  for (const name of ['de', 'pt_BR']) expect(Object.keys(textsOf(name))).toEqual(Object.keys(english))
})

it('a text holds the same names in every language', () => {
  for (const name of others) {
    for (const [key, text] of Object.entries(textsOf(name))) {
      expect([name, key, text.trim()]).toEqual([name, key, text])
      expect([name, key, english[key] && namesIn(name, text)]).toEqual([name, key, namesIn('en', english[key]!)])
    }
  }
})

it('a plural has all the forms that its language asks for', () => {
  for (const name of ['en', ...others]) {
    const rules = new Intl.PluralRules(name.replace('_', '-'))
    const wanted = new Set(Array.from({ length: 200 }, (_, count) => rules.select(count)))
    for (const [key, text] of Object.entries(textsOf(name))) {
      for (const [plural] of text.matchAll(/\{\w+, plural,(?: \w+ \{[^{}]*\})+\}/g)) {
        const missing = [...wanted].filter((category) => !plural.includes(` ${category} {`))
        expect([name, key, missing]).toEqual([name, key, []])
      }
    }
  }
})

it('no text is left that nothing says', () => {
  const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(SOURCE, file), 'utf8'))
    .join('\n')
  // A key is written out, or ends in what is named at run time: `priority.${priority}`.
  const unused = Object.keys(english).filter((key) => {
    const group = key.slice(0, key.lastIndexOf('.') + 1)
    return !sources.includes(`'${key}'`) && !sources.includes(`\`${group}\${`)
  })
  expect(unused).toEqual([])
})
