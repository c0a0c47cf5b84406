import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { OutsideError, RefusedError } from '../../http/errors.ts'
import { limitAddress } from '../auth/limits.ts'
import { createSession, findSessionOf } from '../auth/session.model.ts'
import { isPlainEmail } from '../../lib/email.ts'
import { localeName } from '../../lib/locales.ts'
import { iso } from '../../lib/times.ts'
import { currentAccount, loadProfile, presentPlatformUser } from '../profile/profile.presenter.ts'
import { addMember } from '../users/membership.model.ts'
import { findUserByEmail, insertUser, readyUser, type ReadyUser } from '../users/user.model.ts'
import { createAccount, loadAccounts } from './account.model.ts'

interface SignUp {
  account_name?: string | null
  email?: string | null
  user_full_name?: string | null
  password?: string | null
  locale?: string | null
}

const refuse = (message: string) => new RefusedError(403, { message })

/** Closed, it is as if there were no such route. Who is signed in gets one more account. */
export async function signUp(ctx: Context, body: SignUp) {
  if (!ctx.app.config.accountSignup) throw new OutsideError(404, 'Not Found', { json: true })
  await limitAddress(ctx, 'sign_up', 5, 30 * 60)
  if (!body.account_name && !body.user_full_name)
    throw refuse('Invalid, please check the signup paramters and try again')
  const session = await findSessionOf(ctx)
  const newcomer = session ? undefined : await readyNewcomer(ctx, body)
  const { accountId, userId } = await inTransaction(ctx, async () => {
    const { id: accountId } = await createAccount(ctx, { name: body.account_name ?? '', locale: body.locale ?? 'en' })
    const userId = newcomer ? (await insertUser(ctx, newcomer)).id : session!.userId
    await addMember(ctx, { account_id: accountId, user_id: userId, role: 'administrator' })
    return { accountId, userId }
  })
  const profile = (await loadProfile(ctx.db, userId))!
  const { authorization: _, ...headers } = await createSession(ctx, profile)
  Object.assign(ctx.answerHeaders, headers)
  const user = presentPlatformUser(ctx.app, profile)
  const locales = new Map(
    (
      await loadAccounts(
        ctx,
        user.accounts.map(({ id }) => id),
      )
    ).map(({ id, locale }) => [id, localeName(locale)]),
  )
  return {
    data: {
      id: user.id,
      provider: user.provider,
      uid: user.uid,
      name: user.name,
      display_name: user.display_name,
      email: user.email,
      account_id: accountId,
      created_at: iso(profile.created_at),
      pubsub_token: user.pubsub_token,
      role: user.role,
      inviter_id: currentAccount(profile)?.inviter_id ?? null,
      confirmed: user.confirmed,
      avatar_url: user.avatar_url,
      access_token: user.access_token,
      accounts: user.accounts.map((account) => ({ ...account, locale: locales.get(account.id) })),
    },
  }
}

async function readyNewcomer(
  ctx: Context,
  { email: sent, user_full_name: name, password }: SignUp,
): Promise<ReadyUser> {
  const email = sent?.trim().toLowerCase() ?? ''
  // Stricter than elsewhere: the domain needs a dot.
  if (!isPlainEmail(email) || !email.split('@')[1]!.includes('.')) throw refuse('You have entered an invalid email')
  if (await findUserByEmail(ctx, email)) throw refuse(`You have already signed up for an account with ${email}`)
  // Held to the rules twice, as Chatwoot repeats it for itself.
  return readyUser(ctx, { name: name ?? '', email, password: password ?? '', password_confirmation: password ?? null })
}
