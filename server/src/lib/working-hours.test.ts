import { describe, expect, it } from 'vitest'
import { isOpen, type WorkingHour } from './working-hours.ts'

const day = (day_of_week: number, more: Partial<WorkingHour> = {}): WorkingHour => ({
  day_of_week,
  closed_all_day: false,
  open_all_day: false,
  open_hour: 9,
  open_minutes: 0,
  close_hour: 17,
  close_minutes: 30,
  ...more,
})

describe('working hours', () => {
  // 2026-11-24 is a Tuesday.
  const at = (time: string) => new Date(`2026-11-24T${time}Z`)

  it('are open from the first minute to the last', () => {
    const hours = [day(2)]
    expect(['08:59:59', '09:00:00', '17:30:00', '17:30:01'].map((time) => isOpen(hours, 'UTC', at(time)))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('follow the clock of the inbox, across midnight too', () => {
    const hours = [day(1, { closed_all_day: true }), day(2, { open_all_day: true }), day(3, { closed_all_day: true })]
    expect(isOpen(hours, 'America/Los_Angeles', at('03:00:00'))).toBe(false)
    expect(isOpen(hours, 'Asia/Tokyo', at('03:00:00'))).toBe(true)
    expect(isOpen(hours, 'Asia/Tokyo', at('16:00:00'))).toBe(false)
    expect(isOpen(hours, 'Not/AZone', at('12:00:00'))).toBe(true)
  })

  it('are closed on a day that has none', () => {
    expect(isOpen([day(3)], 'UTC', at('12:00:00'))).toBe(false)
  })
})
