/** A column of a row that came through `to_jsonb` is text without a zone; it is UTC. */
export type Time = Date | string | null | undefined

/** Milliseconds are cut off, not rounded. */
export function iso(time: Date | string): string
export function iso(time: Time): string | null
export function iso(time: Time): string | null {
  if (time === null || time === undefined) return null
  return (typeof time === 'string' ? new Date(utc(time)) : time).toISOString()
}

/** Milliseconds since 1970; NaN for no time. */
export function milliseconds(time: Time): number {
  if (time === null || time === undefined) return NaN
  return typeof time === 'string' ? Date.parse(utc(time)) : time.getTime()
}

/** Whole seconds since 1970; 0 stands for "never". */
export function unix(time: Time): number {
  if (time === null || time === undefined) return 0
  return Math.floor(milliseconds(time) / 1000)
}

function utc(text: string): string {
  return /Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`
}

/** A time as a client writes it, by ISO 8601; null for what is none, or lies outside of the calendars of databases. */
export function readTime(text: string): Date | null {
  // A number alone would be a year.
  const time = new Date(/^\s*\d+\s*$/.test(text) ? NaN : text)
  const year = time.getUTCFullYear()
  return year >= 1 && year <= 9999 ? time : null
}
