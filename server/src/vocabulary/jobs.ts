import type { EventData } from './events.ts'

/** What is done to a record, as Chatwoot keeps it in macros and automation rules. */
export interface Action {
  action_name: string
  action_params: readonly unknown[]
}

export type ActionSubject = 'Conversation' | 'Contact'

/** All jobs by name, with what each is told: ids, because a job may run late, and twice. Those of the clock are told nothing. */
export interface JobMap {
  'accounts.destroy': { account_id: number }
  'users.destroy': { user_id: number }
  'users.forgot_password': { email: string }
  'account_users.forget': { account_id: number; user_id: number; remove_orphan?: boolean }
  /** `run` tells one from another with the same words. */
  'actions.carry_out': {
    run: string
    account_id: number
    user_id: number
    subject: ActionSubject
    ids: number[]
    actions: Action[]
  }
  /** The picture of a moment, which no id brings back. */
  'actions.tell_hook': { url: string; body: string }
  'avatars.fetch': { record_type: 'User' | 'AgentBot' | 'Inbox'; record_id: number; url: string }
  'contacts.destroy': { account_id: number; contact_id: number }
  /** `unless_there` leaves a picture that is there. */
  'contacts.fetch_avatar': { contact_id: number; url: string; unless_there?: boolean }
  'conversations.auto_resolve': { account_id: number }
  'conversations.auto_resolve_all': null
  'conversations.destroy': { account_id: number; conversation_id: number }
  'conversations.wake': null
  'conversations.write_activities': EventData<'conversation.updated'>
  'conversations.write_activity': { conversation_id: number; content: string }
  'inboxes.destroy': { account_id: number; inbox_id: number }
  'labels.rename': { account_id: number; from: string; to: string }
  /** `until` in ISO-8601. */
  'messages.mark_read': { conversation_id: number; until: string }
  'notifications.conversation_created': EventData<'conversation.created'>
  'notifications.conversation_assigned': EventData<'assignee.changed'>
  'notifications.wake': null
  'csat.send_survey': EventData<'conversation.resolved'>
  'csat.record': EventData<'message.updated'>
  'blobs.purge': { blob_ids: number[] }
  'blobs.analyze': { blob_id: number }
  'parley.sweep': null
}

export type JobName = keyof JobMap
export type ClockJobName = { [Name in JobName]: JobMap[Name] extends null ? Name : never }[JobName]
export type JobPayload<Name extends JobName> = JobMap[Name]

export interface JobOptions {
  runAt?: Date
  /** One waiting job with this key at a time. */
  key?: string
  /** Jobs of one queue run one after another. */
  queue?: string
}

export interface PendingJob {
  name: JobName
  payload: unknown
  options?: JobOptions
}
