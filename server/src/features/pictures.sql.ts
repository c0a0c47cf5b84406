import { sql, type RawBuilder } from 'kysely'

/** SQL that gathers, as one JSON column, what the picture of a record needs. Arguments are column references. */
type Reference = RawBuilder<unknown>

export function avatarJson(recordType: 'User' | 'Contact' | 'AgentBot' | 'Inbox', id: Reference) {
  return sql`(select json_build_object('id', b.id, 'filename', b.filename, 'content_type', b.content_type)
    from active_storage_attachments a join active_storage_blobs b on b.id = a.blob_id
    where a.record_type = ${sql.lit(recordType)} and a.record_id = ${id} and a.name = 'avatar' limit 1)`
}

/** A person, with their membership of the account; null when there is no such person. */
export function userJson(id: Reference, accountId: Reference) {
  return sql`(select json_build_object('id', u.id, 'name', u.name, 'display_name', u.display_name, 'email', u.email,
      'pubsub_token', u.pubsub_token, 'provider', u.provider, 'confirmed_at', u.confirmed_at, 'custom_attributes', u.custom_attributes,
      'role', au.role, 'availability', au.availability, 'auto_offline', au.auto_offline,
      'custom_role_id', au.custom_role_id, 'avatar', ${avatarJson('User', sql`u.id`)})
    from users u left join account_users au on au.user_id = u.id and au.account_id = ${accountId}
    where u.id = ${id})`
}

export function contactJson(id: Reference) {
  return sql`(select json_build_object('id', ct.id, 'name', ct.name, 'email', ct.email, 'phone_number', ct.phone_number,
      'identifier', ct.identifier, 'blocked', ct.blocked, 'additional_attributes', ct.additional_attributes,
      'custom_attributes', ct.custom_attributes, 'last_activity_at', ct.last_activity_at, 'created_at', ct.created_at,
      'account_id', ct.account_id, 'avatar', ${avatarJson('Contact', sql`ct.id`)})
    from contacts ct where ct.id = ${id})`
}

export function botJson(id: Reference) {
  return sql`(select json_build_object('id', ab.id, 'name', ab.name, 'description', ab.description,
      'outgoing_url', ab.outgoing_url, 'bot_type', ab.bot_type, 'bot_config', ab.bot_config,
      'account_id', ab.account_id, 'avatar', ${avatarJson('AgentBot', sql`ab.id`)})
    from agent_bots ab where ab.id = ${id})`
}

/** The files of a message, oldest first; null when there are none. */
export function attachmentsJson(messageId: Reference) {
  return sql`(select json_agg(json_build_object('id', at.id, 'message_id', at.message_id, 'file_type', at.file_type,
      'account_id', at.account_id, 'external_url', at.external_url, 'coordinates_lat', at.coordinates_lat,
      'coordinates_long', at.coordinates_long, 'fallback_title', at.fallback_title, 'extension', at.extension,
      'meta', at.meta, 'blob', (select json_build_object('id', b.id, 'filename', b.filename,
          'content_type', b.content_type, 'byte_size', b.byte_size, 'metadata', b.metadata)
        from active_storage_attachments a join active_storage_blobs b on b.id = a.blob_id
        where a.record_type = 'Attachment' and a.record_id = at.id and a.name = 'file' limit 1)) order by at.id)
    from attachments at where at.message_id = ${messageId})`
}

/** Incoming messages after the agents last looked. Counting stops at ten. */
export function unreadCount(conversation: string) {
  const c = sql.raw(conversation)
  return sql<number>`(select count(*)::integer from (select 1 from messages um
    where um.conversation_id = ${c}.id and um.account_id = ${c}.account_id and um.message_type = 0
      and um.created_at > coalesce(${c}.agent_last_seen_at, '-infinity') limit 10) unread)`
}
