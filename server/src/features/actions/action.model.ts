import { sql } from 'kysely'
import type { MemberContext } from '../../context/context.ts'
import { runPrepared } from '../../db/prepared.ts'
import { invalidField, NotAuthorizedError } from '../../http/errors.ts'
import { isWebAddress } from '../../lib/web-address.ts'
import type { Action, ActionSubject } from '../../vocabulary/jobs.ts'
import { destroyContact } from '../contacts/contact-work.model.ts'
import { accessContact, type ContactRecord } from '../contacts/contact.model.ts'
import { accessConversation } from '../conversations/access.model.ts'
import { assign } from '../conversations/assignment.model.ts'
import { CONVERSATION_STATUSES, conversationWebhook, PRIORITIES } from '../conversations/conversation.presenter.ts'
import { findConversation } from '../conversations/conversation.query.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { muteConversation, setPriority } from '../conversations/marks.model.ts'
import { setStatus, timeOfSeconds } from '../conversations/status.model.ts'
import { seesInbox } from '../conversations/visibility.query.ts'
import {
  cleanLabels,
  readConversationLabels,
  replaceContactLabels,
  replaceConversationLabels,
} from '../labels/label.model.ts'
import { createMessage } from '../messages/create-message.model.ts'
import { newMessageOf, type MessageFields } from '../messages/message-body.model.ts'
import { accessTeam } from '../teams/team.model.ts'

type Params = readonly unknown[]
type Deed<Subject> = (ctx: MemberContext, subject: Subject) => Promise<unknown>
/** Reads parameters, or refuses them, and answers what is to be done. */
type Verb<Subject> = (params: Params) => Deed<Subject>

function verb<Subject, Value>(
  read: (params: Params) => Value,
  carryOut: (ctx: MemberContext, subject: Subject, value: Value) => Promise<unknown>,
): Verb<Subject> {
  return (params) => {
    const value = read(params)
    return (ctx, subject) => carryOut(ctx, subject, value)
  }
}

/** What can be done to a conversation, by Chatwoot's names: each as the route does that does the same. */
const conversationVerbs = {
  add_label: verb(labels, async (ctx, conversation: ConversationRecord, added) =>
    replaceConversationLabels(ctx, conversation, [...(await readConversationLabels(ctx, conversation)), ...added]),
  ),
  remove_label: verb(labels, async (ctx, conversation: ConversationRecord, removed) =>
    replaceConversationLabels(ctx, conversation, without(await readConversationLabels(ctx, conversation), removed)),
  ),
  assign_agent: verb(agent, assignAgent),
  /** Whoever is in the account, as the assignments of a conversation have it. */
  set_assignee: verb(idOrNone, (ctx, conversation: ConversationRecord, id) =>
    assign(ctx, conversation, { assignee_id: id }),
  ),
  assign_team: verb(idOrNone, assignTeam),
  remove_assigned_team: verb(nothing, (ctx, conversation: ConversationRecord) => assignTeam(ctx, conversation, null)),
  change_status: verb(oneOf(CONVERSATION_STATUSES), (ctx, conversation: ConversationRecord, status) =>
    setStatus(ctx, conversation, status),
  ),
  resolve_conversation: verb(nothing, (ctx, conversation: ConversationRecord) =>
    setStatus(ctx, conversation, 'resolved'),
  ),
  open_conversation: verb(nothing, (ctx, conversation: ConversationRecord) => setStatus(ctx, conversation, 'open')),
  pending_conversation: verb(nothing, (ctx, conversation: ConversationRecord) =>
    setStatus(ctx, conversation, 'pending'),
  ),
  snooze_conversation: verb(until, (ctx, conversation: ConversationRecord, date) =>
    setStatus(ctx, conversation, 'snoozed', date),
  ),
  change_priority: verb(priority, setPriority),
  mute_conversation: verb(nothing, muteConversation),
  send_message: verb(text, (ctx, conversation: ConversationRecord, content) =>
    write(ctx, conversation, { content, private: false }),
  ),
  add_private_note: verb(text, (ctx, conversation: ConversationRecord, content) =>
    write(ctx, conversation, { content, private: true }),
  ),
  send_webhook_event: verb(address, tellHook),
  /** By its number: a macro takes only files that were shown to be the account's. */
  send_attachment: verb(file, (ctx, conversation: ConversationRecord, id) =>
    write(ctx, conversation, { attachments: [ctx.app.files.signedId({ id })] }),
  ),
}

