import type { App } from '../app.ts'
import { inTransaction } from '../context/transaction.ts'
import { createAccount } from '../features/accounts/account.model.ts'
import { createContactInbox } from '../features/contacts/contact-inbox.model.ts'
import { createContact } from '../features/contacts/contact.model.ts'
import { loadConversation } from '../features/conversations/access.model.ts'
import { openConversation } from '../features/conversations/create.model.ts'
import { addInboxMembers } from '../features/inboxes/inbox-member.model.ts'
import { createInbox } from '../features/inboxes/inbox.model.ts'
import { createMessage } from '../features/messages/create-message.model.ts'
import { createPlatformApp, permit } from '../features/platform/permissible.model.ts'
import { addMember } from '../features/users/membership.model.ts'
import { createUser, type UserRow } from '../features/users/user.model.ts'
import { Context, type MemberContext } from '../context/context.ts'
import type { SignedInAccount, SignedInUser } from '../vocabulary/caller.ts'
import { makePassword } from './user.ts'

const TALKS: [name: string, email: string, lines: [who: 'visitor' | 'agent', text: string][]][] = [
  [
    'Ada Lovelace',
    'ada@example.com',
    [
      ['visitor', 'Hello! Can I change the address of an order that I placed this morning?'],
      ['agent', 'Good morning, Ada. Of course: what is the order number?'],
      ['visitor', 'It is 1843. The new address is 12 St James’s Square.'],
    ],
  ],
  ['Grace Hopper', 'grace@example.com', [['visitor', 'My export has been running for an hour. Is something stuck?']]],
  [
    'Alan Turing',
    'alan@example.com',
    [
      ['visitor', 'Do you have a discount for universities?'],
      ['agent', 'We do: half of the price, for as long as you teach. I will send you the form.'],
    ],
  ],
]

/** Something to look at on the first day: an account with two people, an inbox and a few conversations. All of it or nothing. */
export async function makeDemoDesk(app: App): Promise<string[]> {
  // Filled in as they are made: what follows is done by the agent, in the account.
  const account: SignedInAccount = {
    id: 0,
    name: 'Demo desk',
    locale: 0,
    status: 0,
    settings: {},
    feature_flags: '0',
    has_endpoints: false,
  }
  const user: SignedInUser = {
    id: 0,
    name: '',
    display_name: null,
    email: '',
    type: null,
    pubsub_token: null,
    avatar: null,
  }
  const ctx = new Context({
    app,
    db: app.database.kysely,
    caller: { kind: 'user', user },
    account,
    membership: { id: 0, role: 'administrator', availability: 'online', auto_offline: true },
  }) as MemberContext
  const password = makePassword()
  const { administrator, agent, platformApp, inbox, displayId } = await inTransaction(ctx, async () => {
    const administrator = await createUser(ctx, {
      name: 'Alex Admin',
      email: 'admin@example.com',
      password,
      confirmed: true,
    })
    const agent = await createUser(ctx, { name: 'Sam Agent', email: 'agent@example.com', password, confirmed: true })
    Object.assign(user, { id: agent.id, name: agent.name, email: agent.email, pubsub_token: agent.pubsub_token })
    account.id = (await createAccount(ctx, { name: account.name })).id
    await addMember(ctx, { account_id: account.id, user_id: administrator.id, role: 'administrator' })
    await addMember(ctx, { account_id: account.id, user_id: agent.id, role: 'agent' })
    const platformApp = await createPlatformApp(ctx, 'Demo platform app')
    await permit(ctx, platformApp.id, 'Account', account.id)
    for (const { id } of [administrator, agent]) await permit(ctx, platformApp.id, 'User', id)
    return { administrator, agent, platformApp, ...(await fillInbox(ctx, account.id, [administrator, agent], agent)) }
  })
  const { frontendUrl } = app.config
  const next = displayId + 1
  return [
    '',
    'A demo desk was made. It is shown only once:',
    `  Sign in       admin@example.com and agent@example.com, password ${password}`,
    `  Tokens        administrator ${administrator.access_token}, agent ${agent.access_token}`,
    `  Platform app  ${platformApp.access_token}`,
    `  Visitor chat  ${frontendUrl}/examples/visitor-chat/?inbox=${inbox.channel!.identifier}`,
    `  Reference     ${frontendUrl}/swagger`,
    '',
    `Write something in the visitor chat: that is conversation ${next}. Answer it as the agent:`,
    `  curl -X POST ${frontendUrl}/api/v1/accounts/${account.id}/conversations/${next}/messages \\`,
    `    -H 'api_access_token: ${agent.access_token}' -H 'Content-Type: application/json' -d '{"content":"Hello, how can I help?"}'`,
    '',
  ]
}

async function fillInbox(ctx: MemberContext, accountId: number, members: UserRow[], agent: UserRow) {
  const inbox = await createInbox(ctx, {
    name: 'Website chat',
    channel: { type: 'api', webhook_url: '' },
    enable_auto_assignment: false,
  })
  await addInboxMembers(
    ctx,
    inbox,
    members.map((member) => member.id),
  )
  let displayId = 1
  for (const [name, email, lines] of TALKS) {
    const contact = await createContact(ctx, accountId, { name, email })
    const place = await createContactInbox(ctx, { contactId: contact.id, inboxId: inbox.id })
    const opened = await openConversation(ctx, {
      account_id: accountId,
      inbox_id: inbox.id,
      contact_id: contact.id,
      contact_inbox_id: place.id,
    })
    displayId = opened.display_id
    for (const [who, content] of lines) {
      const conversation = (await loadConversation(ctx, opened.id, { lock: true }))!
      await createMessage(ctx, conversation, {
        content,
        message_type: who === 'visitor' ? 'incoming' : 'outgoing',
        sender: who === 'visitor' ? { type: 'Contact', id: contact.id } : { type: 'User', id: agent.id },
      })
    }
  }
  return { inbox, displayId }
}
