import { sql, type RawBuilder } from 'kysely'
import type { AgentPicture, AssigneeBotPicture } from './conversations/conversation.query.ts'
import type { AttachmentView, ContactPicture } from './messages/message.query.ts'
import { attachmentsJson, botJson, contactJson, unreadCount, userJson } from './pictures.sql.ts'

type Ids = RawBuilder<unknown>

/** Whose pictures are wanted, each a `select` of ids; a picture is made once, however often it is shown. */
export interface PictureSources {
  users: Ids
  contacts: Ids
  bots: Ids
  /** Messages whose files are shown. */
  messages: Ids
  /** Conversations that pushed messages tell about. */
  conversations?: Ids
}

/** What `pictureColumns` brings. */
export interface PictureColumns {
  users: AgentPicture[] | null
  contacts: ContactPicture[] | null
  bots: AssigneeBotPicture[] | null
  attachments: { id: number; files: AttachmentView[] }[] | null
  pushed: { id: number; unread_count: number; source_id: string | null }[] | null
}

export interface Pictures {
  users: Map<number, AgentPicture>
  contacts: Map<number, ContactPicture>
  bots: Map<number, AssigneeBotPicture>
  attachments: Map<number, AttachmentView[]>
  conversations: Map<number, { unread_count: number; source_id: string | null }>
}

/**
 * Columns for the statement that finds the rows: what stands around them comes along, because a second statement costs more
 * than its work. People are seen as members of the account.
 */
export function pictureColumns(accountId: RawBuilder<unknown>, from: PictureSources) {
  const each = (ids: Ids) => sql`(select distinct id from (${ids}) ids(id) where id is not null) k`
  return sql`
    (select json_agg(${userJson(sql`k.id`, accountId)}) from ${each(from.users)}) as users,
    (select json_agg(${contactJson(sql`k.id`)}) from ${each(from.contacts)}) as contacts,
    (select json_agg(${botJson(sql`k.id`)}) from ${each(from.bots)}) as bots,
    (select json_agg(json_build_object('id', f.id, 'files', ${attachmentsJson(sql`f.id`)})) from
      (select distinct message_id as id from attachments where message_id in (${from.messages})) f) as attachments,
    ${
      from.conversations
        ? sql`(select json_agg(json_build_object('id', c.id, 'unread_count', ${unreadCount('c')}, 'source_id', ci.source_id))
            from conversations c left join contact_inboxes ci on ci.id = c.contact_inbox_id where c.id in (${from.conversations}))`
        : sql`null::json`
    } as pushed`
}

export function picturesOf({ users, contacts, bots, attachments, pushed }: PictureColumns): Pictures {
  return {
    users: byId(users),
    contacts: byId(contacts),
    bots: byId(bots),
    attachments: new Map(attachments?.map(({ id, files }) => [id, files])),
    conversations: byId(pushed),
  }
}

function byId<T extends { id: number }>(list: (T | null)[] | null): Map<number, T> {
  return new Map(list?.filter((item) => item !== null).map((item) => [item.id, item]))
}
