import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { MissingParamError, NotAuthorizedError } from '../../http/errors.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { userJson } from '../pictures/picture.sql.ts'
import type { TeamRecord } from './team.presenter.ts'
import { runPrepared } from '../../db/prepared.ts'

type UserIds = number[] | null | undefined

/** In the order in which they joined. */
export async function listTeamMembers(ctx: AccountContext, team: TeamRecord, only?: number[]): Promise<AgentPicture[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ agent: AgentPicture }>`
    select ${userJson(sql`tm.user_id`, sql`${ctx.account.id}::integer`)} as agent
    from team_members tm join users on users.id = tm.user_id where tm.team_id = ${team.id}
      ${only ? sql`and tm.user_id = any(${only}::integer[])` : sql``} order by tm.id`,
  )
  return rows.map((row) => row.agent)
}

/** Only those who were no members yet are answered. */
export async function addTeamMembers(ctx: AccountContext, team: TeamRecord, userIds: UserIds): Promise<AgentPicture[]> {
  const added = await join(ctx, team, await wanted(ctx, userIds))
  await invalidateCache(ctx, 'team', ctx.account.id)
  return listTeamMembers(ctx, team, added)
}

/** Exactly these, afterwards. */
export async function replaceTeamMembers(
  ctx: AccountContext,
  team: TeamRecord,
  userIds: UserIds,
): Promise<AgentPicture[]> {
  const ids = await wanted(ctx, userIds)
  await join(ctx, team, ids)
  await runPrepared(
    ctx.db,
    ctx.db
      .deleteFrom('team_members')
      .where('team_id', '=', team.id)
      .where('user_id', '<>', sql<number>`all(${ids}::integer[])`),
  )
  await invalidateCache(ctx, 'team', ctx.account.id)
  return listTeamMembers(ctx, team)
}

export async function removeTeamMembers(ctx: AccountContext, team: TeamRecord, userIds: UserIds): Promise<void> {
  const ids = await wanted(ctx, userIds)
  await runPrepared(
    ctx.db,
    ctx.db
      .deleteFrom('team_members')
      .where('team_id', '=', team.id)
      .where('user_id', '=', sql<number>`any(${ids}::integer[])`),
  )
  await invalidateCache(ctx, 'team', ctx.account.id)
}

/** What is no id is nobody's. */
const NOBODY = 0

/** People of the account only. */
async function wanted(ctx: AccountContext, userIds: UserIds): Promise<number[]> {
  if (!userIds) throw new MissingParamError('user_ids')
  const ids = [...new Set(userIds.map((id) => id ?? NOBODY))]
  const rows = await runPrepared(
    ctx.db,
    ctx.db
      .selectFrom('account_users')
      .select(({ fn }) => fn.countAll<number>().as('known'))
      .where('account_id', '=', ctx.account.id)
      .where('user_id', '=', sql<number>`any(${ids}::integer[])`),
  )
  if (rows[0]!.known < ids.length) throw new NotAuthorizedError('Invalid User IDs')
  return ids
}

async function join(ctx: Context, team: TeamRecord, userIds: number[]): Promise<number[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ user_id: number }>`
    insert into team_members (team_id, user_id, created_at, updated_at)
    select ${team.id}, id, ${ctx.app.now()}, ${ctx.app.now()} from unnest(${userIds}::integer[]) with ordinality u(id, place)
    order by place on conflict (team_id, user_id) do nothing returning user_id`,
  )
  return rows.map((row) => row.user_id)
}
