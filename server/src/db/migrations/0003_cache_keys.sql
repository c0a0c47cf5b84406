-- Chatwoot keeps in Redis when a list was last changed. Of a database that it leaves, the rows say the same: clients that were
-- up to date still are.
insert into parley.cache_keys (account_id, model, stamp)
select account_id, model, floor(extract(epoch from max(changed.updated_at)))
from (
  select account_id, 'label' as model, updated_at from labels
  union all select account_id, 'inbox', updated_at from inboxes
  union all select i.account_id, 'inbox', m.updated_at from inbox_members m join inboxes i on i.id = m.inbox_id
  union all select account_id, 'team', updated_at from teams
  union all select t.account_id, 'team', m.updated_at from team_members m join teams t on t.id = m.team_id
) changed
join accounts a on a.id = account_id
group by account_id, model
on conflict (account_id, model) do nothing;
