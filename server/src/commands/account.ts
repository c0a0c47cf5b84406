import { ConfigError } from '../config.ts'
import { inTransaction } from '../context/transaction.ts'
import { createAccount } from '../features/accounts/account.model.ts'
import { DATA_OPTION, JSON_OPTION, type Command } from './command.ts'
import { print, withSession } from './session.ts'

export const accountCreate: Command = {
  name: 'account create',
  usage: 'NAME',
  summary: 'Create an account',
  options: [DATA_OPTION, JSON_OPTION],
  run: async ({ values, positionals: [name] }) => {
    if (!name?.trim()) throw new ConfigError('Name the account: parley account create NAME')
    await withSession(values, async ({ ctx }) => {
      const session = ctx()
      const account = await inTransaction(session, () => createAccount(session, { name }))
      print(values, { id: account.id, name: account.name }, [`Account ${account.id}: ${account.name}`])
    })
  },
}
