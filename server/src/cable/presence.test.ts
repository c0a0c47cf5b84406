import { describe, expect, it } from 'vitest'
import { createPresence, type Stamp, type Subject } from './presence.ts'

const user = (id: number, accountId = 1): Subject => ({ kind: 'user', id, accountId })
const contact = (id: number, accountId = 1): Subject => ({ kind: 'contact', id, accountId })

describe('presence', () => {
  function setUp(share?: { stamp: (subject: Subject) => void; load: () => Promise<Stamp[]> }) {
    const clock = { now: 1_000_000_000 }
    return { clock, presence: createPresence({ share, now: () => clock.now }) }
  }

  it('lists who spoke up, by account and kind', () => {
    const { presence } = setUp()
    for (const subject of [user(7), user(3), contact(7), user(9, 2)]) presence.stamp(subject)
    expect(presence.present(1, 'user')).toEqual([3, 7])
    expect(presence.present(1, 'contact')).toEqual([7])
    expect(presence.present(2, 'contact')).toEqual([])
    expect(presence.isPresent(2, 'user', 9)).toBe(true)
    expect(presence.isPresent(1, 'user', 9)).toBe(false)
  })

  it('ends after twenty seconds that are not renewed', () => {
    const { clock, presence } = setUp()
    presence.stamp(user(1))
    presence.stamp(user(2))
    clock.now += 20_000
    presence.stamp(user(2))
    expect(presence.present(1, 'user')).toEqual([1, 2])
    clock.now += 1000
    expect(presence.present(1, 'user')).toEqual([2])
    expect(presence.isPresent(1, 'user', 1)).toBe(false)
  })

  it('counts whole seconds, so that a client a little late for its twenty seconds does not blink', () => {
    const { clock, presence } = setUp()
    presence.stamp(user(1))
    clock.now += 20_900
    expect(presence.isPresent(1, 'user', 1)).toBe(true)
  })

  it('tells other processes and takes over the newer of what they know', async () => {
    const told: Subject[] = []
    const stamps: Stamp[] = []
    const { clock, presence } = setUp({ stamp: (subject) => void told.push(subject), load: async () => stamps })
    presence.stamp(user(1))
    await Promise.resolve()
    expect(told).toEqual([user(1)])

    stamps.push({ ...user(1), at: clock.now - 15_000 }, { ...user(2), at: clock.now - 15_000 })
    await presence.refresh()
    expect(presence.present(1, 'user')).toEqual([1, 2])
    clock.now += 10_000
    expect(presence.present(1, 'user')).toEqual([1])
  })
})
