import { humanize, RecordInvalidError } from '../../http/errors.ts'
import { isLonger } from '../../lib/text.ts'

const MAX_TEXT = 1500
const MAX_NUMBER = 9_999_999_999

/** What a bag of attributes of a conversation may hold. */
export function checkAttributes(
  field: 'custom_attributes' | 'additional_attributes',
  bag: Record<string, unknown>,
): void {
  const problems: [string, string][] = []
  for (const [key, value] of Object.entries(bag)) {
    if (typeof value === 'string' && isLonger(value, MAX_TEXT)) {
      problems.push([field, `${humanize(field)} ${key} length should be < ${MAX_TEXT}`])
    } else if (typeof value === 'number' && Number.isInteger(value) && value > MAX_NUMBER) {
      problems.push([field, `${humanize(field)} ${key} value should be < ${MAX_NUMBER}`])
    }
  }
  if (problems.length) throw new RecordInvalidError(problems)
}
