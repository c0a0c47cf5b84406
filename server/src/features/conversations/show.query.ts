import type { Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { presentConversation } from './conversation.presenter.ts'
import { findConversation } from './conversation.query.ts'

/** The picture of a conversation that was entered by its door. */
export async function showConversation(ctx: Context, { id }: { id: number }) {
  const conversation = await findConversation(ctx.db, id)
  if (!conversation) throw new NotFoundError()
  return presentConversation(ctx.app, conversation, ctx.caller.kind === 'user' ? ctx.caller.user : null)
}
