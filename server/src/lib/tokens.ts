import { createHash, randomBytes, randomInt } from 'node:crypto'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** As Rails' `has_secure_token`: 24 characters that cannot be confused. */
export function base58Token(length = 24): string {
  return Array.from({ length }, () => BASE58[randomInt(BASE58.length)]).join('')
}

export function hexToken(bytes = 32): string {
  return randomBytes(bytes).toString('hex')
}

/** 22 url-safe characters, as devise makes for sessions. */
export function urlSafeToken(): string {
  return randomBytes(16).toString('base64url')
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
