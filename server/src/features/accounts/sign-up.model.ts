import { inTransaction } from '../../db/transaction.ts'
import type { Context } from '../../http/context.ts'
import { RefusedError } from '../../http/errors.ts'
import { limitAddress } from '../auth/limits.ts'
import { createSession } from '../auth/session.model.ts'
import { isEmail } from '../../lib/email.ts'
import { iso } from '../../lib/times.ts'
import { loadProfile } from '../profile/profile.presenter.ts'
import { addMember } from '../users/membership.model.ts'
import { findUserByEmail, insertUser, readyUser } from '../users/user.model.ts'
import { createAccount, LOCALES } from './account.model.ts'

interface SignUp {
  account_name?: string | null
  email?: string | null
  user_full_name?: string | null
  password?: string | null
}

/** Closed, it is as if there were no such route. */
export async function signUp(ctx: Context, body: SignUp) {
  if (!ctx.app.config.accountSignup) throw new RefusedError(404, { status: 404, error: 'Not Found' })
  await limitAddress(ctx, 'sign_up', 5, 30 * 60)
  const refuse = (message: string) => new RefusedError(403, { message })
  const name = body.account_name || body.user_full_name
  if (!name) throw refuse('Invalid, please check the signup paramters and try again')
  const email = body.email?.trim().toLowerCase() ?? ''
  if (!isEmail(email)) throw refuse('You have entered an invalid email')
  if (await findUserByEmail(ctx, email)) throw refuse(`You have already signed up for an account with ${email}`)
  const ready = await readyUser(ctx, { name: body.user_full_name || email.split('@')[0]!, email, password: body.password ?? '' })
  const { account, user } = await inTransaction(ctx, async () => {
    const account = await createAccount(ctx, { name })
    const user = await insertUser(ctx, ready)
    await addMember(ctx, { account_id: account.id, user_id: user.id, role: 'administrator' })
    return { account, user }
  })
  const { authorization: _, ...headers } = await createSession(ctx, user)
  Object.assign(ctx.answerHeaders, headers)
  const profile = (await loadProfile(ctx.db, user.id))!
  return {
    data: {
      id: user.id,
      provider: user.provider,
      uid: user.uid,
      name: user.name,
      display_name: user.display_name,
      email: user.email,
      account_id: account.id,
      created_at: iso(profile.created_at),
      pubsub_token: user.pubsub_token,
      role: 'administrator',
      inviter_id: null,
      confirmed: false,
      avatar_url: '',
      access_token: user.access_token,
      accounts: [{ id: account.id, name: account.name, active_at: null, role: 'administrator', locale: LOCALES[account.locale ?? 0] }],
    },
  }
}
