import type { Seen } from './audit.ts'
import { written } from './send.ts'
import type { Outcome } from './send.ts'
import type { Shot } from './generate.ts'
import type { Target } from './operations.ts'
import type { Canary, Caller } from './world.ts'

/** What should not have come of a request. */
export interface Fault {
  kind: 'answer' | 'shown' | 'foreign' | 'protected' | 'undeclared' | 'inside out' | 'stall' | 'grows'
  /** The same fault has the same. */
  key: string
  what: string
}

/** What is meant to be written of others, by whom: who is invited becomes a member, and who forgot a password is given a way. */
const MEANT: { target: RegExp; relation: RegExp; columns?: RegExp }[] = [
  { target: /^agents\./, relation: /^(account_users|notification_settings)$/ },
  // It is written after the answer, which does not tell whether there is such a person.
  { target: /./, relation: /^users$/, columns: /^(reset_password_\w+|updated_at)$/ },
  { target: /\.reset_access_token$/, relation: /^access_tokens$/ },
]

/** Who may not touch what belongs to another contact. */
const OUTSIDE: readonly Caller[] = ['stranger', 'visitor', 'outsider']

export function faultsOf(shot: Shot, target: Target, outcome: Outcome, seen: Seen[], canaries: Canary[]): Fault[] {
  return [...ofAnswer(shot, target, outcome, canaries), ...seen.flatMap((one) => ofRow(shot, one))]
}

function ofAnswer(shot: Shot, target: Target, { status, text }: Outcome, canaries: Canary[]): Fault[] {
  const faults: Fault[] = []
  if (status === 0) faults.push({ kind: 'answer', key: 'none', what: `there was no answer: ${text}` })
  if (status >= 500 && !target.statuses.includes(status))
    faults.push({ kind: 'answer', key: String(status), what: `the answer was ${status} ${text.slice(0, 100)}` })
  for (const canary of canaries) {
    if (canary.shownTo.includes(shot.caller) || !text.includes(canary.text) || isSaid(shot, canary)) continue
    faults.push({
      kind: 'shown',
      key: canary.what,
      what: `the answer ${status} shows ${canary.what}: …${around(text, canary.text)}…`,
    })
  }
  return faults
}

/** What was sent may come back. */
function isSaid(shot: Shot, { text }: Canary): boolean {
  const { body } = written(shot)
  return shot.path.includes(text) || shot.query.join().includes(text) || (body?.includes(text) ?? false)
}

function around(text: string, word: string): string {
  const at = text.indexOf(word)
  return text.slice(Math.max(0, at - 60), at + word.length + 20)
}

function ofRow(shot: Shot, { why, what, relation, columns }: Seen): Fault[] {
  const isMeant = MEANT.some(
    (one) =>
      one.target.test(shot.target) &&
      one.relation.test(relation) &&
      columns.every((column) => one.columns?.test(column) ?? true),
  )
  if (isMeant) return []
  if (why === 'other contact' && !OUTSIDE.includes(shot.caller)) return []
  const kind = why === 'other contact' ? 'foreign' : why
  const of = {
    foreign: "somebody else's",
    'other contact': "another contact's",
    protected: 'a protected',
    undeclared: 'an undeclared',
    'inside out': 'a file as JSON in a',
  }[why]
  return [
    {
      kind,
      key: `${why} ${relation} ${what}`,
      what: `${of} row of ${relation} was written (${what}${columns.length ? ` of ${columns.join(', ')}` : ''})`,
    },
  ]
}
