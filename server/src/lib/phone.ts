/** Ends with a plus and 2 to 15 digits, the first of which is no zero. What stands before does not matter, as in Chatwoot. */
export function isE164End(text: string): boolean {
  return /\+[1-9]\d{1,14}$/.test(text.slice(-16))
}
