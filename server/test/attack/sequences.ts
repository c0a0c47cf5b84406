import type { Json } from '../contract/support.ts'
import { plainShot, referringPlaces, referTo, Verbatim, type Ground, type Shot } from './generate.ts'
import { isBag, type Place, type Target } from './operations.ts'
import type { Outcome } from './send.ts'
import type { Caller } from './world.ts'

/** Sends, judges what came of it, and hands back the answer. */
export type Play = (shot: Shot) => Promise<Outcome>

/**
 * Names a record of somebody else where an operation lets one be named, and then does with what was answered all that can be done with
 * it: reads it, changes it, and at last removes it.
 */
export async function takeHold(
  play: Play,
  targets: Target[],
  target: Target,
  place: Place,
  caller: Caller,
  ground: Ground,
): Promise<void> {
  const start = await freshVisitor(play, targets, target, caller, ground)
  const claim = referTo(
    start(plainShot(target, caller, 'own', ground)),
    target,
    place,
    ground.references(caller, 'foreign'),
  )
  const outcome = await play(claim)
  if (outcome.status < 200 || outcome.status >= 300) return
  const held = handlesIn(outcome.text)
  const next = targets.filter((one) => one !== target && one.path.startsWith(target.path))
  for (const one of [...next].sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))) {
    const shot = start(plainShot(one, caller, 'own', ground))
    const rest = one.path.slice(target.path.length).split('/')
    const at = rest.findIndex((segment) => segment.startsWith('{'))
    if (at >= 0) {
      const handle = rest[at] === '{source_id}' ? held.source_id : held.id
      if (handle === undefined) continue
      const segments = shot.path.split('/')
      segments[target.path.split('/').length + at - 1] = String(handle)
      shot.path = segments.join('/')
    }
    await play(shot)
  }
}

/** Whom a visitor's claim may change: a contact made for it. */
async function freshVisitor(
  play: Play,
  targets: Target[],
  target: Target,
  caller: Caller,
  ground: Ground,
): Promise<(shot: Shot) => Shot> {
  if (!target.path.includes('{source_id}')) return (shot) => shot
  const create = targets.find((one) => one.method === 'POST' && target.path.startsWith(`${one.path}/{source_id}`))
  if (!create) return (shot) => shot
  const made = await play({ ...plainShot(create, caller, 'own', ground), body: { name: 'Eve' } })
  const [own, source] = [ground.references(caller, 'own').source_id, handlesIn(made.text).source_id]
  return (shot) => ({ ...shot, path: shot.path.replace(String(own), String(source)) })
}

function handlesIn(text: string): { id?: unknown; source_id?: unknown } {
  let answer: Json
  try {
    answer = JSON.parse(text)
  } catch {
    return {}
  }
  const one = Array.isArray(answer) ? answer[0] : (answer?.payload?.contact ?? answer?.payload ?? answer)
  return { id: one?.id, source_id: one?.source_id }
}

/** Which operation lets whom name whose record. */
export function claims(targets: Target[]): { target: Target; place: Place }[] {
  return targets
    .filter((one) => one.method !== 'GET')
    .flatMap((target) => referringPlaces(target).map((place) => ({ target, place })))
}

const ROUNDS = 6
const ROUND = 200_000

/** Puts more and more under new keys into one bag, and says how much of it comes back: all of it, where nothing ends that. */
export async function grow(
  play: Play,
  target: Target,
  place: Place,
  caller: Caller,
  ground: Ground,
): Promise<{ sent: number; answered: number; last: Shot }> {
  let [sent, answered] = [0, 0]
  let last: Shot
  for (let round = 0; round < ROUNDS; round++) {
    last = plainShot(target, caller, 'own', ground)
    last.body = bodyWith(place, new Verbatim(() => `{"grown${round}":"${'x'.repeat(ROUND)}"}`))
    const { status, text } = await play(last)
    if (status >= 400 || status === 0) break
    sent += ROUND
    answered = text.length
  }
  return { sent, answered, last: last! }
}

function bodyWith({ path }: Place, value: Verbatim): Shot['body'] {
  return path.reduceRight<Shot['body']>(
    (inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }),
    value,
  )
}

/** The bags that a change adds to. */
export function bags(targets: Target[]): { target: Target; place: Place }[] {
  return targets
    .filter((one) => one.method === 'PATCH' || (one.method === 'POST' && one.path.includes('{')))
    .flatMap((target) => target.places.filter(isBag).map((place) => ({ target, place })))
}
