-- The answers to requests that may come again: a repeat is given the first one's.
create table parley.answers (
  key text primary key,
  fingerprint text not null,
  -- As it was sent, in the order of its keys.
  body json,
  expires_at timestamptz not null
);
create index answers_expiry on parley.answers (expires_at);
