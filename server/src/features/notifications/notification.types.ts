/** In the order of Chatwoot's numbers, which begin at 1. */
export const NOTIFICATION_TYPES = [
  'conversation_creation',
  'conversation_assignment',
  'assigned_conversation_new_message',
  'conversation_mention',
  'participating_conversation_new_message',
  'sla_missed_first_response',
  'sla_missed_next_response',
  'sla_missed_resolution',
] as const

export type NotificationType = (typeof NOTIFICATION_TYPES)[number]

export const notificationTypeName = (number: number): NotificationType =>
  NOTIFICATION_TYPES[number - 1] ?? NOTIFICATION_TYPES[0]
export const notificationTypeNumber = (type: NotificationType): number => NOTIFICATION_TYPES.indexOf(type) + 1
