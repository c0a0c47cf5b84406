import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'

/** Tables that hold nothing but what belongs to an account; those without an account_id go by what they hang on. */
async function tablesOf(ctx: Context): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attname = 'account_id' and not a.attisdropped
      and c.relname not in ('inboxes', 'portals') order by c.relname`.execute(ctx.db)
  return rows.map((row) => row.name)
}

/** An account and all it holds: people stay, their membership goes. */
export async function deleteAccount(ctx: Context, { account_id: id }: { account_id: number }): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(ctx.db)
  const { rows: blobs } = await sql<{ blob_id: number }>`
    delete from active_storage_attachments s using (
      select 'Attachment' as type, id from attachments where account_id = ${id}
      union all select 'Contact', id from contacts where account_id = ${id}
      union all select 'Inbox', id from inboxes where account_id = ${id}
      union all select 'AgentBot', id from agent_bots where account_id = ${id}) gone
    where s.record_type = gone.type and s.record_id = gone.id returning blob_id`.execute(ctx.db)
  if (blobs.length) ctx.later('blobs.purge', { blob_ids: blobs.map((row) => row.blob_id) })
  await run(sql`delete from inbox_members using inboxes i where i.id = inbox_members.inbox_id and i.account_id = ${id}`)
  await run(sql`delete from contact_inboxes using inboxes i where i.id = contact_inboxes.inbox_id and i.account_id = ${id}`)
  await run(sql`delete from team_members using teams t where t.id = team_members.team_id and t.account_id = ${id}`)
  await run(sql`delete from taggings using conversations c where c.id = taggable_id and taggable_type = 'Conversation' and c.account_id = ${id}`)
  await run(sql`delete from taggings using contacts c where c.id = taggable_id and taggable_type = 'Contact' and c.account_id = ${id}`)
  await run(sql`delete from access_tokens using agent_bots b where b.id = owner_id and owner_type = 'AgentBot' and b.account_id = ${id}`)
  await run(sql`delete from parley.deliveries where account_id = ${id}`)
  await run(sql`delete from parley.events where account_id = ${id}`)
  await run(sql`delete from parley.cache_keys where account_id = ${id}`)
  for (const table of [...(await tablesOf(ctx)), 'inboxes', 'portals']) {
    await run(sql`delete from ${sql.table(table)} where account_id = ${id}`)
  }
  await run(sql`delete from accounts where id = ${id}`)
  await run(sql`drop sequence if exists ${sql.table(`conv_dpid_seq_${id}`)}, ${sql.table(`camp_dpid_seq_${id}`)}`)
}
