import type { Node, Shot } from './generate.ts'

const TRIES = 24

/** Leaves out of a request what it does the same without. */
export async function shrink(shot: Shot, repeats: (smaller: Shot) => Promise<boolean>): Promise<Shot> {
  let [smallest, tries] = [shot, TRIES]
  for (let isSmaller = true; isSmaller && tries > 0;) {
    isSmaller = false
    for (const smaller of smallerThan(smallest)) {
      if (tries-- <= 0) break
      if (!(await repeats(smaller))) continue
      smallest = smaller
      isSmaller = true
      break
    }
  }
  return smallest
}

/** Nothing but who asks for what. */
export const bare = (shot: Shot): Shot => ({ ...shot, body: {}, query: [], files: [], headers: {}, raw: undefined })

/** The same without one of its pieces, the largest first. */
export function* smallerThan(shot: Shot): Generator<Shot> {
  const body = shot.body as { [key: string]: Node }
  const keys = Object.keys(body)
  if (shot.raw) return
  if (keys.length > 4) {
    for (const half of [keys.slice(keys.length / 2), keys.slice(0, keys.length / 2)])
      yield { ...shot, body: Object.fromEntries(half.map((key) => [key, body[key]!])) }
  }
  if (Object.keys(shot.headers).length) yield { ...shot, headers: {} }
  if (shot.files.length) yield { ...shot, files: [] }
  if (!shot.files.length && shot.encoding !== 'json') yield { ...shot, encoding: 'json' }
  for (const at of shot.query.keys()) yield { ...shot, query: shot.query.toSpliced(at, 1) }
  for (const key of keys)
    yield { ...shot, body: Object.fromEntries(Object.entries(body).filter(([name]) => name !== key)) }
}