const contactVerbs = {
  add_label: verb(labels, (ctx, contact: ContactRecord, added) =>
    replaceContactLabels(ctx, contact, [...contact.label_list, ...added]),
  ),
  remove_label: verb(labels, (ctx, contact: ContactRecord, removed) =>
    replaceContactLabels(ctx, contact, without(contact.label_list, removed)),
  ),
  delete: verb(nothing, async (ctx, contact: ContactRecord) => {
    if (!ctx.isAdministrator) throw new NotAuthorizedError()
    await destroyContact(ctx, contact)
  }),
}

/** Enters the record by its door, as whoever asked for the action. */
type Performance = (ctx: MemberContext, id: number) => Promise<unknown>

/** Reads an action on a record of this kind; what is wrong with it is refused before anything is done. */
export const readAction: Record<ActionSubject, (action: Action) => Performance> = {
  Conversation: actionsOn(conversationVerbs, (ctx, displayId) => accessConversation(ctx, displayId, { lock: true })),
  Contact: actionsOn(contactVerbs, (ctx, id) => accessContact(ctx, id, { lock: true })),
}

function actionsOn<Subject>(
  verbs: Record<string, Verb<Subject>>,
  access: (ctx: MemberContext, id: number) => Promise<Subject>,
): (action: Action) => Performance {
  return ({ action_name: name, action_params: params }) => {
    if (!Object.hasOwn(verbs, name)) throw invalidField('actions', `${name} not supported`)
    const deed = verbs[name]!(params)
    return async (ctx, id) => deed(ctx, await access(ctx, id))
  }
}

/** Members of the inbox and administrators; nobody else is given it. */
async function assignAgent(ctx: MemberContext, conversation: ConversationRecord, wanted: number | 'self' | null) {
  const id = wanted === 'self' ? ctx.user.id : wanted
  if (id !== null) {
    const rows = await runPrepared(
      ctx.db,
      sql`select from account_users au
        where au.account_id = ${ctx.account.id} and au.user_id = ${id} and ${seesInbox(conversation.inbox_id)}`,
    )
    if (!rows.length) return
  }
  await assign(ctx, conversation, { assignee_id: id })
}

/** A team that is not there changes nothing. */
async function assignTeam(ctx: MemberContext, conversation: ConversationRecord, id: number | null) {
  if (id !== null) await accessTeam(ctx, id)
  await assign(ctx, conversation, { team_id: id })
}

async function write(ctx: MemberContext, conversation: ConversationRecord, fields: MessageFields) {
  await createMessage(ctx, conversation, await newMessageOf(ctx, conversation, fields))
}

/** The conversation as it is now: what the actions after this one make of it is not told. */
async function tellHook(ctx: MemberContext, conversation: ConversationRecord, url: string) {
  const view = await findConversation(ctx.db, conversation.id, 'push')
  const body = JSON.stringify({ ...conversationWebhook(ctx.app, view!), event: 'macro.executed' })
  ctx.later('actions.tell_hook', { url, body }, { queue: `hooks:${ctx.account.id}` })
}

const without = (names: string[], removed: string[]) => names.filter((name) => !removed.includes(name))

const refuse = (problem: string) => invalidField('action_params', problem)

function nothing(): void {}

function text([value]: Params): string {
  if (typeof value !== 'string' || !value.trim()) throw refuse("can't be blank")
  return value
}

function address(params: Params): string {
  const url = text(params)
  if (!isWebAddress(url)) throw refuse('must be a web address')
  return url
}

function labels(params: Params): string[] {
  if (!params.every((one) => typeof one === 'string')) throw refuse('must be texts')
  return cleanLabels([...params])
}

/** How "nobody" is written: automation rules say "nil". */
const NONE = new Set<unknown>([null, undefined, '', 'nil', 0, '0'])

function idOrNone([value]: Params): number | null {
  if (NONE.has(value)) return null
  const id = typeof value === 'string' ? Number(value) : value
  if (typeof id !== 'number' || !Number.isInteger(id) || Math.abs(id) > 2_147_483_647) throw refuse('must be an id')
  return id
}

function file(params: Params): number {
  const id = idOrNone(params)
  if (id === null) throw refuse('must be a file')
  return id
}

function agent(params: Params): number | 'self' | null {
  return params[0] === 'self' ? 'self' : idOrNone(params)
}

function oneOf<const Name extends string>(names: readonly Name[]) {
  return ([value]: Params): Name => {
    const name = names.find((one) => one === value)
    if (!name) throw refuse(`must be one of ${names.join(', ')}`)
    return name
  }
}

function priority(params: Params) {
  return NONE.has(params[0]) ? null : oneOf(PRIORITIES)(params)
}

/** Seconds since 1970; without them the date stays as it is. */
function until([seconds]: Params): Date | undefined {
  return NONE.has(seconds) ? undefined : timeOfSeconds(String(seconds))
}
