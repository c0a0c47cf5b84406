import { sql } from 'kysely'
import { ConfigError } from '../config.ts'
import { inTransaction } from '../context/transaction.ts'
import { createPlatformApp, permit, type PermissibleType } from '../features/platform/permissible.model.ts'
import { DATA_OPTION, JSON_OPTION, type Command } from './command.ts'
import { numberOf, print, readId, withSession } from './session.ts'

export const platformAppCreate: Command = {
  name: 'platform-app create',
  usage: 'NAME',
  summary: 'Create a platform app and show its token',
  description:
    'With the token a program provisions accounts and users through /platform/api/v1. It reaches what it made, or was granted.',
  options: [DATA_OPTION, JSON_OPTION],
  run: async ({ values, positionals: [name] }) => {
    if (!name?.trim()) throw new ConfigError('Name the app: parley platform-app create NAME')
    await withSession(values, async ({ ctx }) => {
      const session = ctx()
      const app = await inTransaction(session, () => createPlatformApp(session, name))
      print(values, app, [`Platform app ${app.id}: ${app.name}`, `Access token: ${app.access_token}`])
    })
  },
}

const KINDS: [flag: string, type: PermissibleType, table: string][] = [
  ['account', 'Account', 'accounts'],
  ['user', 'User', 'users'],
  ['agent-bot', 'AgentBot', 'agent_bots'],
]

export const platformAppGrant: Command = {
  name: 'platform-app grant',
  usage: 'APP_ID',
  summary: 'Let a platform app reach an account, a user or a bot it did not make',
  options: [
    { flag: 'account', value: 'ID', text: 'An account' },
    { flag: 'user', value: 'ID', text: 'A user' },
    { flag: 'agent-bot', value: 'ID', text: 'An agent bot' },
    DATA_OPTION,
    JSON_OPTION,
  ],
  run: async ({ values, positionals: [id] }) => {
    const appId = readId(id ?? '')
    const wanted = KINDS.flatMap(([flag, type, table]) => {
      const number = numberOf(values, flag)
      return number ? [{ type, table, id: number }] : []
    })
    if (appId === null || !wanted.length) {
      throw new ConfigError(
        'Give the id of the app and what it may reach: parley platform-app grant APP_ID --account ID',
      )
    }
    await withSession(values, async ({ ctx }) => {
      const session = ctx()
      await inTransaction(session, async () => {
        const exists = async (table: string, one: number) =>
          (await sql`select 1 from ${sql.table(table)} where id = ${one}`.execute(session.db)).rows.length > 0
        if (!(await exists('platform_apps', appId))) throw new ConfigError(`There is no platform app ${appId}.`)
        for (const grant of wanted) {
          if (!(await exists(grant.table, grant.id))) throw new ConfigError(`There is no ${grant.type} ${grant.id}.`)
          await permit(session, appId, grant.type, grant.id)
        }
      })
      const grants = wanted.map(({ type, id: one }) => ({ type, id: one }))
      print(
        values,
        { platform_app_id: appId, grants },
        grants.map(({ type, id: one }) => `Platform app ${appId} may reach ${type} ${one}.`),
      )
    })
  },
}

export const platformAppList: Command = {
  name: 'platform-app list',
  summary: 'List the platform apps and how much each may reach',
  options: [DATA_OPTION, JSON_OPTION],
  run: ({ values }) =>
    withSession(values, async ({ database }) => {
      const { rows } = await sql<{ id: number; name: string; grants: number }>`
        select a.id, a.name, (select count(*)::integer from platform_app_permissibles p where p.platform_app_id = a.id) as grants
        from platform_apps a order by a.id`.execute(database.kysely)
      const lines = rows.map(({ id, name, grants }) => `${String(id).padStart(5)}  ${name}  (${grants} grants)`)
      print(
        values,
        { platform_apps: rows },
        lines.length ? lines : ['There is none yet: parley platform-app create NAME'],
      )
    }),
}
