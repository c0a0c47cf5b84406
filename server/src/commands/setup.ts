import { ConfigError } from '../config.ts'
import { alone } from '../db/alone.ts'
import { inTransaction } from '../context/transaction.ts'
import { createAccount } from '../features/accounts/account.model.ts'
import { createPlatformApp, permit } from '../features/platform/permissible.model.ts'
import { addMember } from '../features/users/membership.model.ts'
import { createUser } from '../features/users/user.model.ts'
import { DATA_OPTION, JSON_OPTION, type Values, type Command } from './command.ts'
import { print, textOf, withSession, type CommandSession } from './session.ts'
import { makePassword } from './user.ts'

export const setup: Command = {
  name: 'setup',
  summary: 'Make the first account, its administrator and a platform app',
  description: 'Asks nothing: what is not given has a sensible value, and what was made is printed once.',
  options: [
    { flag: 'account', value: 'NAME', text: 'Name of the account (default "My company")' },
    { flag: 'name', value: 'NAME', text: 'Name of the administrator (default "Administrator")' },
    { flag: 'email', value: 'ADDRESS', text: 'Their e-mail (default admin@localhost)' },
    { flag: 'password', value: 'PASSWORD', text: 'Their password; one is made when absent' },
    DATA_OPTION,
    JSON_OPTION,
  ],
  run: ({ values }) => withSession(values, (session) => alone(session.database, () => setUp(session, values))),
}

async function setUp({ ctx }: CommandSession, values: Values): Promise<void> {
  const session = ctx()
  const known = await session.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()
  if (known)
    throw new ConfigError('This installation is set up already: use parley account create and parley user create.')
  const given = textOf(values, 'password')
  const password = given ?? makePassword()
  const { account, user, app } = await inTransaction(session, async () => {
    const made = await createAccount(session, { name: textOf(values, 'account') ?? 'My company' })
    const user = await createUser(session, {
      name: textOf(values, 'name') ?? 'Administrator',
      email: textOf(values, 'email') ?? 'admin@localhost',
      password,
      confirmed: true,
    })
    await addMember(session, { account_id: made.id, user_id: user.id, role: 'administrator' })
    await session.db.updateTable('users').set({ type: 'SuperAdmin' }).where('id', '=', user.id).execute()
    const platform = await createPlatformApp(session, 'Setup')
    await permit(session, platform.id, 'Account', made.id)
    await permit(session, platform.id, 'User', user.id)
    return { account: made, user, app: platform }
  })
  print(
    values,
    {
      account: { id: account.id, name: account.name },
      user: { id: user.id, email: user.email, access_token: user.access_token, ...(!given && { password }) },
      platform_app: app,
    },
    [
      `Account ${account.id}: ${account.name}`,
      `Administrator: ${user.email}${given ? '' : `, password ${password}`}`,
      `Access token: ${user.access_token}`,
      `Platform app token: ${app.access_token}`,
    ],
  )
}
