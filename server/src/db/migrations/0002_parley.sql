-- What Parley keeps beside Chatwoot's tables.
create schema if not exists parley;

-- The log of events: one row for everything that happened, in the transaction in which it happened.
create table parley.events (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  account_id integer,
  name text not null,
  inbox_id integer,
  conversation_id integer,
  data jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index events_account on parley.events (account_id, id);
create index events_created on parley.events using brin (created_at);

-- Events on their way to webhooks and bots. A row is deleted when it has arrived.
create table parley.deliveries (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  event_id bigint not null,
  event_name text not null,
  account_id integer not null,
  kind text not null check (kind in ('account', 'inbox', 'bot')),
  endpoint_id bigint not null,
  stream text not null,
  data jsonb not null,
  -- The bytes of the first attempt; a retry sends the same.
  body text,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  locked_until timestamptz,
  last_error text,
  created_at timestamptz not null default now()
);
create index deliveries_due on parley.deliveries (next_attempt_at);
create index deliveries_stream on parley.deliveries (kind, endpoint_id, stream, seq);
create index deliveries_event on parley.deliveries (event_id);

-- How far the frames of the socket server went, and whether it ended in order.
create table parley.cable_cursor (
  id boolean primary key default true check (id),
  event_id bigint not null default 0,
  clean boolean not null default false,
  updated_at timestamptz not null default now()
);

-- Login links: single use, five minutes.
create table parley.sso_tokens (
  token_digest text primary key,
  user_id bigint not null,
  expires_at timestamptz not null
);

-- Tries that are counted: sign-ins, password resets.
create table parley.attempts (
  key text primary key,
  count integer not null,
  resets_at timestamptz not null
);

-- When a list that clients keep was last changed.
create table parley.cache_keys (
  account_id integer not null,
  model text not null,
  stamp bigint not null,
  primary key (account_id, model)
);

-- Who has a socket open, for the other processes.
create unlogged table parley.presences (
  account_id integer not null,
  kind text not null check (kind in ('user', 'contact')),
  subject_id bigint not null,
  seen_at timestamptz not null,
  primary key (account_id, kind, subject_id)
);

-- One unsent text for each conversation.
create table parley.drafts (
  conversation_id bigint primary key,
  message text not null,
  updated_at timestamptz not null default now()
);

-- When each member of an inbox was last given a conversation in turn.
create table parley.assignment_turns (
  inbox_id integer not null,
  user_id integer not null,
  taken_at timestamptz not null,
  primary key (inbox_id, user_id)
);

-- Lists and their counts are read from this index alone.
create index parley_conversations_list on public.conversations (account_id, status, last_activity_at desc)
  include (id, inbox_id, assignee_id, assignee_agent_bot_id);
create index parley_messages_page on public.messages (conversation_id, id);
