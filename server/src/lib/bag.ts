/** What an object of any keys may come to: in bytes of JSON, and in keys at every depth. A hundred times what people store. */
const MOST_BYTES = 64 * 1024
const MOST_KEYS = 1000

export const TOO_LARGE = `is too large (maximum is ${MOST_BYTES / 1024} kB and ${MOST_KEYS} keys)`

/** Of what strangers add: the other half is left to those whose it is. */
export function isHalfFull(value: unknown): boolean {
  const { bytes, keys } = sizeOf(value)
  return bytes > MOST_BYTES / 2 || keys > MOST_KEYS / 2
}

/** Of objects and lists; files in them are counted elsewhere. */
export function isTooLarge(value: unknown): boolean {
  const { bytes, keys } = sizeOf(value)
  return bytes > MOST_BYTES || keys > MOST_KEYS
}

/** As JSON would be, but for what it escapes. */
export function sizeOf(value: unknown, size = { bytes: 0, keys: 0 }): { bytes: number; keys: number } {
  if (typeof value === 'string') size.bytes += Buffer.byteLength(value) + 2
  else if (typeof value !== 'object' || value === null) size.bytes += String(value).length
  else if (Array.isArray(value)) {
    size.bytes += 2
    for (const item of value) {
      size.bytes++
      sizeOf(item, size)
    }
  } else if (!Buffer.isBuffer(value)) {
    size.bytes += 2
    for (const [key, item] of Object.entries(value)) {
      size.bytes += Buffer.byteLength(key) + 4
      size.keys++
      sizeOf(item, size)
    }
  }
  return size
}
