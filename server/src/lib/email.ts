/** As browsers hold a field for an e-mail address to be one. */
export function isPlainEmail(text: string): boolean {
  return text.length <= 2000 && PLAIN.test(text)
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const PLAIN = new RegExp(`^[a-z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`, 'i')

/** Something, an at sign, something: without spaces. */
export function isEmail(text: string): boolean {
  const at = text.indexOf('@')
  return text.length <= 2000 && at > 0 && at === text.lastIndexOf('@') && at < text.length - 1 && !/\s/.test(text)
}
