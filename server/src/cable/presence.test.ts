import { describe, expect, it } from 'vitest'
import type { Stamp, Subject } from '../vocabulary/presence.ts'
import { createPresence } from './presence.ts'

const user = (id: number, accountId = 1): Subject => ({ kind: 'user', id, accountId })
const contact = (id: number, accountId = 1): Subject => ({ kind: 'contact', id, accountId })

describe('presence', () => {
  function setUp(onStamp?: (stamp: Stamp) => void) {
    const clock = { now: 1_000_000_000 }
    return { clock, presence: createPresence({ onStamp, now: () => clock.now }) }
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

  it('tells other processes and takes over the newer of what they know', () => {
    const told: Stamp[] = []
    const { clock, presence } = setUp((stamp) => told.push(stamp))
    presence.stamp(user(1))
    const at = clock.now / 1000
    expect(told).toEqual([{ ...user(1), at }])

    presence.learn([user(1), user(2)].map((subject) => ({ ...subject, at: at - 15 })))
    presence.learn([{ ...contact(3), at: at + 3600 }])
    expect(presence.stamps()).toEqual([
      { ...user(1), at },
      { ...user(2), at: at - 15 },
      { ...contact(3), at },
    ])
    clock.now += 10_000
    expect(presence.present(1, 'user')).toEqual([1])
    clock.now += 11_000
    expect(presence.stamps()).toEqual([])
  })
})
