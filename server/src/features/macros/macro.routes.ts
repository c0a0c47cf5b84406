import Type from 'typebox'
import { Choice, Empty, Nullable, operation } from '../../http/operation.ts'
import { actLater } from '../actions/run.model.ts'
import { Agent, Payload } from '../schemas.ts'
import { accessMacro, createMacro, destroyMacro, listMacros, updateMacro } from './macro.model.ts'
import { presentMacro, VISIBILITIES } from './macro.presenter.ts'

const closed = { additionalProperties: false } as const
const Value = Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'] })

const MacroFile = Type.Object(
  {
    id: Type.Integer(),
    macro_id: Type.Integer(),
    file_type: Nullable(Type.String()),
    account_id: Type.Integer(),
    file_url: Type.String(),
    blob_id: Type.Integer(),
    filename: Type.String(),
  },
  { title: 'MacroFile', ...closed },
)

const Macro = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    visibility: Nullable(Choice(VISIBILITIES)),
    created_by: Type.Optional(Agent),
    updated_by: Type.Optional(Agent),
    account_id: Type.Integer(),
    actions: Type.Array(Type.Object({ action_name: Type.String(), action_params: Type.Array(Value) }, closed)),
    files: Type.Optional(Type.Array(MacroFile)),
  },
  { title: 'Macro', ...closed },
)

const MacroBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    visibility: Nullable(Choice(VISIBILITIES)),
    actions: Nullable(
      Type.Array(
        Type.Partial(
          Type.Object({
            action_name: Nullable(
              Type.String({
                description:
                  '`add_label`, `remove_label`, `assign_team`, `remove_assigned_team`, `assign_agent`, `change_status`, `change_priority`, `resolve_conversation`, `snooze_conversation`, `mute_conversation`, `send_message`, `add_private_note`, `send_attachment`, `send_email_transcript`, `send_webhook_event`',
              }),
            ),
            action_params: Nullable(
              Type.Array(Type.Unsafe<unknown>({}), {
                description: 'What it is done with: titles of labels, an id, a text, the signed id of an upload',
              }),
            ),
          }),
        ),
        { description: 'What is done, in this order' },
      ),
    ),
  }),
)

const base = '/api/v1/accounts/:account_id/macros' as const
const One = Payload(Macro)
const errors = { 422: { error: { actions: ['Macro execution actions dance not supported.'] } } }

export const macroOperations = [
  operation({
    id: 'macros.index',
    route: `GET ${base}`,
    summary: 'List the macros for all, and those of the caller',
    access: 'agent',
    reply: Payload(Type.Array(Macro)),
    handle: async (ctx) => ({ payload: (await listMacros(ctx)).map((macro) => presentMacro(ctx.app, macro)) }),
  }),
  operation({
    id: 'macros.show',
    route: `GET ${base}/:id`,
    summary: 'Show a macro',
    description: 'One that is personal is shown to its author only.',
    access: 'agent',
    reply: One,
    handle: async (ctx, { params }) => ({ payload: presentMacro(ctx.app, await accessMacro(ctx, params.id, 'use')) }),
  }),
  operation({
    id: 'macros.create',
    route: `POST ${base}`,
    summary: 'Make a macro',
    description: 'A macro is some actions on a conversation under one name. What an agent makes is `personal`.',
    example: {
      name: 'Urgent',
      visibility: 'global',
      actions: [
        { action_name: 'add_label', action_params: ['vip'] },
        { action_name: 'change_priority', action_params: ['urgent'] },
      ],
    },
    needs: ['name', 'actions'],
    errors,
    access: 'agent',
    body: MacroBody,
    reply: One,
    handle: async (ctx, { body }) => ({ payload: presentMacro(ctx.app, await createMacro(ctx, body)) }),
  }),
  operation({
    id: 'macros.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a macro',
    description:
      'Its author may, and administrators where it is for all. Fields that are left out stay as they are; `actions` are replaced as a whole.',
    example: { name: 'Very urgent' },
    errors,
    access: 'agent',
    body: MacroBody,
    reply: One,
    handle: async (ctx, { params, body }) => {
      const macro = await accessMacro(ctx, params.id, 'change', { lock: true })
      return { payload: presentMacro(ctx.app, await updateMacro(ctx, macro, body)) }
    },
  }),
  operation({
    id: 'macros.execute',
    route: `POST ${base}/:id/execute`,
    summary: 'Carry out a macro on conversations',
    description:
      'Answers at once and works a little later, in the name of the caller. Conversations that they may not open, and what cannot be done to one, are passed over.',
    example: { conversation_ids: [1, 2] },
    access: 'agent',
    body: Type.Partial(
      Type.Object({ conversation_ids: Type.Array(Type.Integer(), { description: 'Display ids', 'x-lone': true }) }),
    ),
    reply: Empty,
    handle: async (ctx, { params, body }) => {
      const macro = await accessMacro(ctx, params.id, 'use')
      actLater(ctx, 'Conversation', body.conversation_ids ?? [], macro.actions)
    },
  }),
  operation({
    id: 'macros.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a macro',
    description: 'Its author may, and administrators where it is for all and its author is gone.',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) => destroyMacro(ctx, await accessMacro(ctx, params.id, 'remove', { lock: true })),
  }),
]
