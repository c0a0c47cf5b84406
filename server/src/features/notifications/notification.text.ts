import { translate } from '../../lib/translate.ts'
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
export function notificationBody(locale: number | null, message: ToldMessage | null | undefined): string {
  const sender = message?.user ?? message?.contact ?? message?.bot
  return `${sender?.name ?? ''}: ${contentOf(locale, message)}`
}

function contentOf(locale: number | null, message: ToldMessage | null | undefined): string {
  if (message?.content?.trim()) return nameMentions(firstWords(message.content))
  return translate(locale, message?.attachments?.length ? 'notification.attachment' : 'notification.no_content')
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
export function notificationTitle(
  locale: number | null,
  type: NotificationType,
  displayId: number,
  inboxName: string,
): string {
  return translate(locale, `notification.title.${type}`, { id: displayId, inbox: inboxName })
}
