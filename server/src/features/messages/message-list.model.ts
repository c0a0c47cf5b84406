import { sql, type RawBuilder } from 'kysely'
import { listed } from '../../db/columns.ts'
import { prepared, type Slots } from '../../db/prepared.ts'
import type { AccountContext, Context } from '../../context/context.ts'
import { idOf } from '../../http/params.ts'
import { iso } from '../../lib/times.ts'
import { presentContactSender } from '../contacts/contact.presenter.ts'
import { checkAccess } from '../conversations/access.model.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { labelsOf } from '../conversations/conversation.presenter.ts'
import { asking, mayOpen, type Asking } from '../conversations/visibility.query.ts'
import { pictureColumns, picturesOf, type PictureColumns, type Pictures } from '../pictures/pictures.query.ts'
import { presentUserSender } from '../users/user.presenter.ts'
import { presentMessage } from './message.presenter.ts'
import { roomFor, SHOWN_COLUMNS, sourcesOf, withPictures, type ShownRow } from './message.query.ts'

const PAGE = 20
const AFTER_PAGE = 100
const BETWEEN_PAGE = 1000

interface Range {
  before?: string | null
  after?: string | null
  filter_internal_messages?: string | null
}

interface Asked extends Asking {
  account_id: number
  display_id: number
  before: number
  after: number
}

type ShownConversation = Pick<
  ConversationRecord,
  | 'account_id'
  | 'inbox_id'
  | 'display_id'
  | 'contact_id'
  | 'assignee_id'
  | 'cached_label_list'
  | 'additional_attributes'
  | 'agent_last_seen_at'
  | 'assignee_last_seen_at'
>

type Row = PictureColumns &
  ShownConversation & { may_open: boolean; page: Omit<ShownRow, 'account_id' | 'inbox_id' | 'display_id'>[] | null }

const ranges = {
  latest: () => sql`order by p.id desc limit ${PAGE}`,
  before: ({ before }: Slots<Asked>) => sql`and p.id < ${before} order by p.id desc limit ${PAGE}`,
  after: ({ after }: Slots<Asked>) => sql`and p.id > ${after} order by p.id limit ${AFTER_PAGE}`,
  between: ({ before, after }: Slots<Asked>) =>
    sql`and p.id >= ${after} and p.id < ${before} order by p.id limit ${BETWEEN_PAGE}`,
}
const ALL = sql``
const ONLY_PUBLIC = sql`and not p.private and p.message_type <> 2`
/** Which of a page stay where an answer has no room for all of it: who goes on from there misses none. */
const firstOf = (range: string) => (range === 'latest' || range === 'before' ? 'latest' : 'oldest')
const pages = Object.fromEntries(
  Object.entries(ranges).map(([name, range]) => [
    name,
    { all: pageOf(ALL, range, firstOf(name)), public: pageOf(ONLY_PUBLIC, range, firstOf(name)) },
  ]),
) as Record<keyof typeof ranges, Record<'all' | 'public', ReturnType<typeof pageOf>>>

/**
 * One statement: the door, and the page behind it with all that is shown around it, read only for whom it is open. The ids of
 * the page are found on an index alone, however long the conversation is; of messages written in one moment a later id may have
 * the earlier time.
 */
function pageOf(
  kinds: RawBuilder<unknown>,
  range: (asked: Slots<Asked>) => RawBuilder<unknown>,
  first: 'latest' | 'oldest',
) {
  const sources = sourcesOf('page')
  return prepared<Asked, Row>(
    (asked) => sql`
      with c as materialized (
        select c.id, c.account_id, c.inbox_id, c.display_id, c.contact_id, c.assignee_id, c.cached_label_list,
          c.additional_attributes, c.agent_last_seen_at, c.assignee_last_seen_at, ${mayOpen(asked)} as may_open
        from conversations c where c.account_id = ${asked.account_id} and c.display_id = ${asked.display_id}
      ), page as materialized (
        select ${listed(SHOWN_COLUMNS, 'm')}
        from messages m where m.id in (
          select p.id from messages p where p.conversation_id = (select id from c where may_open) ${kinds} ${range(asked)})
      )
      select c.*,
        (select json_agg(shown order by created_at, id) from ${roomFor('page', first)} shown) as page,
        ${pictureColumns(sql`c.account_id`, {
          ...sources,
          users: sql`${sources.users} union all select c.assignee_id where c.may_open`,
          contacts: sql`${sources.contacts} union all select c.contact_id where c.may_open`,
        })}
      from c`,
  )
}

export async function listMessages(ctx: AccountContext, displayId: number, range: Range) {
  const [before, after] = [range.before?.trim(), range.after?.trim()]
  const which = before ? (after ? 'between' : 'before') : after ? 'after' : 'latest'
  const [found] = await pages[which][range.filter_internal_messages ? 'public' : 'all'](ctx.db, {
    account_id: ctx.account.id,
    display_id: displayId,
    ...asking(ctx),
    before: idOf(before ?? ''),
    after: idOf(after ?? ''),
  })
  const conversation = checkAccess(found)
  const { account_id, inbox_id, display_id } = conversation
  const pictures = picturesOf(conversation)
  const messages = (conversation.page ?? []).map((message) =>
    Object.assign(message, { account_id, inbox_id, display_id }),
  )
  return {
    meta: presentMeta(ctx, conversation, pictures),
    payload: withPictures(messages, pictures).map((message) => presentMessage(ctx.app, message)),
  }
}

function presentMeta(ctx: Context, conversation: ShownConversation, pictures: Pictures) {
  const contact = pictures.contacts.get(conversation.contact_id)
  const assignee = conversation.assignee_id === null ? undefined : pictures.users.get(conversation.assignee_id)
  return {
    labels: labelsOf(conversation),
    additional_attributes: conversation.additional_attributes ?? {},
    ...(contact && { contact: presentContactSender(ctx.app, contact) }),
    ...(assignee && { assignee: presentUserSender(ctx.app, assignee, conversation.account_id) }),
    agent_last_seen_at: iso(conversation.agent_last_seen_at),
    assignee_last_seen_at: iso(conversation.assignee_last_seen_at),
  }
}
