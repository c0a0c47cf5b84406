import { sql, type Kysely } from 'kysely'
import type { DB } from '../db/schema.ts'
import type { AgentPicture, AssigneeBotPicture } from './conversations/conversation.query.ts'
import type { AttachmentView, ContactPicture } from './messages/message.query.ts'
import { attachmentsJson, botJson, contactJson, unreadCount, userJson } from './pictures.sql.ts'

/** Whose pictures are wanted; each is made once, however often it is shown. */
export interface PictureKeys {
  users: Set<number>
  contacts: Set<number>
  bots: Set<number>
  /** Messages whose files are shown. */
  messages: Set<number>
  /** Conversations that pushed messages tell about. */
  conversations: Set<number>
}

export interface Pictures {
  users: Map<number, AgentPicture>
  contacts: Map<number, ContactPicture>
  bots: Map<number, AssigneeBotPicture>
  attachments: Map<number, AttachmentView[]>
  conversations: Map<number, { unread_count: number; source_id: string | null }>
}

export function noKeys(): PictureKeys {
  return { users: new Set(), contacts: new Set(), bots: new Set(), messages: new Set(), conversations: new Set() }
}

interface Row {
  users: AgentPicture[] | null
  contacts: ContactPicture[] | null
  bots: AssigneeBotPicture[] | null
  attachments: { id: number; files: AttachmentView[] }[] | null
  conversations: { id: number; unread_count: number; source_id: string | null }[] | null
}

/** One statement for all of them. People are seen as members of the account. */
export async function loadPictures(db: Kysely<DB>, accountId: number, keys: PictureKeys): Promise<Pictures> {
  const ids = (set: Set<number>) => sql`${[...set]}::integer[]`
  const { rows } = await sql<Row>`select
    (select json_agg(${userJson(sql`k.id`, sql`${accountId}::integer`)}) from unnest(${ids(keys.users)}) k(id)) as users,
    (select json_agg(${contactJson(sql`k.id`)}) from unnest(${ids(keys.contacts)}) k(id)) as contacts,
    (select json_agg(${botJson(sql`k.id`)}) from unnest(${ids(keys.bots)}) k(id)) as bots,
    (select json_agg(json_build_object('id', f.id, 'files', ${attachmentsJson(sql`f.id`)})) from
      (select distinct message_id as id from attachments where message_id = any(${ids(keys.messages)})) f) as attachments,
    (select json_agg(json_build_object('id', c.id, 'unread_count', ${unreadCount('c')}, 'source_id', ci.source_id))
      from conversations c left join contact_inboxes ci on ci.id = c.contact_inbox_id
      where c.id = any(${ids(keys.conversations)})) as conversations`.execute(db)
  const { users, contacts, bots, attachments, conversations } = rows[0]!
  return {
    users: byId(users),
    contacts: byId(contacts),
    bots: byId(bots),
    attachments: new Map(attachments?.map(({ id, files }) => [id, files])),
    conversations: byId(conversations),
  }
}

function byId<T extends { id: number }>(list: (T | null)[] | null): Map<number, T> {
  return new Map(list?.filter((item) => item !== null).map((item) => [item.id, item]))
}
