import { sql, type RawBuilder } from 'kysely'

/**
 * SQL that gathers, as one JSON column, what the picture of a record needs. Arguments are column references; the names
 * in here begin with `pic_`, so that they never hide those of the caller. Those in the plural make a list of the pictures of a
 * `select` of ids, each once.
 */
type Reference = RawBuilder<unknown>
type Ids = RawBuilder<unknown>

const among = (ids: Ids) => sql`= any(array(${ids}))`

/** In bytes, what is shown of a bag by itself, and where it stands among others. */
export const ALONE = 1024 * 1024
export const AMONG_OTHERS = 16 * 1024

/** A column of attributes; what a database that was taken over may hold too much of is left out, so that it holds nobody up. */
export function bagWithin(most: number, column: Reference) {
  return sql`case when octet_length(${column}::text) > ${sql.lit(most)} then '{}' else ${column} end`
}

const BLOB = sql`json_build_object('id', pic_b.id, 'filename', pic_b.filename, 'content_type', pic_b.content_type)`

export function avatarJson(recordType: 'User' | 'Contact' | 'AgentBot' | 'Inbox', id: Reference) {
  return sql`(select ${BLOB} from active_storage_attachments pic_a join active_storage_blobs pic_b on pic_b.id = pic_a.blob_id
    where pic_a.record_type = ${sql.lit(recordType)} and pic_a.record_id = ${id} and pic_a.name = 'avatar' limit 1)`
}

/** The logo of a help center, by the row that holds it. */
export function logoJson(portalId: Reference) {
  return sql`(select json_build_object('id', pic_a.id, 'blob', ${BLOB})
    from active_storage_attachments pic_a join active_storage_blobs pic_b on pic_b.id = pic_a.blob_id
    where pic_a.record_type = 'Portal' and pic_a.record_id = ${portalId} and pic_a.name = 'logo' limit 1)`
}

const USER = sql`json_build_object('id', pic_u.id, 'name', pic_u.name, 'display_name', pic_u.display_name,
    'email', pic_u.email, 'pubsub_token', pic_u.pubsub_token, 'provider', pic_u.provider,
    'confirmed_at', pic_u.confirmed_at, 'custom_attributes', pic_u.custom_attributes,
    'role', pic_au.role, 'availability', pic_au.availability, 'auto_offline', pic_au.auto_offline,
    'custom_role_id', pic_au.custom_role_id, 'avatar', ${avatarJson('User', sql`pic_u.id`)})`

function fromUsers(accountId: Reference) {
  return sql`from users pic_u left join account_users pic_au on pic_au.user_id = pic_u.id and pic_au.account_id = ${accountId}`
}

/** A person, with their membership of the account; null when there is no such person. */
export function userJson(id: Reference, accountId: Reference) {
  return sql`(select ${USER} ${fromUsers(accountId)} where pic_u.id = ${id})`
}

export function usersJson(ids: Ids, accountId: Reference) {
  return sql`(select json_agg(${USER}) ${fromUsers(accountId)} where pic_u.id ${among(ids)})`
}

const contact = (most: number) => sql`json_build_object('id', pic_ct.id, 'name', pic_ct.name, 'email', pic_ct.email,
    'phone_number', pic_ct.phone_number, 'identifier', pic_ct.identifier, 'blocked', pic_ct.blocked,
    'additional_attributes', ${bagWithin(most, sql`pic_ct.additional_attributes`)},
    'custom_attributes', ${bagWithin(most, sql`pic_ct.custom_attributes`)}, 'last_activity_at', pic_ct.last_activity_at,
    'created_at', pic_ct.created_at, 'account_id', pic_ct.account_id, 'avatar', ${avatarJson('Contact', sql`pic_ct.id`)})`

export function contactJson(id: Reference, most = ALONE) {
  return sql`(select ${contact(most)} from contacts pic_ct where pic_ct.id = ${id})`
}

export function contactsJson(ids: Ids) {
  return sql`(select json_agg(${contact(AMONG_OTHERS)}) from contacts pic_ct where pic_ct.id ${among(ids)})`
}

const BOT = sql`json_build_object('id', pic_ab.id, 'name', pic_ab.name, 'description', pic_ab.description,
    'outgoing_url', pic_ab.outgoing_url, 'bot_type', pic_ab.bot_type, 'bot_config', pic_ab.bot_config,
    'account_id', pic_ab.account_id, 'avatar', ${avatarJson('AgentBot', sql`pic_ab.id`)})`

export function botJson(id: Reference) {
  return sql`(select ${BOT} from agent_bots pic_ab where pic_ab.id = ${id})`
}

export function botsJson(ids: Ids) {
  return sql`(select json_agg(${BOT}) from agent_bots pic_ab where pic_ab.id ${among(ids)})`
}

/** The files of messages, oldest first; null when there are none. */
export function attachmentsJson(messageIds: Ids) {
  return sql`(select json_agg(json_build_object('id', pic_at.id, 'message_id', pic_at.message_id, 'file_type', pic_at.file_type,
      'account_id', pic_at.account_id, 'external_url', pic_at.external_url, 'coordinates_lat', pic_at.coordinates_lat,
      'coordinates_long', pic_at.coordinates_long, 'fallback_title', pic_at.fallback_title, 'extension', pic_at.extension,
      'meta', pic_at.meta, 'blob', (select json_build_object('id', pic_b.id, 'filename', pic_b.filename,
          'content_type', pic_b.content_type, 'byte_size', pic_b.byte_size, 'metadata', pic_b.metadata)
        from active_storage_attachments pic_a join active_storage_blobs pic_b on pic_b.id = pic_a.blob_id
        where pic_a.record_type = 'Attachment' and pic_a.record_id = pic_at.id and pic_a.name = 'file' limit 1)) order by pic_at.id)
    from attachments pic_at where pic_at.message_id ${among(messageIds)})`
}

/** Incoming messages after the agents last looked. Counting stops at ten. */
export function unreadCount(conversation: string) {
  const c = sql.raw(conversation)
  return sql<number>`(select count(*)::integer from (select 1 from messages um
    where um.conversation_id = ${c}.id and um.account_id = ${c}.account_id and um.message_type = 0
      and um.created_at > coalesce(${c}.agent_last_seen_at, '-infinity') limit 10) unread)`
}
