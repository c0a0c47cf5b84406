import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'
import { RefusedError } from '../../http/errors.ts'
import { verifyNothing, verifyPassword } from '../../lib/passwords.ts'
import { endSocketsOf } from '../realtime/sockets.ts'
import { deleteUser } from '../users/user.jobs.ts'
import { forgetTries, limitAddress, limitName } from './limits.ts'
import { redeemLoginToken } from './login-link.model.ts'

interface Credentials {
  email?: string | null
  password?: string | null
  sso_auth_token?: string | null
}

const MINUTE = 60

const refused = (error: string) => new RefusedError(401, { success: false, errors: [error] })
const BAD_CREDENTIALS = 'Invalid login credentials. Please try again.'

/** Who signs in. Guessing is slowed down, and an unknown e-mail takes as long as a known one. */
export async function signInWith(ctx: Context, credentials: Credentials): Promise<number> {
  const email = credentials.email?.trim().toLowerCase() ?? ''
  await limitAddress(ctx, 'sign_in', 5, 5 * MINUTE)
  await limitName(ctx, 'sign_in', email, 10, 15 * MINUTE)
  if (credentials.sso_auth_token) {
    const userId = await redeemLoginToken(ctx, email, credentials.sso_auth_token)
    if (!userId) throw refused(BAD_CREDENTIALS)
    await forgetTries(ctx, 'sign_in', email)
    return userId
  }
  const user = email ? await findLogin(ctx, email) : undefined
  if (user && !user.confirmed) throw refused(unconfirmed(email))
  const password = credentials.password ?? ''
  const isRight = user ? await verifyPassword(password, user.encrypted_password) : await verifyNothing(password)
  if (!user || !isRight) throw refused(BAD_CREDENTIALS)
  // A password alone must not open a login that asks for a second factor.
  if (user.otp_required_for_login) throw refused('This login asks for a second factor, which this server cannot check: use a login link.')
  await forgetTries(ctx, 'sign_in', email)
  return user.id
}

interface Login {
  id: number
  encrypted_password: string
  confirmed: boolean
  otp_required_for_login: boolean | null
}

async function findLogin(ctx: Context, email: string): Promise<Login | undefined> {
  const { rows } = await sql<Login>`
    select id, encrypted_password, confirmed_at is not null as confirmed, otp_required_for_login
    from users where email = ${email} limit 1`.execute(ctx.db)
  return rows[0]
}

const unconfirmed = (email: string) =>
  `A confirmation email was sent to your account at '${email}'. You must follow the instructions in the email before your account can be activated`

/** Confirms the address a mail went to; a changed one takes the place of the old. */
export async function confirm(ctx: Context, token: string | null | undefined): Promise<number> {
  const refuse = (message: string) => new RefusedError(422, { message, redirect_url: '/' })
  if (!token) throw refuse('Already confirmed')
  const { rows } = await sql<{ id: number; confirmed_at: Date | null; unconfirmed_email: string | null }>`
    select id, confirmed_at, unconfirmed_email from users where confirmation_token = ${token} limit 1`.execute(ctx.db)
  const [user] = rows
  if (!user) throw refuse('Invalid token')
  if (user.confirmed_at && !user.unconfirmed_email) throw refuse('Already confirmed')
  await sql`update users set confirmed_at = ${ctx.app.now()}, unconfirmed_email = null,
    email = coalesce(unconfirmed_email, email), uid = coalesce(unconfirmed_email, email) where id = ${user.id}`.execute(ctx.db)
  return user.id
}

export async function destroyOwnUser(ctx: Context, userId: number) {
  const { rows } = await sql<{ uid: string }>`select uid from users where id = ${userId}`.execute(ctx.db)
  await deleteUser(ctx, { user_id: userId })
  await endSocketsOf(ctx, userId)
  return { status: 'success', message: `Account with UID '${rows[0]!.uid}' has been destroyed.` }
}

