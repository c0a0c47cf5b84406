import type { Pool } from 'pg'

/** A row that was written, and why that is worth a look. */
export interface Seen {
  why: 'foreign' | 'other contact' | 'protected' | 'undeclared' | 'inside out'
  what: 'INSERT' | 'UPDATE' | 'DELETE'
  relation: string
  id: number
  /** Of an update, what changed. */
  columns: string[]
}

/** Stand in fields that no operation declares; a row that holds one was written by them. */
export const UNDECLARED = { text: 'zqundeclared', number: 1_999_999_937, time: '1987-06-05T04:03:02Z' }

/**
 * Lets the database itself note every write to a row of somebody else, or that refers to one; to a column that no request may change;
 * and of what stood in an undeclared field. It sees what cascades, jobs and later reads would hide.
 */
export async function beginAudit(pool: Pool): Promise<void> {
  await pool.query(AUDIT)
}

/** What belongs to the other account, and to another contact of this one. */
export async function guard(pool: Pool, accountId: number, contactId: number): Promise<void> {
  await pool.query(GUARDED.replaceAll('$1', String(accountId)).replaceAll('$2', String(contactId)))
}

/** Fails where a write to the other account would go unseen. */
export async function proveAudit(pool: Pool, accountId: number): Promise<void> {
  await pool.query('update accounts set name = name || $2 where id = $1', [accountId, '.'])
  const seen = await takeSeen(pool)
  if (!seen.some(({ why, relation }) => why === 'foreign' && relation === 'accounts'))
    throw new Error('the audit is blind')
}

/** What was noted since it was asked last. */
export async function takeSeen(pool: Pool): Promise<Seen[]> {
  const { rows } = await pool.query<Seen>({
    name: 'seen',
    text: 'select distinct why, what, relation, id::integer, columns from attack.seen order by why, relation, what',
  })
  if (rows.length) await pool.query('truncate attack.seen')
  return rows
}

const GUARDED = `
  delete from attack.guarded;
  do $do$
  declare relation text;
  begin
    for relation in
      select w.relation from attack.watched w join information_schema.columns c
        on c.table_schema = 'public' and c.table_name = w.relation and c.column_name = 'account_id'
    loop
      execute format('insert into attack.guarded select %L, id, %L from public.%I where account_id = $1', relation, 'foreign', relation);
    end loop;
  end $do$;
  insert into attack.guarded
  select distinct kind, id, 'foreign' from (
    select 'accounts' as kind, $1::bigint as id
    union all select 'users', user_id from account_users where account_id = $1
    union all select 'contact_inboxes', ci.id from contact_inboxes ci join contacts c on c.id = ci.contact_id where c.account_id = $1
  ) as theirs;
  insert into attack.guarded
  select kind, id, 'other contact' from (
    select 'contacts' as kind, $2::bigint as id
    union all select 'contact_inboxes', id from contact_inboxes where contact_id = $2
    union all select 'conversations', id from conversations where contact_id = $2
    union all select 'messages', m.id from messages m join conversations c on c.id = m.conversation_id where c.contact_id = $2
  ) as others`

const AUDIT = `
  create schema attack;
  grant all on schema attack to public;
  create table attack.guarded (kind text, id bigint, why text, primary key (kind, id, why));
  create table attack.watched (relation text);
  create unlogged table attack.seen (why text, what text, relation text, id bigint, columns text[]);

  -- The names by which columns refer to records.
  create table attack.referring (name text, kind text);
  insert into attack.referring values
    ('account_id', 'accounts'), ('user_id', 'users'), ('assignee_id', 'users'), ('inbox_id', 'inboxes'), ('contact_id', 'contacts'),
    ('contact_inbox_id', 'contact_inboxes'), ('conversation_id', 'conversations'), ('message_id', 'messages'), ('team_id', 'teams'),
    ('agent_bot_id', 'agent_bots'), ('label_id', 'labels'), ('portal_id', 'portals'), ('category_id', 'categories'), ('article_id', 'articles'),
    ('campaign_id', 'campaigns'), ('author_id', 'users'), ('created_by_id', 'users'), ('updated_by_id', 'users');
  create table attack.naming (name text);
  insert into attack.naming values ('owner'), ('taggable'), ('record'), ('primary_actor'), ('secondary_actor'), ('sender'), ('permissible');
  create table attack.kinds (class text, kind text);
  insert into attack.kinds values ('Account', 'accounts'), ('User', 'users'), ('Inbox', 'inboxes'), ('Contact', 'contacts'),
    ('Conversation', 'conversations'), ('Message', 'messages'), ('Team', 'teams'), ('AgentBot', 'agent_bots');

  create function attack.look() returns trigger language plpgsql security definer as $$
  declare
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    changed text[] := array(select key from jsonb_each(after) where before is not null and value is distinct from before -> key order by 1);
    picture text := case when before is null then after else (select jsonb_object_agg(key, value) from jsonb_each(after) where key = any(changed)) end::text;
  begin
    if tg_op = 'UPDATE' and changed = '{}' then return null; end if;
    insert into attack.seen
      select distinct g.why, tg_op, tg_table_name, (coalesce(after, before) ->> 'id')::bigint, changed
      from (values (before), (after)) as rows (row)
      cross join lateral (
        select 'id' as name, tg_table_name as kind, row ->> 'id' as id
        union all select name, kind, row ->> name from attack.referring
        union all select n.name, k.kind, row ->> (n.name || '_id') from attack.naming n join attack.kinds k on k.class = row ->> (n.name || '_type')
      ) as named
      join attack.guarded g on g.kind = named.kind and g.id = named.id::bigint
      -- Who says that they are another contact is one with it for agents: that is no harm while nothing of it is touched.
      where row is not null and (g.why = 'foreign' or named.name in ('id', 'conversation_id'));
    if changed && array['id', 'account_id', 'created_at', 'type', 'token', 'pubsub_token', 'hmac_token', 'website_token', 'uuid', 'display_id', 'key'] then
      insert into attack.seen values ('protected', tg_op, tg_table_name, (after ->> 'id')::bigint, changed);
    end if;
    if picture like '%${UNDECLARED.text}%' or picture like '%${UNDECLARED.number}%' or picture like '%1987-06-05T04:03:02%' then
      insert into attack.seen values ('undeclared', tg_op, tg_table_name, (after ->> 'id')::bigint, changed);
    end if;
    -- A file as the server holds it, written where JSON belongs.
    if picture like '%"type": "Buffer"%' then
      insert into attack.seen values ('inside out', tg_op, tg_table_name, (after ->> 'id')::bigint, changed);
    end if;
    return null;
  end $$;

  do $$
  declare relation text;
  begin
    for relation in
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind = 'r' and exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'id' and a.atttypid in ('int4'::regtype, 'int8'::regtype))
    loop
      insert into attack.watched values (relation);
      execute format('create trigger attack_look after insert or update or delete on public.%I for each row execute function attack.look()', relation);
    end loop;
  end $$`
