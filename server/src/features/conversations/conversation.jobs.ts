import { sql } from 'kysely'
import type { EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import { isFirstTime } from '../../jobs/once.ts'
import { writeActivity } from '../messages/activity.model.ts'
import { activityLines } from './activities.model.ts'
import { loadConversation } from './access.model.ts'
import { deleteConversations } from './delete.model.ts'

/** The lines a change leaves in the conversation. */
export async function writeActivities(ctx: Context, data: EventData<'conversation.updated'>): Promise<void> {
  const conversation = await loadConversation(ctx, data.conversation_id, { lock: true })
  if (!conversation || !(await isFirstTime(ctx, 'activities', [conversation.id, data.changes]))) return
  for (const line of await activityLines(ctx, conversation, data)) await writeActivity(ctx, conversation, line)
}

/** A line whose words are known already. */
export async function writeActivityJob(
  ctx: Context,
  { conversation_id: id, content }: { conversation_id: number; content: string },
): Promise<void> {
  const conversation = await loadConversation(ctx, id, { lock: true })
  if (conversation) await writeActivity(ctx, conversation, content)
}

export async function deleteConversationRecords(
  ctx: Context,
  { account_id: accountId, conversation_id: id }: { account_id: number; conversation_id: number },
): Promise<void> {
  await deleteConversations(ctx, sql`c.id = ${id} and c.account_id = ${accountId}`)
}
