/** One day of an inbox's week, as the row holds it. */
export interface WorkingHour {
  day_of_week: number
  closed_all_day: boolean | null
  open_all_day: boolean | null
  open_hour: number | null
  open_minutes: number | null
  close_hour: number | null
  close_minutes: number | null
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Whether an office that keeps these hours is open at a moment. Both ends count as open; a day without hours is closed. */
export function isOpen(hours: WorkingHour[], timezone: string | null, at: Date): boolean {
  const { weekday, second } = localTime(timezone, at)
  const today = hours.find((hour) => hour.day_of_week === weekday)
  if (!today || today.closed_all_day) return false
  if (today.open_all_day) return true
  const opens = secondOf(today.open_hour, today.open_minutes)
  const closes = secondOf(today.close_hour, today.close_minutes)
  return second >= opens && second <= closes
}

function secondOf(hour: number | null, minutes: number | null): number {
  return ((hour ?? 0) * 60 + (minutes ?? 0)) * 60
}

/** The day of the week and the second of that day where the clock shows this timezone. */
function localTime(timezone: string | null, at: Date): { weekday: number; second: number } {
  const parts = Object.fromEntries(
    clockOf(timezone ?? 'UTC')
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const second = (Number(parts.hour) * 60 + Number(parts.minute)) * 60 + Number(parts.second)
  return { weekday: WEEKDAYS.indexOf(parts.weekday!), second: second + at.getUTCMilliseconds() / 1000 }
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Making one is slow, so they are kept; there are a few hundred zones. An unknown zone reads as UTC. */
function clockOf(timezone: string): Intl.DateTimeFormat {
  const known = clocks.get(timezone)
  if (known) return known
  const options = { weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  try {
    const clock = new Intl.DateTimeFormat('en-US', { ...options, timeZone: timezone })
    clocks.set(timezone, clock)
    return clock
  } catch {
    return timezone === 'UTC' ? new Intl.DateTimeFormat('en-US', options) : clockOf('UTC')
  }
}
