const LETTER = '(?:%[\\da-f]{2}|[\\w!$&-.;=~])'
const MARK = '(?:%[\\da-f]{2}|[\\w!$&-.;=~:@])'
const PLACE = `(?:(?:${LETTER}|:)*@)?(?:\\[[\\da-f:.]+\\]|${LETTER}*)(?::\\d*)?(?:/${MARK}*)*`
const QUERY = '(?:(?!%[^\\da-f]{2})[\\0-"$-\\x7f])*'
/** As Ruby reads one: ASCII, and in the query nearly anything. A browser would mend what this refuses. */
const WEB_ADDRESS = new RegExp(
  `^https?:(?://${PLACE}|/?(?:${MARK}+(?:/${MARK}*)*)?)(?:\\?${QUERY})?(?:#(?:${MARK}|[/?])*)?$`,
  'i',
)

export function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && WEB_ADDRESS.test(value)
}

/** Of a link as people write it, perhaps without `https://`: a browser would follow it to nothing but the web. */
export function hasSafeScheme(link: string): boolean {
  // Browsers pass over these, wherever they stand.
  const [, scheme] = /^([a-z][a-z\d+.-]*):(?!\d+(\/|$))/i.exec(link.replace(/[\0-\x20]/g, '')) ?? []
  return scheme === undefined || /^https?$/i.test(scheme)
}
