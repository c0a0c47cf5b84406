/**
 * Whether it is a name of the tz database. `Intl` knows them all, links too, but also offsets and any spelling:
 * names begin each of their parts with a capital.
 */
export function isTimezone(name: string | null): boolean {
  if (!name || !/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
