import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { iso } from '../../lib/times.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import { botJson, userJson } from '../pictures/picture.sql.ts'
import { onlineMembers, takeTurn } from './auto-assignment.model.ts'
import { updateConversation } from './conversation.model.ts'
import type { ConversationRecord } from './conversation.record.ts'
import { presentAssigneeBot } from './conversation.presenter.ts'
import type { AgentPicture, AssigneeBotPicture } from '../pictures/picture.types.ts'
import { runPrepared } from '../../db/prepared.ts'

interface Assignment {
  assignee_id?: number | null
  assignee_type?: string | null
  team_id?: number | null
}

/** A person (unknown or none: nobody), a bot (unknown: nothing happens), or a team. An assignee goes before a team. */
export async function assign(ctx: AccountContext, conversation: ConversationRecord, wanted: Assignment) {
  if (wanted.assignee_type === 'AgentBot') return assignBot(ctx, conversation, wanted.assignee_id ?? null)
  if ('assignee_id' in wanted) return assignPerson(ctx, conversation, wanted.assignee_id ?? null)
  if ('team_id' in wanted) return assignTeam(ctx, conversation, wanted.team_id ?? null)
  return null
}

/** An agent of the account; somebody else's id unassigns, as an unknown one does. */
async function assignPerson(ctx: AccountContext, conversation: ConversationRecord, id: number | null) {
  const rows = await runPrepared(
    ctx.db,
    sql<{ agent: AgentPicture | null }>`
    select ${userJson(sql`au.user_id`, sql`au.account_id`)} as agent from account_users au
    where au.account_id = ${ctx.account.id} and au.user_id = ${id}`,
  )
  const agent = rows[0]?.agent ?? null
  await updateConversation(ctx, conversation, {
    assignee_id: agent?.id ?? null,
    ...(agent && { assignee_agent_bot_id: null }),
  })
  return agent && presentAgent(ctx.app, agent, ctx.account.id)
}

async function assignBot(ctx: AccountContext, conversation: ConversationRecord, id: number | null) {
  const rows = await runPrepared(
    ctx.db,
    sql<{ bot: AssigneeBotPicture }>`
    select ${botJson(sql`b.id`)} as bot from agent_bots b
    where b.id = ${id} and (b.account_id is null or b.account_id = ${ctx.account.id})`,
  )
  if (!rows[0]) return null
  await updateConversation(ctx, conversation, { assignee_agent_bot_id: rows[0].bot.id, assignee_id: null })
  return presentAssigneeBot(ctx.app, rows[0].bot)
}

async function assignTeam(ctx: AccountContext, conversation: ConversationRecord, id: number | null) {
  const rows = await runPrepared(
    ctx.db,
    sql<TeamRow>`
    select t.id, t.name, t.description, t.allow_auto_assign, t.account_id, t.created_at, t.updated_at,
      exists (select 1 from team_members tm where tm.team_id = t.id and tm.user_id = ${conversation.assignee_id}) as has_assignee
    from teams t where t.id = ${id} and t.account_id = ${ctx.account.id}`,
  )
  const row = rows[0]
  if (!row) {
    await updateConversation(ctx, conversation, { team_id: null })
    return null
  }
  const { has_assignee: hasAssignee, ...team } = row
  const next =
    conversation.team_id === team.id || hasAssignee ? conversation.assignee_id : await pickFrom(ctx, conversation, team)
  await updateConversation(ctx, conversation, {
    team_id: team.id,
    assignee_id: next,
    ...(next !== null && { assignee_agent_bot_id: null }),
  })
  return { ...team, created_at: iso(team.created_at), updated_at: iso(team.updated_at) }
}

interface TeamRow {
  id: number
  name: string
  description: string | null
  allow_auto_assign: boolean | null
  account_id: number
  created_at: Date
  updated_at: Date
  has_assignee: boolean
}

/** Who takes it in a team that assigns by itself; nobody when nobody is online. */
export async function pickFrom(
  ctx: Context,
  conversation: Pick<ConversationRecord, 'account_id' | 'inbox_id'>,
  team: { id: number; allow_auto_assign: boolean | null },
): Promise<number | null> {
  if (!team.allow_auto_assign) return null
  const members = await onlineMembers(ctx, conversation, team.id)
  return (await takeTurn(ctx, conversation.inbox_id, members)) ?? null
}
