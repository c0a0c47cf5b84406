import { sql, type RawBuilder } from 'kysely'
import type { AgentPicture, AssigneeBotPicture, AttachmentView, ContactPicture } from './picture.types.ts'
import { attachmentsJson, botsJson, contactsJson, unreadCount, usersJson } from './picture.sql.ts'

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
  attachments: AttachmentView[] | null
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
  return sql`
    ${usersJson(from.users, accountId)} as users,
    ${contactsJson(from.contacts)} as contacts,
    ${botsJson(from.bots)} as bots,
    ${attachmentsJson(from.messages)} as attachments,
    ${
      from.conversations
        ? sql`(select json_agg(json_build_object('id', c.id, 'unread_count', ${unreadCount('c')}, 'source_id', ci.source_id))
            from conversations c left join contact_inboxes ci on ci.id = c.contact_inbox_id where c.id = any(array(${from.conversations})))`
        : sql`null::json`
    } as pushed`
}

export function picturesOf({ users, contacts, bots, attachments, pushed }: PictureColumns): Pictures {
  return {
    users: byId(users),
    contacts: byId(contacts),
    bots: byId(bots),
    attachments: byMessage(attachments ?? []),
    conversations: byId(pushed),
  }
}

function byId<T extends { id: number }>(list: T[] | null): Map<number, T> {
  return new Map(list?.map((item) => [item.id, item]))
}

function byMessage(files: AttachmentView[]): Map<number, AttachmentView[]> {
  const grouped = new Map<number, AttachmentView[]>()
  for (const file of files) {
    const others = grouped.get(file.message_id)
    if (others) others.push(file)
    else grouped.set(file.message_id, [file])
  }
  return grouped
}
