import type { DeliveryScope, Push } from '../../events/reactions.ts'
import { PushScope, type PushedVisitor } from '../realtime/push-scope.query.ts'
import type { Changes, EventData } from '../../vocabulary/events.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { conversationShownTo, shownTo } from '../contacts/claim.presenter.ts'
import { contactWebhook, presentContactSender } from '../contacts/contact.presenter.ts'
import { presentUserSender } from '../users/user.presenter.ts'
import { CONVERSATION_STATUSES, conversationPush, conversationWebhook, PRIORITIES } from './conversation.presenter.ts'
import { findConversation } from './conversation.query.ts'

type About = EventData<'conversation.created'>
type Updated = EventData<'conversation.updated'>
type Typing = EventData<'conversation.typing_on'>

export async function conversationAgentsPush(scope: PushScope, data: About): Promise<Push | null> {
  const [conversation, streams] = await Promise.all([
    scope.conversation(data.conversation_id),
    scope.agents(data.inbox_id),
  ])
  return conversation ? { streams, data: conversationPush(scope.app, conversation) } : null
}

export async function conversationEveryonePush(scope: PushScope, data: About): Promise<Push[]> {
  const [agents, visitor, conversation] = await Promise.all([
    scope.agents(data.inbox_id),
    scope.visitor(data.conversation_id),
    scope.conversation(data.conversation_id),
  ])
  if (!conversation) return []
  return toAgentsAndVisitor(agents, visitor, (claim) =>
    conversationPush(scope.app, conversationShownTo(scope.app, claim, conversation)),
  )
}

/** One frame for all, or, where the visitor has only claimed to be somebody, another one for the visitor. */
export function toAgentsAndVisitor(
  agents: string[],
  { streams, claim }: PushedVisitor,
  picture: (claim: Claim | null) => Push['data'],
): Push[] {
  if (!claim) return [{ streams: [...agents, ...streams], data: picture(null) }]
  return [
    { streams: agents, data: picture(null) },
    { streams, data: picture(claim) },
  ]
}

export async function mentionedPush(scope: PushScope, data: EventData<'conversation.mentioned'>): Promise<Push | null> {
  const conversation = await scope.conversation(data.conversation_id)
  const token = await scope.userToken(data.user_id)
  return conversation && token ? { streams: [token], data: conversationPush(scope.app, conversation) } : null
}

/** Private typing reaches the visitor too, as in Chatwoot: clients hide it by `is_private`. */
export async function typingPush(scope: PushScope, data: Typing): Promise<Push[]> {
  const [agents, { claim }] = await Promise.all([scope.agents(data.inbox_id), scope.visitor(data.conversation_id)])
  const conversation = await scope.conversation(data.conversation_id)
  const typist = await typistOf(scope, data)
  if (!conversation || !typist) return []
  const own = conversation.contact_inbox?.pubsub_token
  const except =
    data.typist.type === 'user'
      ? await scope.userToken(data.typist.id)
      : data.typist.type === 'contact'
        ? own
        : undefined
  const pushes = toAgentsAndVisitor(agents, { streams: own ? [own] : [], claim }, (claim) => ({
    conversation: conversationPush(scope.app, conversationShownTo(scope.app, claim, conversation), scope.accountId),
    user: typist(claim),
    is_private: data.is_private,
  }))
  return pushes.map((push) => ({ ...push, ...(except && { except }) }))
}

async function typistOf(scope: PushScope, { typist }: Typing) {
  if (typist.type === 'contact') {
    const contact = await scope.contact(typist.id)
    return contact && ((claim: Claim | null) => presentContactSender(scope.app, shownTo(scope.app, claim, contact)))
  }
  const person = await scope.person({ type: typist.type, id: typist.id })
  return person && (() => person)
}

export async function conversationPayload({ app, db }: DeliveryScope, data: About) {
  const conversation = await findConversation(db, data.conversation_id, 'push')
  return conversation ? conversationWebhook(app, conversation) : null
}

export async function conversationUpdatedPayload(scope: DeliveryScope, data: Updated) {
  const payload = await conversationPayload(scope, data)
  return payload && { ...payload, changed_attributes: changedAttributes(nameEnums(data.changes)) }
}

/** What changed is told by conversation_updated; here Chatwoot says null. */
export async function statusChangedPayload(scope: DeliveryScope, data: About) {
  const payload = await conversationPayload(scope, data)
  return payload && { ...payload, changed_attributes: null }
}

export async function typingPayload({ app, db, account }: DeliveryScope, data: Typing) {
  const conversation = await findConversation(db, data.conversation_id, 'push')
  if (!conversation) return null
  const scope = new PushScope(app, account.id)
  return {
    user: await typistWebhook(scope, data, account),
    conversation: conversationWebhook(app, conversation),
    is_private: data.is_private,
  }
}

async function typistWebhook(scope: PushScope, { typist }: Typing, account: { id: number; name: string }) {
  if (typist.type === 'contact') {
    const contact = await scope.contact(typist.id)
    return contact ? contactWebhook(scope.app, contact, account) : null
  }
  if (typist.type === 'agent_bot') {
    const bot = await scope.bot(typist.id)
    return bot ? { id: bot.id, name: bot.name, type: 'agent_bot' } : null
  }
  const user = (await scope.user(typist.id)) as
    | (Parameters<typeof presentUserSender>[1] & { email: string })
    | undefined
  return user ? { id: user.id, name: user.name, email: user.email, type: 'user' } : null
}

/** One object for each attribute, as Chatwoot lists them. */
export function changedAttributes(changes: Changes) {
  return Object.entries(changes).map(([attribute, [before, after]]) => ({
    [attribute]: { previous_value: before, current_value: after },
  }))
}

function nameEnums(changes: Changes): Changes {
  const named: Changes = { ...changes }
  const rename = (key: string, names: readonly string[]) => {
    const change = changes[key]
    if (change) named[key] = change.map((number) => names[number as number] ?? null) as [unknown, unknown]
  }
  rename('status', CONVERSATION_STATUSES)
  rename('priority', PRIORITIES)
  return named
}

const WORTH_AN_ACTIVITY = ['status', 'priority', 'label_list', 'assignee_id', 'team_id']

export function isWorthAnActivity(data: Updated): boolean {
  return WORTH_AN_ACTIVITY.some((attribute) => attribute in data.changes)
}
