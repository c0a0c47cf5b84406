-- The processes that share this database. One that is gone without having left is found by the lock that it no longer holds.
create table parley.processes (
  id uuid primary key,
  -- Up to which event its frames have gone out; null where it has no sockets.
  event_id bigint,
  -- By which name it takes jobs.
  pool text,
  joined_at timestamptz not null default now(),
  -- When another found it gone.
  gone_at timestamptz
);
drop table parley.cable_cursor;
