import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { invalidField } from '../../http/errors.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { seesInbox } from '../conversations/visibility.query.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { userJson } from '../pictures/picture.sql.ts'
import { runPrepared } from '../../db/prepared.ts'

/** Those of these people who may see the inbox now watch the conversation. */
export async function addParticipants(
  ctx: Context,
  conversation: ConversationRecord,
  userIds: number[],
): Promise<void> {
  await runPrepared(
    ctx.db,
    sql`
    insert into conversation_participants (account_id, user_id, conversation_id, created_at, updated_at)
    select ${conversation.account_id}, u.id, ${conversation.id}, clock_timestamp(), clock_timestamp()
    from unnest(${userIds}::integer[]) with ordinality as u(id, place)
    join account_users au on au.user_id = u.id and au.account_id = ${conversation.account_id}
    where ${seesInbox(conversation.inbox_id)} order by u.place
    on conflict (user_id, conversation_id) do nothing`,
  )
}

export async function listParticipants(ctx: Context, conversation: ConversationRecord): Promise<AgentPicture[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ agent: AgentPicture }>`
    select ${userJson(sql`p.user_id`, sql`p.account_id`)} as agent from conversation_participants p
    where p.conversation_id = ${conversation.id} and exists (select 1 from users u where u.id = p.user_id) order by p.id`,
  )
  return rows.map((row) => row.agent)
}

/** Answers those who did not watch before, in the order asked for; who may not see the inbox is shown, but does not watch. */
export async function watchConversation(
  ctx: AccountContext,
  conversation: ConversationRecord,
  userIds: number[],
): Promise<AgentPicture[]> {
  const added = [...new Set(userIds)].filter((id) => !conversation.participant_ids.includes(id))
  const agents = await membersByIds(ctx, added)
  await addParticipants(ctx, conversation, added)
  return agents
}

/** These and nobody else. */
export async function replaceParticipants(
  ctx: AccountContext,
  conversation: ConversationRecord,
  userIds: number[],
): Promise<AgentPicture[]> {
  await watchConversation(ctx, conversation, userIds)
  await runPrepared(
    ctx.db,
    ctx.db
      .deleteFrom('conversation_participants')
      .where('conversation_id', '=', conversation.id)
      .where('user_id', '<>', sql<number>`all(${userIds}::integer[])`),
  )
  return listParticipants(ctx, conversation)
}

export async function removeParticipants(
  ctx: Context,
  conversation: ConversationRecord,
  userIds: number[],
): Promise<void> {
  await runPrepared(
    ctx.db,
    ctx.db
      .deleteFrom('conversation_participants')
      .where('conversation_id', '=', conversation.id)
      .where('user_id', '=', sql<number>`any(${userIds}::integer[])`),
  )
}

/** People of the account. A number that is nobody's here is refused by name. */
async function membersByIds(ctx: AccountContext, userIds: number[]): Promise<AgentPicture[]> {
  if (!userIds.length) return []
  const rows = await runPrepared(
    ctx.db,
    sql<{ agent: AgentPicture }>`
    select ${userJson(sql`au.user_id`, sql`au.account_id`)} as agent
    from unnest(${userIds}::integer[]) with ordinality as u(id, place)
    join account_users au on au.user_id = u.id and au.account_id = ${ctx.account.id} order by u.place`,
  )
  if (rows.length < userIds.length) throw invalidField('user_ids', 'must be agents of the account')
  return rows.map((row) => row.agent)
}
