import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'

/** Tables that hold nothing but what belongs to an account; those without an account_id go by what they hang on. */
async function tablesOf(ctx: Context): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attname = 'account_id' and not a.attisdropped
      and c.relname not in ('inboxes', 'portals') order by c.relname`.execute(ctx.db)
  return rows.map((row) => row.name)
}

/** What has no account_id of its own. */
const CHILDREN: [table: string, parent: string, key: string][] = [
  ['inbox_members', 'inboxes', 'inbox_id'],
  ['contact_inboxes', 'inboxes', 'inbox_id'],
  ['inbox_assignment_policies', 'inboxes', 'inbox_id'],
  ['inbox_capacity_limits', 'inboxes', 'inbox_id'],
  ['captain_inboxes', 'inboxes', 'inbox_id'],
  ['parley.assignment_turns', 'inboxes', 'inbox_id'],
  ['team_members', 'teams', 'team_id'],
  ['portals_members', 'portals', 'portal_id'],
  ['article_embeddings', 'articles', 'article_id'],
  ['related_categories', 'categories', 'category_id'],
  ['parley.drafts', 'conversations', 'conversation_id'],
]

/** An account and all it holds: people stay, their membership goes. */
export async function deleteAccount(ctx: Context, { account_id: id }: { account_id: number }): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(ctx.db)
  const { rows: blobs } = await sql<{ blob_id: number }>`
    delete from active_storage_attachments s using (
      select 'Attachment' as type, id from attachments where account_id = ${id}
      union all select 'Contact', id from contacts where account_id = ${id}
      union all select 'Inbox', id from inboxes where account_id = ${id}
      union all select 'AgentBot', id from agent_bots where account_id = ${id}
      union all select 'AutomationRule', id from automation_rules where account_id = ${id}
      union all select 'Macro', id from macros where account_id = ${id}
      union all select 'Article', id from articles where account_id = ${id}
      union all select 'Portal', id from portals where account_id = ${id}
      union all select 'Account', ${id}::bigint) gone
    where s.record_type = gone.type and s.record_id = gone.id returning blob_id`.execute(ctx.db)
  if (blobs.length) ctx.later('blobs.purge', { blob_ids: blobs.map((row) => row.blob_id) })
  for (const [table, parent, key] of CHILDREN) {
    await run(
      sql`delete from ${sql.table(table)} c using ${sql.table(parent)} p where p.id = c.${sql.ref(key)} and p.account_id = ${id}`,
    )
  }
  await run(
    sql`delete from taggings using conversations c where c.id = taggable_id and taggable_type = 'Conversation' and c.account_id = ${id}`,
  )
  await run(
    sql`delete from taggings using contacts c where c.id = taggable_id and taggable_type = 'Contact' and c.account_id = ${id}`,
  )
  await run(
    sql`delete from access_tokens using agent_bots b where b.id = owner_id and owner_type = 'AgentBot' and b.account_id = ${id}`,
  )
  for (const table of ['deliveries', 'events', 'cache_keys', 'presences', 'contact_counts']) {
    await run(sql`delete from ${sql.table(`parley.${table}`)} where account_id = ${id}`)
  }
  for (const table of [...(await tablesOf(ctx)), 'inboxes', 'portals']) {
    await run(sql`delete from ${sql.table(table)} where account_id = ${id}`)
  }
  await run(sql`delete from accounts where id = ${id}`)
  await run(sql`drop sequence if exists ${sql.table(`conv_dpid_seq_${id}`)}, ${sql.table(`camp_dpid_seq_${id}`)}`)
}
