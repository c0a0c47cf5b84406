import { deleteAccount } from '../features/accounts/account.jobs.ts'
import { carryOutActions, tellHook } from '../features/actions/action.jobs.ts'
import { sendPasswordToken } from '../features/auth/password.model.ts'
import { fetchRecordAvatar } from '../features/avatars/avatar.model.ts'
import { deleteContactRecords, fetchAvatar } from '../features/contacts/contact.jobs.ts'
import { sendSurvey, recordSurvey } from '../features/csat/csat.jobs.ts'
import {
  deleteConversationRecords,
  writeActivities,
  writeActivityJob,
} from '../features/conversations/conversation.jobs.ts'
import { resolveQuietOnes, resolveQuietOnesOf, wakeConversations } from '../features/conversations/clock.jobs.ts'
import { renameLabel } from '../features/labels/label.jobs.ts'
import { deleteInbox } from '../features/inboxes/inbox.jobs.ts'
import { markMessagesRead } from '../features/messages/message-status.model.ts'
import { notifyAssigned, notifyConversationCreated } from '../features/notifications/notification.jobs.ts'
import { wakeNotifications } from '../features/notifications/notification.model.ts'
import { analyzeBlob, purgeBlobs } from '../features/active-storage/blob.jobs.ts'
import { deleteUser, forgetMembership } from '../features/users/delete.model.ts'
import { sweep } from '../features/maintenance/sweep.jobs.ts'
import { job, type JobsByName } from '../jobs/job.ts'

/** All jobs by name. */
export const jobs = {
  'accounts.destroy': job(deleteAccount),
  'users.destroy': job(deleteUser),
  'users.forgot_password': job(sendPasswordToken),
  'account_users.forget': job(forgetMembership),
  'actions.carry_out': job(carryOutActions, { transaction: false }),
  'actions.tell_hook': job(tellHook, { transaction: false }),
  'avatars.fetch': job(fetchRecordAvatar, { transaction: false }),
  'contacts.destroy': job(deleteContactRecords),
  'contacts.fetch_avatar': job(fetchAvatar, { transaction: false }),
  'conversations.auto_resolve': job(resolveQuietOnesOf),
  'conversations.auto_resolve_all': job(resolveQuietOnes),
  'conversations.destroy': job(deleteConversationRecords),
  'conversations.wake': job(wakeConversations),
  'conversations.write_activities': job(writeActivities),
  'conversations.write_activity': job(writeActivityJob),
  'inboxes.destroy': job(deleteInbox),
  'labels.rename': job(renameLabel),
  'messages.mark_read': job(markMessagesRead),
  'notifications.conversation_created': job(notifyConversationCreated),
  'notifications.conversation_assigned': job(notifyAssigned),
  'notifications.wake': job(wakeNotifications),
  'csat.send_survey': job(sendSurvey),
  'csat.record': job(recordSurvey),
  'blobs.purge': job(purgeBlobs),
  'blobs.analyze': job(analyzeBlob),
  'parley.sweep': job(sweep),
} satisfies JobsByName
