import { hash, verify } from '@node-rs/bcrypt'

/** Devise's: rounds, as powers of two. */
const COST = { password: 11, token: 10 }
/** Far more than the rules allow. */
const MAX_LENGTH = 1024

/** `$2a$`, as devise keeps them; off the event loop. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, { cost: COST.password, version: '2a' })
}

export function hashToken(token: string): Promise<string> {
  return hash(token, { cost: COST.token, version: '2a' })
}

/** For tests, which make hundreds of people. */
export function hashCheaply(): void {
  COST.password = 4
}

export async function verifyPassword(password: string, digest: string | null): Promise<boolean> {
  if (!digest || password.length > MAX_LENGTH) return verifyNothing(password)
  try {
    return await verify(password, digest)
  } catch {
    return false
  }
}

let nobody: Promise<string> | undefined

/** As long as for somebody: who waits learns nothing. Always false. */
export async function verifyNothing(password: string): Promise<false> {
  await verify(password.slice(0, MAX_LENGTH), await (nobody ??= hashPassword('nobody')))
  return false
}

const SPECIAL = ` !@#$%^&*()_+-=[]{}|"/\\.,\`<>:;?~'`

/** Of a new password and of its repetition, where one was sent; the field beside each. */
export function newPasswordProblems(
  password: string | null | undefined,
  confirmation: string | null | undefined,
): [string, string][] {
  const problems = passwordProblems(password).map((text): [string, string] => ['password', text])
  if (confirmation === undefined || confirmation === null) return problems
  if (confirmation !== password)
    problems.push(['password_confirmation', "Password confirmation doesn't match Password"])
  return [
    ...problems,
    ...passwordProblems(confirmation, 'Password confirmation').map((text): [string, string] => [
      'password_confirmation',
      text,
    ]),
  ]
}

/** Every rule a password breaks, in Chatwoot's words and order; none when it will do. */
export function passwordProblems(password: string | null | undefined, label = 'Password'): string[] {
  const text = password ?? ''
  const problems: string[] = []
  if (text.length < 6) problems.push(`${label} must contain at least 6 characters`)
  if (text.length > 128) problems.push(`${label} must contain less than 128 characters`)
  if (!/[A-Z]/.test(text)) problems.push(`${label} must contain at least 1 uppercase character  (A..Z)`)
  if (!/[a-z]/.test(text)) problems.push(`${label} must contain at least 1 lowercase character  (a..z)`)
  if (!/[0-9]/.test(text)) problems.push(`${label} must contain at least 1 number character  (0..9)`)
  if (![...text].some((char) => SPECIAL.includes(char))) {
    problems.push(`${label} must contain at least 1 special character  (${SPECIAL})`)
  }
  const invalid = [...new Set([...text].filter((char) => !/[A-Za-z0-9]/.test(char) && !SPECIAL.includes(char)))]
  if (invalid.length)
    problems.push(
      `${label} contains ${invalid.length} invalid character${invalid.length > 1 ? 's' : ''} (${invalid.join('')})`,
    )
  return problems
}
