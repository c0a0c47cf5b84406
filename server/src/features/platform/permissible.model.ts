import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { MissingGrantError, NotAuthorizedError, NotFoundError } from '../../http/errors.ts'
import { base58Token } from '../../lib/tokens.ts'

export type PermissibleType = 'Account' | 'User' | 'AgentBot'

const TABLES = { Account: 'accounts', User: 'users', AgentBot: 'agent_bots' } as const

export function callingApp(ctx: Context): { id: number } {
  if (ctx.caller.kind !== 'platform_app') throw new NotAuthorizedError('Invalid access_token')
  return ctx.caller.app
}

/**
 * The door of the Platform API: an app reaches what it made or was granted. Of what a path names it is told first that it does
 * not exist, as in Chatwoot; of what a body names it is not: nobody shall find out by counting who there is.
 */
export async function accessPermissible(
  ctx: Context,
  type: PermissibleType,
  id: number,
  { inBody = false }: { inBody?: boolean } = {},
): Promise<number> {
  const app = callingApp(ctx)
  const rows = await runPrepared(
    ctx.db,
    sql<{ permitted: boolean }>`
    select exists (select 1 from platform_app_permissibles p where p.platform_app_id = ${app.id}
      and p.permissible_type = ${type} and p.permissible_id = t.id) as permitted
    from ${sql.table(TABLES[type])} t where t.id = ${id}`,
  )
  if (!rows[0] && !inBody) throw new NotFoundError()
  if (!rows[0]?.permitted) throw new MissingGrantError(`${type} ${id} for platform app ${app.id}`)
  return id
}

/** Gives an app the right to an object; once is enough. */
export async function permit(ctx: Context, appId: number, type: PermissibleType, id: number): Promise<void> {
  const now = ctx.app.now()
  await runPrepared(
    ctx.db,
    ctx.db
      .insertInto('platform_app_permissibles')
      .values({ platform_app_id: appId, permissible_type: type, permissible_id: id, created_at: now, updated_at: now })
      .onConflict((conflict) =>
        conflict.columns(['platform_app_id', 'permissible_id', 'permissible_type']).doNothing(),
      ),
  )
}

/** What an app may touch and still exists, in the order in which the rights were given. */
export async function permittedIds(ctx: Context, type: PermissibleType): Promise<number[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ id: number }>`
    select t.id from platform_app_permissibles p join ${sql.table(TABLES[type])} t on t.id = p.permissible_id
    where p.platform_app_id = ${callingApp(ctx).id} and p.permissible_type = ${type} order by p.id`,
  )
  return rows.map((row) => row.id)
}

/** A new platform app and its token. */
export async function createPlatformApp(
  ctx: Context,
  name: string,
): Promise<{ id: number; name: string; access_token: string }> {
  const now = ctx.app.now()
  const rows = await runPrepared(
    ctx.db,
    sql<{ id: number; name: string; access_token: string }>`
    with app as (insert into platform_apps (name, created_at, updated_at) values (${name}, ${now}, ${now}) returning id, name),
    token as (insert into access_tokens (owner_type, owner_id, token, created_at, updated_at)
      select 'PlatformApp', app.id, ${base58Token()}, ${now}, ${now} from app returning token)
    select app.id, app.name, token.token as access_token from app, token`,
  )
  return rows[0]!
}
