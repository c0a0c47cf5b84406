import { expect, it } from 'vitest'
import type { Seen } from './audit.ts'
import type { Shot } from './generate.ts'
import { faultsOf } from './judge.ts'
import type { Target } from './operations.ts'

const shot = (caller: Shot['caller'], more: Partial<Shot> = {}): Shot => ({
  target: 'contacts.update',
  caller,
  method: 'PATCH',
  path: '/contacts/1',
  query: [],
  body: {},
  encoding: 'json',
  files: [],
  headers: {},
  ...more,
})
const target = { statuses: [200, 503] } as Target
const canary = { text: 'zqsecret', what: 'a secret', shownTo: ['agent'] as const }
const judge = (one: Shot, status: number, text = '', seen: Seen[] = []) =>
  faultsOf(one, target, { status, text, from: 0, until: 0 }, seen, [canary]).map(({ kind }) => kind)
const row = (why: Seen['why'], relation = 'contacts'): Seen => ({
  why,
  what: 'UPDATE',
  relation,
  id: 1,
  columns: ['name'],
})

it('an answer of 5xx is a fault, unless it is declared', () => {
  expect([
    judge(shot('agent'), 500),
    judge(shot('agent'), 503),
    judge(shot('agent'), 422),
    judge(shot('agent'), 0),
  ]).toEqual([['answer'], [], [], ['answer']])
})

it('a word that only others know may be shown to nobody else, unless it was sent', () => {
  expect(judge(shot('agent'), 200, '{"a":"zqsecret"}')).toEqual([])
  expect(judge(shot('visitor'), 200, '{"a":"zqsecret"}')).toEqual(['shown'])
  expect(judge(shot('visitor', { body: { name: 'zqsecret' } }), 200, '{"a":"zqsecret"}')).toEqual([])
})

it('a row of somebody else is a fault, unless it is meant', () => {
  expect(judge(shot('administrator'), 200, '', [row('foreign')])).toEqual(['foreign'])
  expect(judge(shot('administrator', { target: 'agents.create' }), 200, '', [row('foreign', 'account_users')])).toEqual(
    [],
  )
  expect(judge(shot('administrator', { target: 'agents.update' }), 200, '', [row('foreign', 'users')])).toEqual([
    'foreign',
  ])
})

it('another contact is somebody else for a visitor, not for an agent', () => {
  expect(judge(shot('visitor'), 200, '', [row('other contact')])).toEqual(['foreign'])
  expect(judge(shot('agent'), 200, '', [row('other contact')])).toEqual([])
})

it('an undeclared field, a protected column and a file as JSON are faults, whoever sent them', () => {
  expect(judge(shot('agent'), 200, '', [row('undeclared'), row('protected'), row('inside out')])).toEqual([
    'undeclared',
    'protected',
    'inside out',
  ])
})
