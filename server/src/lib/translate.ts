import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import en from '../locales/en.json' with { type: 'json' }
import { PROJECT } from './project.ts'
import { localeName, type Locale } from './locales.ts'

export type TextKey = keyof typeof en
export type TextValues = Record<string, string | number>

type Texts = Partial<Record<TextKey, string>>

/** A text in the language of an account, which is a number of Chatwoot's; in English where that language lacks it. */
export function translate(locale: number | null, key: TextKey, values: TextValues = {}): string {
  const name = localeName(locale)
  const text = textsOf(name)[key]
  return text === undefined ? formatText('en', en[key], values) : formatText(languageTag(name), text, values)
}

/** The language in which texts of that locale come, as HTML and `Intl` name it. */
export function languageOf(locale: number | null): string {
  const name = localeName(locale)
  return Object.keys(textsOf(name)).length ? languageTag(name) : 'en'
}

const languageTag = (locale: Locale): string => locale.replace('_', '-')

const known = new Map<Locale, Texts>([['en', en]])

/** English is part of the program; the others are read when somebody first speaks them. */
function textsOf(locale: Locale): Texts {
  const texts = known.get(locale) ?? readTexts(locale)
  known.set(locale, texts)
  return texts
}

function readTexts(locale: Locale): Texts {
  const file = join(PROJECT, `server/src/locales/${locale}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Texts) : {}
}

/** `{name}`, or `{count, plural, one {# day} other {# days}}`: as in ICU, as far as we need it. */
const SLOT = /\{(\w+)(?:, plural,((?: \w+ \{[^{}]*\})+))?\}/g

export function formatText(language: string, text: string, values: TextValues): string {
  return text.replace(SLOT, (slot, name: string, forms: string | undefined) => {
    const value = values[name]
    if (value === undefined) throw new Error(`there is nothing for ${slot} in "${text}"`)
    return forms === undefined ? String(value) : pluralForm(language, forms, Number(value))
  })
}

function pluralForm(language: string, forms: string, count: number): string {
  const byCategory = new Map([...forms.matchAll(/(\w+) \{([^{}]*)\}/g)].map(([, category, form]) => [category, form!]))
  const form = byCategory.get(new Intl.PluralRules(language).select(count)) ?? byCategory.get('other') ?? '#'
  return form.replaceAll('#', String(count))
}
