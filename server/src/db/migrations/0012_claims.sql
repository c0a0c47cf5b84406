-- What visitors said of themselves who share a contact with others and have not proven to be it: that is what they are shown of it.
create table parley.claims (
  contact_inbox_id bigint primary key,
  -- The row of `contacts` that they would have by themselves.
  said jsonb not null,
  -- The e-mail address, telephone number or identifier that led them to the contact; null where they were there before the others.
  claimed text
);
