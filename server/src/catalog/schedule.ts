import type { Schedule } from '../jobs/job.ts'

export const schedule: Schedule = {
  'conversations.wake': '* * * * *',
  'conversations.auto_resolve_all': '*/5 * * * *',
  'notifications.wake': '* * * * *',
  'parley.sweep': '17 * * * *',
}
