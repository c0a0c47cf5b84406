/** Counted in characters, as Ruby and PostgreSQL count them: an emoji is one. */
export function isLonger(text: string | null | undefined, most: number): boolean {
  return text !== null && text !== undefined && text.length > most && [...text].length > most
}
