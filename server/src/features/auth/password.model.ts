import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { RecordInvalidError, RefusedError } from '../../http/errors.ts'
import { hashPassword, newPasswordProblems } from '../../lib/passwords.ts'
import { base58Token, urlSafeToken } from '../../lib/tokens.ts'
import { limitAddress, limitName } from './limits.ts'
import { endAllSessions, endOtherSessions } from './session.model.ts'

const HOUR = 3600

/** What is kept of a token that goes out by mail. */
const kept = (ctx: Context, token: string) =>
  createHmac('sha256', ctx.app.config.secretKeyBase).update(`reset_password_token ${token}`).digest('hex')

/** The answer is the same for known and unknown addresses, and takes as long: who it is is looked up afterwards. */
export async function askForPassword(ctx: Context, address: string | null | undefined): Promise<void> {
  const email = address?.trim().toLowerCase() ?? ''
  await limitAddress(ctx, 'password', 5, 30 * 60)
  await limitName(ctx, 'password', email, 5, HOUR)
  if (email && email.length <= 255) await inTransaction(ctx, () => ctx.later('users.forgot_password', { email }))
}

export async function sendPasswordToken(ctx: Context, { email }: { email: string }): Promise<void> {
  const { numUpdatedRows } = await ctx.db
    .updateTable('users')
    .set({ reset_password_token: kept(ctx, urlSafeToken()), reset_password_sent_at: ctx.app.now() })
    .where('email', '=', email)
    .executeTakeFirst()
  // There is no mail yet. The token must not be in a log, so it cannot be used.
  if (numUpdatedRows) ctx.app.log.warn('a mail to set a new password was asked for, but no mail is set up')
}

interface Reset {
  reset_password_token?: string | null
  password?: string | null
  password_confirmation?: string | null
}

export async function resetPassword(ctx: Context, body: Reset): Promise<number> {
  const user = await ctx.db
    .selectFrom('users')
    .select('id')
    .where('reset_password_token', '=', kept(ctx, body.reset_password_token ?? ''))
    .where('reset_password_sent_at', '>', sql<Date>`now() - interval '6 hours'`)
    .limit(1)
    .executeTakeFirst()
  if (!user) throw new RefusedError(422, { message: 'Invalid token', redirect_url: '/' })
  checkNewPassword(body.password, body.password_confirmation)
  const digest = await hashPassword(body.password!)
  await inTransaction(ctx, () => setPassword(ctx, user.id, digest, { byMail: true }))
  return user.id
}

/**
 * Whoever is signed in elsewhere is so no longer, sockets included; the API token stays. `byMail`: the mail confirms the
 * address, and no session goes on, since nobody has shown that the newest is theirs. Otherwise returns the one that does.
 */
export async function setPassword(
  ctx: Context,
  userId: number,
  digest: string,
  { byMail = false } = {},
): Promise<string | undefined> {
  const now = ctx.app.now()
  await ctx.db
    .updateTable('users')
    .set({
      encrypted_password: digest,
      pubsub_token: base58Token(),
      reset_password_token: null,
      updated_at: now,
      ...(byMail && { confirmed_at: sql<Date>`coalesce(confirmed_at, ${now})` }),
    })
    .where('id', '=', userId)
    .execute()
  await ctx.app.sockets.endOf(ctx, userId)
  if (!byMail) return endOtherSessions(ctx, userId)
  await endAllSessions(ctx, userId)
  return undefined
}

export function checkNewPassword(password: string | null | undefined, confirmation: string | null | undefined): void {
  const problems = newPasswordProblems(password, confirmation)
  if (problems.length) throw new RecordInvalidError(problems)
}
