import { ConfigError } from '../config.ts'
import { inTransaction } from '../context/transaction.ts'
import { addMember } from '../features/users/membership.model.ts'
import { createUser } from '../features/users/user.model.ts'
import { base58Token } from '../lib/tokens.ts'
import { DATA_OPTION, JSON_OPTION, type Command } from './command.ts'
import { numberOf, print, textOf, withSession } from './session.ts'

/** Meets every rule of passwords. */
export const makePassword = () => `${base58Token(16)}-aA1!`

export const userCreate: Command = {
  name: 'user create',
  summary: 'Create a person who can sign in',
  options: [
    { flag: 'name', value: 'NAME', text: 'Their name (required)' },
    { flag: 'email', value: 'ADDRESS', text: 'Their e-mail (required)' },
    { flag: 'password', value: 'PASSWORD', text: 'Their password; one is made when absent' },
    { flag: 'account', value: 'ID', text: 'An account to make them a member of' },
    { flag: 'role', value: 'ROLE', text: 'agent (default) or administrator' },
    DATA_OPTION,
    JSON_OPTION,
  ],
  run: async ({ values }) => {
    const [name, email, account] = [textOf(values, 'name'), textOf(values, 'email'), numberOf(values, 'account')]
    const role = textOf(values, 'role') ?? 'agent'
    if (!name || !email) throw new ConfigError('Give --name and --email.')
    if (role !== 'agent' && role !== 'administrator') throw new ConfigError('--role must be agent or administrator.')
    await withSession(values, async ({ ctx }) => {
      const given = textOf(values, 'password')
      const password = given ?? makePassword()
      const session = ctx()
      if (account) {
        const known = await session.db.selectFrom('accounts').select('id').where('id', '=', account).executeTakeFirst()
        if (!known) throw new ConfigError(`There is no account ${account}.`)
      }
      const user = await inTransaction(session, async () => {
        const made = await createUser(session, { name, email, password, confirmed: true })
        if (account) await addMember(session, { account_id: account, user_id: made.id, role })
        return made
      })
      const shown = {
        id: user.id,
        name: user.name,
        email: user.email,
        access_token: user.access_token,
        ...(!given && { password }),
      }
      print(values, shown, [
        `User ${user.id}: ${user.name} <${user.email}>`,
        ...(given ? [] : [`Password: ${password}`]),
        `Access token: ${user.access_token}`,
      ])
    })
  },
}
