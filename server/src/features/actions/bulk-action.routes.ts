import Type from 'typebox'
import { Choice, Empty, Nullable, operation } from '../../http/operation.ts'
import { CONVERSATION_STATUSES } from '../conversations/conversation.presenter.ts'
import { askForBulkAction } from './bulk-action.model.ts'

const Titles = Type.Array(Type.String())

export const bulkActionOperations = [
  operation({
    id: 'bulk_actions.create',
    route: 'POST /api/v1/accounts/:account_id/bulk_actions',
    summary: 'Do the same to many conversations or contacts',
    description:
      'Answers at once and works a little later, in the order asked for. What the caller may not open, or what does not exist, is passed over. Only administrators delete contacts.',
    example: {
      type: 'Conversation',
      ids: [1, 2],
      fields: { status: 'snoozed', assignee_id: 1, team_id: 1 },
      snoozed_until: '1798794000',
      labels: { add: ['billing'], remove: ['late'] },
    },
    needs: ['type'],
    errors: { 422: { success: false } },
    access: 'agent',
    body: Type.Partial(
      Type.Object({
        type: Type.String({ description: '`Conversation` or `Contact`' }),
        ids: Type.Array(Type.Integer(), { description: 'Display ids of conversations, or ids of contacts' }),
        fields: Type.Partial(
          Type.Object({
            status: Nullable(Choice(CONVERSATION_STATUSES)),
            assignee_id: Nullable(Type.Integer()),
            team_id: Nullable(Type.Integer({ description: '0 for no team' })),
          }),
          { description: 'New values for conversations' },
        ),
        labels: Type.Partial(Type.Object({ add: Titles, remove: Titles }), { description: 'What comes and what goes' }),
        snoozed_until: Nullable(Type.String({ description: 'Unix seconds, with the status `snoozed`' })),
        action_name: Nullable(Choice(['delete'])),
      }),
    ),
    reply: Empty,
    handle: (ctx, { body }) => askForBulkAction(ctx, body),
  }),
]
