-- How many contacts the lists of an account have: to count them takes longer with each contact.
create table parley.contact_counts (
  account_id integer primary key,
  -- Those that can be known again: with an e-mail, a telephone number or an identifier.
  known bigint not null,
  leads bigint not null
) with (fillfactor = 50);

create function parley.is_known(contact contacts) returns integer language sql immutable as $$
  select ((contact.email <> '' or contact.phone_number <> '' or contact.identifier <> '') is true)::integer
$$;

create function parley.is_lead(contact contacts) returns integer language sql immutable as $$
  select (contact.contact_type is not distinct from 1)::integer
$$;

create function parley.count_contacts() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into parley.contact_counts as counts (account_id, known, leads)
      select c.account_id, sum(parley.is_known(c)), sum(parley.is_lead(c)) from added c group by 1 order by 1
      on conflict (account_id) do update set known = counts.known + excluded.known, leads = counts.leads + excluded.leads;
  elsif tg_op = 'DELETE' then
    update parley.contact_counts counts set known = counts.known - gone.known, leads = counts.leads - gone.leads
      from (select c.account_id, sum(parley.is_known(c)) as known, sum(parley.is_lead(c)) as leads from removed c group by 1) gone
      where counts.account_id = gone.account_id;
  else
    update parley.contact_counts set known = known - parley.is_known(old) + parley.is_known(new),
      leads = leads - parley.is_lead(old) + parley.is_lead(new) where account_id = new.account_id;
  end if;
  return null;
end $$;

create trigger parley_contacts_added after insert on contacts referencing new table as added
  for each statement execute function parley.count_contacts();
create trigger parley_contacts_removed after delete on contacts referencing old table as removed
  for each statement execute function parley.count_contacts();
create trigger parley_contacts_changed after update of email, phone_number, identifier, contact_type on contacts
  for each row when (parley.is_known(old) <> parley.is_known(new) or parley.is_lead(old) <> parley.is_lead(new))
  execute function parley.count_contacts();

-- No contact comes between the count and the triggers: both are there when this is committed, and the triggers lock the table.
insert into parley.contact_counts (account_id, known, leads)
  select c.account_id, sum(parley.is_known(c)), sum(parley.is_lead(c)) from contacts c group by 1;
