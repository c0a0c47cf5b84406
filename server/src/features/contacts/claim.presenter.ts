import type { Services } from '../../context/context.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { amongOthers } from './contact.presenter.ts'
import type { ConversationView } from '../conversations/conversation.query.ts'
import type { ContactPicture } from '../pictures/picture.types.ts'

type App = Pick<Services, 'config'>

/** Whether what is only said counts as in Chatwoot: then whoever says an address is shown whose it is. */
export const trustsClaims = (app: App) => app.config.unverifiedContactMerge === 'chatwoot'

/** Their contact as visitors are shown it, in answers and in frames: with what they said themselves, unless they have proven to be it. */
export function shownTo<Contact extends Omit<ContactPicture, 'avatar'>>(
  app: App,
  claim: Claim | null,
  contact: Contact,
): Contact {
  if (!claim || trustsClaims(app)) return contact
  const { id, account_id } = contact
  return { ...contact, ...claim.said, id, account_id, avatar: null }
}

export function messageShownTo<Message extends { contact: ContactPicture | null }>(
  app: App,
  claim: Claim | null,
  message: Message,
): Message {
  if (!claim || !message.contact) return message
  return { ...message, contact: amongOthers(shownTo(app, claim, message.contact)) }
}

export function conversationShownTo(app: App, claim: Claim | null, conversation: ConversationView): ConversationView {
  const { contact, last_public_message: last } = conversation
  return {
    ...conversation,
    contact: contact && shownTo(app, claim, contact),
    last_public_message: last && messageShownTo(app, claim, last),
  }
}
