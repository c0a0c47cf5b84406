-- Visitors who proved who they are when they arrived. Chatwoot checks that proof and forgets it.
create table parley.proofs (contact_inbox_id bigint primary key);
