/** Whether a text has more characters than that, counted as Ruby and PostgreSQL do: one outside the basic plane is one. */
export function isLonger(text: string, than: number): boolean {
  return text.length > than && [...text].length > than
}
