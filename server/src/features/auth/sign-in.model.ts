import { sql } from 'kysely'
import { columns, type Row } from '../../db/columns.ts'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { NotFoundError, RefusedError } from '../../http/errors.ts'
import { verifyNothing, verifyPassword } from '../../lib/passwords.ts'
import { deleteUser } from '../users/delete.model.ts'
import { checkChanges } from '../users/user.model.ts'
import { limitAddress, limitGuesses } from './limits.ts'
import { redeemLoginToken } from './login-link.model.ts'

interface Credentials {
  email?: string | null
  password?: string | null
  sso_auth_token?: string | null
  mfa_token?: string | null
}

const MINUTE = 60
const PASSWORDS = { what: 'sign_in', limit: 10, seconds: 15 * MINUTE }

const refused = (error: string) => new RefusedError(401, { success: false, errors: [error] })
const BAD_CREDENTIALS = 'Invalid login credentials. Please try again.'

/** Who signs in. */
export async function signInWith(ctx: Context, credentials: Credentials): Promise<number> {
  const email = credentials.email?.trim().toLowerCase() ?? ''
  if (credentials.mfa_token) {
    await limitAddress(ctx, 'mfa', 10, MINUTE)
    // No such token was ever given out.
    throw new RefusedError(401, { error: 'Invalid or expired MFA token' })
  }
  await limitAddress(ctx, 'sign_in', 5, 5 * MINUTE)
  if (credentials.sso_auth_token) return signInByLink(ctx, email, credentials.sso_auth_token)
  const password = credentials.password ?? ''
  if (!email) throw refused(BAD_CREDENTIALS)
  return limitGuesses(ctx, email, PASSWORDS, () => signInByPassword(ctx, email, password))
}

async function signInByLink(ctx: Context, email: string, token: string): Promise<number> {
  const user = email ? await findLogin(ctx, email) : undefined
  if (user && !user.confirmed_at) throw refused(unconfirmed(email))
  const userId = await redeemLoginToken(ctx, email, token)
  if (!userId) throw refused(BAD_CREDENTIALS)
  return userId
}

/** An unknown e-mail takes as long as a known one. */
async function signInByPassword(ctx: Context, email: string, password: string): Promise<number> {
  const user = await findLogin(ctx, email)
  if (user && !user.confirmed_at) throw refused(unconfirmed(email))
  const isRight = user ? await verifyPassword(password, user.encrypted_password) : await verifyNothing(password)
  if (!user || !isRight) throw refused(BAD_CREDENTIALS)
  // A password alone must not open a login that asks for a second factor.
  if (user.otp_required_for_login) throw refused(SECOND_FACTOR)
  return user.id
}

export const SECOND_FACTOR = 'This login asks for a second factor, which this server cannot check: use a login link.'

const LOGIN_COLUMNS = columns('users', 'id', 'encrypted_password', 'confirmed_at', 'otp_required_for_login')

async function findLogin(ctx: Context, email: string): Promise<Row<typeof LOGIN_COLUMNS> | undefined> {
  const [user] = await runPrepared(
    ctx.db,
    ctx.db.selectFrom('users').select(LOGIN_COLUMNS).where('email', '=', email).limit(1),
  )
  return user
}

const unconfirmed = (email: string) =>
  `A confirmation email was sent to your account at '${email}'. You must follow the instructions in the email before your account can be activated`

/** Confirms the address a mail went to; a changed one takes the place of the old. */
export async function confirm(ctx: Context, token: string | null | undefined): Promise<number> {
  const refuse = (message: string) => new RefusedError(422, { message, redirect_url: '/' })
  if (!token) throw refuse('Already confirmed')
  const [user] = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('users')
      .select(['id', 'confirmed_at', 'unconfirmed_email', 'email'])
      .where('confirmation_token', '=', token)
      .limit(1)
      .forUpdate(),
  )
  if (!user) throw refuse('Invalid token')
  if (user.confirmed_at && !user.unconfirmed_email) throw refuse('Already confirmed')
  const email = user.unconfirmed_email ?? user.email!
  const now = ctx.app.now()
  await checkChanges(ctx, user.id, { email })
  await runPrepared(
    ctx.db,
    ctx.db
      .updateTable('users')
      .set({
        confirmed_at: now,
        unconfirmed_email: null,
        email,
        uid: email,
        reset_password_token: null,
        updated_at: now,
      })
      .where('id', '=', user.id),
  )
  return user.id
}

/** Who alone administers an account that others work in must hand it over first. */
export async function destroyOwnUser(ctx: Context, userId: number) {
  // Two who leave at once must see each other.
  await runPrepared(
    ctx.db,
    sql`select 1 from account_users where role = 1 and account_id in
    (select account_id from account_users where user_id = ${userId} and role = 1) order by id for update`,
  )
  const rows = await runPrepared(
    ctx.db,
    sql<{ uid: string; alone: boolean }>`
    select u.uid, exists (select 1 from account_users mine where mine.user_id = u.id and mine.role = 1
        and exists (select 1 from account_users o where o.account_id = mine.account_id and o.user_id <> u.id)
        and not exists (select 1 from account_users o where o.account_id = mine.account_id and o.user_id <> u.id and o.role = 1)
      ) as alone
    from users u where u.id = ${userId}`,
  )
  const [user] = rows
  if (!user) throw new NotFoundError()
  const { uid, alone } = user
  if (alone) throw new RefusedError(422, { success: false, errors: [LAST_ADMINISTRATOR], status: 'error' })
  await deleteUser(ctx, { user_id: userId })
  await ctx.app.sockets.endOf(ctx, userId)
  return { status: 'success', message: `Account with UID '${uid}' has been destroyed.` }
}

const LAST_ADMINISTRATOR = 'You are the last administrator of an account: make somebody else one first.'
