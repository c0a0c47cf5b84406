import { expect, it } from 'vitest'
import { LOCALES } from './locales.ts'
import { formatText, languageOf, translate } from './translate.ts'

const [english, french, german, brazilian] = (['en', 'fr', 'de', 'pt_BR'] as const).map((name) =>
  LOCALES.indexOf(name),
) as [number, number, number, number]

it('a text comes in the language of the account, and in English where there is none', () => {
  const greet = (locale: number | null) => translate(locale, 'activity.muted', { name: 'Ada' })
  expect(greet(german)).toBe('Ada hat die Unterhaltung stummgeschaltet')
  expect(greet(brazilian)).toBe('Ada silenciou a conversa')
  for (const locale of [english, french, null, 4711, -1]) expect(greet(locale)).toBe('Ada has muted the conversation')
  expect([english, french, german, brazilian, null].map(languageOf)).toEqual(['en', 'en', 'de', 'pt-BR', 'en'])
})

it('what is put in stays as it is', () => {
  expect(translate(english, 'activity.muted', { name: '{name} $& $1' })).toBe('{name} $& $1 has muted the conversation')
  expect(() => translate(english, 'activity.muted')).toThrow('there is nothing for {name}')
})

it('a number chooses the form that its language has for it', () => {
  const text = 'nach {count, plural, one {einem Tag} other {# Tagen}} zu'
  expect([1, 2, 0].map((count) => formatText('de', text, { count }))).toEqual([
    'nach einem Tag zu',
    'nach 2 Tagen zu',
    'nach 0 Tagen zu',
  ])
  const polish = '{count, plural, one {# dzień} few {# dni} many {# dni} other {# dnia}}'
  expect([1, 3, 7].map((count) => formatText('pl', polish, { count }))).toEqual(['1 dzień', '3 dni', '7 dni'])
  expect([1, 7].map((count) => translate(german, 'activity.resolved_after_hours', { count }))).toEqual([
    'Die Unterhaltung wurde nach einer Stunde ohne Aktivität automatisch als gelöst markiert',
    'Die Unterhaltung wurde nach 7 Stunden ohne Aktivität automatisch als gelöst markiert',
  ])
})
