/** Something, an at sign, something: without spaces. */
export function isEmail(text: string): boolean {
  const at = text.indexOf('@')
  return text.length <= 2000 && at > 0 && at === text.lastIndexOf('@') && at < text.length - 1 && !/\s/.test(text)
}
