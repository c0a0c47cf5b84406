import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { idsOf } from '../conversations/conversation.model.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { seesInbox } from '../conversations/visibility.query.ts'
import { addParticipants } from '../participants/participant.model.ts'

/** The people and teams a note names; a lot of them is as good as a few. */
const NAMED = /\(mention:\/\/(user|team)\/(\d{1,9})\/[^()\s]/g
const MOST = 500

interface Named {
  userIds: number[]
  teamIds: number[]
}

/** `[@Ada](mention://user/12/Ada)` */
export function namedIn(content: string | null): Named {
  const named: Named = { userIds: [], teamIds: [] }
  let count = 0
  for (const [, kind, id] of content?.matchAll(NAMED) ?? []) {
    if (++count > MOST) break
    named[kind === 'user' ? 'userIds' : 'teamIds'].push(Number(id))
  }
  return named
}

/**
 * Those named in a private note, and the members of teams named there, who can see the inbox and did not write it. They
 * find the conversation among their mentions and watch it from now on. Returns them.
 */
export async function mentionPeople(
  ctx: Context,
  conversation: ConversationRecord,
  note: { content: string | null; authorId: number | null },
): Promise<number[]> {
  const { userIds, teamIds } = namedIn(note.content)
  if (!userIds.length && !teamIds.length) return []
  const rows = await runPrepared(
    ctx.db,
    sql<{ user_id: number }>`
    insert into mentions (user_id, conversation_id, account_id, mentioned_at, created_at, updated_at)
    select au.user_id, ${conversation.id}, au.account_id, now, now, now
    from account_users au, (select clock_timestamp()::timestamp as now) clock
    where au.account_id = ${conversation.account_id} and au.user_id is distinct from ${note.authorId}::integer
      and (au.user_id = any(${userIds}::integer[]) or exists (select 1 from team_members tm join teams t on t.id = tm.team_id
        where tm.user_id = au.user_id and t.id = any(${teamIds}::integer[]) and t.account_id = au.account_id))
      and ${seesInbox(conversation.inbox_id)}
    order by au.user_id
    on conflict (user_id, conversation_id) do update set mentioned_at = excluded.mentioned_at, updated_at = excluded.updated_at
    returning user_id`,
  )
  const mentioned = rows.map((row) => row.user_id)
  if (!mentioned.length) return []
  for (const userId of mentioned) ctx.emit('conversation.mentioned', { ...idsOf(conversation), user_id: userId })
  await addParticipants(ctx, conversation, mentioned)
  return mentioned
}
