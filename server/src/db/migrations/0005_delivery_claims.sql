-- What is due is looked for endpoint by endpoint, so that the backlog of one that hangs is not read for the others.
create index deliveries_claim on parley.deliveries (kind, endpoint_id, next_attempt_at, seq);
drop index parley.deliveries_due;
