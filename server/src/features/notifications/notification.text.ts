import type { NotificationType } from './notification.types.ts'

/** The message that a notification tells about, as far as its text goes. */
export interface ToldMessage {
  content: string | null
  user: { name: string | null } | null
  contact: { name: string | null } | null
  bot: { name: string | null } | null
  attachments: unknown[] | null
}

const WORDS = 10

/** `Ada: Where is my order...`, with mentions as `@Name`. */
export function notificationBody(message: ToldMessage | null | undefined): string {
  const sender = message?.user ?? message?.contact ?? message?.bot
  return `${sender?.name ?? ''}: ${contentOf(message)}`
}

function contentOf(message: ToldMessage | null | undefined): string {
  if (message?.content?.trim()) return nameMentions(firstWords(message.content))
  return message?.attachments?.length ? 'Attachment' : 'No content'
}

/** Cut after the tenth word; three dots say so. */
function firstWords(content: string): string {
  let words = 0
  for (const gap of content.matchAll(/\s+/g)) {
    if (gap.index > 0 && ++words === WORDS) return `${content.slice(0, gap.index)}...`
  }
  return content
}

/** Neither part may hold its own opening bracket, which keeps the search linear. */
const MENTION = /\[(@[^[\]]{1,255})\]\(mention:\/\/(?:user|team)\/\d{1,15}\/[^()]{1,500}\)/g

function nameMentions(content: string): string {
  return content.replaceAll(MENTION, '$1')
}

/** Only the list has a title of its own: on the cable it is the body. */
export function notificationTitle(type: NotificationType, displayId: number, inboxName: string): string {
  return TITLES[type](displayId, inboxName)
}

const newMessage = (id: number) => `A new message is created in conversation (#${id})`

const TITLES: Record<NotificationType, (id: number, inbox: string) => string> = {
  conversation_creation: (id, inbox) => `A conversation (#${id}) has been created in ${inbox}`,
  conversation_assignment: (id) => `A conversation (#${id}) has been assigned to you`,
  assigned_conversation_new_message: newMessage,
  conversation_mention: (id) => `You have been mentioned in conversation (#${id})`,
  participating_conversation_new_message: newMessage,
  sla_missed_first_response: (id) => `SLA target first response missed for conversation (#${id})`,
  sla_missed_next_response: (id) => `SLA target next response missed for conversation (#${id})`,
  sla_missed_resolution: (id) => `SLA target resolution missed for conversation (#${id})`,
}
