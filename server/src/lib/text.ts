/** Counted in characters, as Ruby and PostgreSQL count them: an emoji is one, though it has a length of two. */
export function isLonger(text: string | null | undefined, most: number): boolean {
  if (text === null || text === undefined || text.length <= most) return false
  return text.length > most * 2 || [...text].length > most
}

/** One pass for each character: a function called for every one of them would take ten times as long. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
