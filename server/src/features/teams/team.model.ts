import { sql, type RawBuilder } from 'kysely'
import type { AccountContext, MemberContext, UserContext } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import type { TeamRecord } from './team.presenter.ts'

export interface TeamFields {
  name?: string | null
  description?: string | null
  allow_auto_assign?: boolean | null
}

export function listTeams(ctx: MemberContext): Promise<TeamRecord[]> {
  return selectTeams(ctx, sql`t.account_id = ${ctx.account.id}`)
}

export async function accessTeam(ctx: MemberContext, id: number): Promise<TeamRecord> {
  const [team] = await selectTeams(ctx, sql`t.account_id = ${ctx.account.id} and t.id = ${id}`)
  if (!team) throw new NotFoundError()
  return team
}

async function selectTeams(ctx: UserContext, where: RawBuilder<unknown>): Promise<TeamRecord[]> {
  const { rows } = await sql<TeamRecord>`
    select t.id, t.name, t.description, t.allow_auto_assign, t.account_id,
      exists (select 1 from team_members tm where tm.team_id = t.id and tm.user_id = ${ctx.user.id}) as is_member
    from teams t where ${where} order by t.id`.execute(ctx.db)
  return rows
}

export async function createTeam(ctx: MemberContext, fields: TeamFields): Promise<TeamRecord> {
  const team = settle({ name: null, description: null, allow_auto_assign: true, ...fields })
  const { rows } = await refuseTaken(
    sql<{ id: number }>`
      insert into teams (name, description, allow_auto_assign, account_id, created_at, updated_at)
      values (${team.name}, ${team.description}, ${team.allow_auto_assign}, ${ctx.account.id}, ${ctx.app.now()}, ${ctx.app.now()})
      returning id`.execute(ctx.db),
  )
  await invalidateCache(ctx, 'team', ctx.account.id)
  return accessTeam(ctx, rows[0]!.id)
}

export async function updateTeam(ctx: MemberContext, team: TeamRecord, fields: TeamFields): Promise<TeamRecord> {
  const next = settle({ ...team, ...fields })
  await refuseTaken(
    sql`update teams set name = ${next.name}, description = ${next.description}, allow_auto_assign = ${next.allow_auto_assign},
      updated_at = ${ctx.app.now()} where id = ${team.id}`.execute(ctx.db),
  )
  await invalidateCache(ctx, 'team', ctx.account.id)
  return accessTeam(ctx, team.id)
}

/** Its conversations belong to no team then, and nobody is told of each. */
export async function destroyTeam(ctx: AccountContext, team: TeamRecord): Promise<void> {
  await sql`update conversations set team_id = null where account_id = ${team.account_id} and team_id = ${team.id}`.execute(
    ctx.db,
  )
  await sql`delete from team_members where team_id = ${team.id}`.execute(ctx.db)
  await sql`delete from teams where id = ${team.id}`.execute(ctx.db)
  await invalidateCache(ctx, 'team', ctx.account.id)
}

const MAX_LENGTHS = { name: 255, description: 20_000 }

function settle<Team extends Required<TeamFields>>(team: Team): Team {
  const name = team.name?.toLowerCase() ?? null
  const problems = lengthProblems({ ...team, name }, MAX_LENGTHS)
  if (!name?.trim()) problems.push(['name', 'Name must not be blank'])
  if (problems.length) throw new RecordInvalidError(problems)
  return { ...team, name }
}

/** The index decides, so that of two at the same time one is refused. */
async function refuseTaken<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if ((error as { code?: string }).code !== '23505') throw error
    throw new RecordInvalidError([['name', 'Name has already been taken']])
  }
}
