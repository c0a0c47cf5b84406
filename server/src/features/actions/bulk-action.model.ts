import type { MemberContext } from '../../context/context.ts'
import { NotAuthorizedError, RefusedError } from '../../http/errors.ts'
import type { Action, ActionSubject } from '../../vocabulary/jobs.ts'
import type { ConversationStatus } from '../conversations/conversation.presenter.ts'
import { readAction } from './action.model.ts'
import { actLater } from './run.model.ts'

interface BulkAction {
  type?: string
  ids?: (number | null)[]
  fields?: { status?: ConversationStatus | null; assignee_id?: number | null; team_id?: number | null }
  labels?: { add?: (string | null)[]; remove?: (string | null)[] }
  snoozed_until?: string | null
  action_name?: 'delete' | null
}

/** Checked now and done later: what is wrong with it is told to whoever asks, and the answer does not wait for the rest. */
export function askForBulkAction(ctx: MemberContext, body: BulkAction): void {
  const subject = subjectOf(body.type ?? '')
  const isDeletion = subject === 'Contact' && body.action_name === 'delete'
  if (isDeletion && !ctx.isAdministrator) throw new NotAuthorizedError()
  const actions = isDeletion
    ? [action('delete')]
    : [...labelActions(body), ...(subject === 'Conversation' ? fieldActions(body) : [])]
  for (const one of actions) readAction[subject](one)
  actLater(ctx, subject, body.ids ?? [], actions)
}

function subjectOf(type: string): ActionSubject {
  if (/^[Cc]onversation$/.test(type)) return 'Conversation'
  if (/^[Cc]ontact$/.test(type)) return 'Contact'
  throw new RefusedError(422, { success: false })
}

function labelActions({ labels }: BulkAction): Action[] {
  return [
    ...(labels?.remove?.length ? [action('remove_label', ...labels.remove.filter(Boolean))] : []),
    ...(labels?.add?.length ? [action('add_label', ...labels.add.filter(Boolean))] : []),
  ]
}

function fieldActions({ fields, snoozed_until: until }: BulkAction): Action[] {
  if (!fields) return []
  const { status } = fields
  return [
    ...(status ? [status === 'snoozed' ? action('snooze_conversation', until) : action('change_status', status)] : []),
    ...('assignee_id' in fields ? [action('set_assignee', fields.assignee_id)] : []),
    ...('team_id' in fields ? [action('assign_team', fields.team_id)] : []),
  ]
}

function action(name: string, ...params: unknown[]): Action {
  return { action_name: name, action_params: params }
}
