import { sql, type Kysely } from 'kysely'
import { prepared, type Slots } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import type { AccountContext, MemberContext } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import { TEAM_COLUMNS, type TeamRecord } from './team.presenter.ts'

export interface TeamFields {
  name?: string | null
  description?: string | null
  allow_auto_assign?: boolean | null
}

export function listTeams(ctx: MemberContext): Promise<TeamRecord[]> {
  return teamsOf(ctx.db, { account_id: ctx.account.id, user_id: ctx.user.id })
}

export async function accessTeam(ctx: MemberContext, id: number): Promise<TeamRecord> {
  const [team] = await teamById(ctx.db, { account_id: ctx.account.id, user_id: ctx.user.id, id })
  if (!team) throw new NotFoundError()
  return team
}

interface Asking {
  account_id: number
  user_id: number
}

const teamsOf = prepared((asked: Slots<Asking>, db) => selectTeams(db, asked))
const teamById = prepared((asked: Slots<Asking & { id: number }>, db) =>
  selectTeams(db, asked).where('t.id', '=', asked.id),
)

function selectTeams(db: Kysely<DB>, asked: Slots<Asking>) {
  const isMember = sql<boolean>`exists (select 1 from team_members tm where tm.team_id = t.id and tm.user_id = ${asked.user_id})`
  return db
    .selectFrom('teams as t')
    .select(TEAM_COLUMNS)
    .select(isMember.as('is_member'))
    .where('t.account_id', '=', asked.account_id)
    .orderBy('t.id')
}

export async function createTeam(ctx: MemberContext, fields: TeamFields): Promise<TeamRecord> {
  const team = settle({ name: null, description: null, allow_auto_assign: true, ...fields })
  const now = ctx.app.now()
  const { id } = await refuseTaken(
    ctx.db
      .insertInto('teams')
      .values({ ...team, name: team.name!, account_id: ctx.account.id, created_at: now, updated_at: now })
      .returning('id')
      .executeTakeFirstOrThrow(),
  )
  await invalidateCache(ctx, 'team', ctx.account.id)
  return accessTeam(ctx, id)
}

export async function updateTeam(ctx: MemberContext, team: TeamRecord, fields: TeamFields): Promise<TeamRecord> {
  const { name, description, allow_auto_assign } = settle({ ...team, ...fields })
  await refuseTaken(
    ctx.db
      .updateTable('teams')
      .set({ name: name!, description, allow_auto_assign, updated_at: ctx.app.now() })
      .where('id', '=', team.id)
      .execute(),
  )
  await invalidateCache(ctx, 'team', ctx.account.id)
  return accessTeam(ctx, team.id)
}

/** Its conversations belong to no team then, and nobody is told of each. */
export async function destroyTeam(ctx: AccountContext, team: TeamRecord): Promise<void> {
  await ctx.db
    .updateTable('conversations')
    .set({ team_id: null })
    .where('account_id', '=', team.account_id)
    .where('team_id', '=', team.id)
    .execute()
  await ctx.db.deleteFrom('team_members').where('team_id', '=', team.id).execute()
  await ctx.db.deleteFrom('teams').where('id', '=', team.id).execute()
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
