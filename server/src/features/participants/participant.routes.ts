import Type from 'typebox'
import { Empty, Nullable, operation } from '../../http/operation.ts'
import { invalidField } from '../../http/errors.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import { accessConversation } from '../conversations/access.model.ts'
import { Agent } from '../schemas.ts'
import { listParticipants, removeParticipants, replaceParticipants, watchConversation } from './participant.model.ts'

const Body = Type.Object({ user_ids: Type.Optional(Nullable(Type.Array(Type.Integer()))) })

export const participantOperations = [
  operation({
    id: 'conversation_participants.show',
    route: 'GET /api/v1/accounts/:account_id/conversations/:conversation_id/participants',
    summary: 'List those who watch a conversation',
    access: 'agent',
    reply: Type.Array(Agent),
    handle: async (ctx, { params }) => {
      const conversation = await accessConversation(ctx, params.conversation_id)
      return (await listParticipants(ctx, conversation)).map((agent) => presentAgent(ctx.app, agent, ctx.account.id))
    },
  }),
  operation({
    id: 'conversation_participants.create',
    route: 'POST /api/v1/accounts/:account_id/conversations/:conversation_id/participants',
    summary: 'Let people watch a conversation',
    description: 'Answers those who did not watch it before.',
    example: { user_ids: [1, 2] },
    needs: ['user_ids'],
    access: 'agent',
    body: Body,
    reply: Type.Array(Agent),
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversation(ctx, params.conversation_id, { lock: true })
      const added = await watchConversation(ctx, conversation, idsOf(body))
      return added.map((agent) => presentAgent(ctx.app, agent, ctx.account.id))
    },
  }),
  operation({
    id: 'conversation_participants.update',
    route: 'PATCH /api/v1/accounts/:account_id/conversations/:conversation_id/participants',
    summary: 'Replace those who watch a conversation',
    description: 'Send the whole list.',
    example: { user_ids: [1] },
    needs: ['user_ids'],
    access: 'agent',
    body: Body,
    reply: Type.Array(Agent),
    handle: async (ctx, { params, body }) => {
      const conversation = await accessConversation(ctx, params.conversation_id, { lock: true })
      const agents = await replaceParticipants(ctx, conversation, idsOf(body))
      return agents.map((agent) => presentAgent(ctx.app, agent, ctx.account.id))
    },
  }),
  operation({
    id: 'conversation_participants.destroy',
    route: 'DELETE /api/v1/accounts/:account_id/conversations/:conversation_id/participants',
    summary: 'Let people watch a conversation no longer',
    example: { user_ids: [2] },
    needs: ['user_ids'],
    access: 'agent',
    body: Body,
    reply: Empty,
    handle: async (ctx, { params, body }) =>
      removeParticipants(ctx, await accessConversation(ctx, params.conversation_id, { lock: true }), idsOf(body)),
  }),
]

function idsOf({ user_ids: ids }: { user_ids?: (number | null)[] | null }): number[] {
  if (!ids) throw invalidField('user_ids', "can't be blank")
  return ids.filter((id) => id !== null)
}
