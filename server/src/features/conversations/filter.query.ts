import { sql } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { filterCondition } from '../filters/filter.query.ts'
import type { Rule } from '../filters/filter.schema.ts'
import { presentConversation } from './conversation.presenter.ts'
import { readPageOf } from './list.query.ts'
import { isListed } from './visibility.query.ts'

/** Of whatever status, unless the rules name one; always the newest activity first. */
export async function filterConversations(
  ctx: MemberContext,
  rules: Rule[] | null | undefined,
  page: string | null | undefined,
) {
  const asked = await filterCondition(ctx, 'conversation', rules)
  const where = sql`c.account_id = ${ctx.account.id} and ${isListed(ctx)} and ${asked}`
  const { counts, conversations } = await readPageOf(ctx, where, { page: page ?? null })
  const { assigned_count: _, ...meta } = counts
  return { meta, payload: conversations.map((one) => presentConversation(ctx.app, one, ctx.user)) }
}
