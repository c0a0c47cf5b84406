-- An account's events are numbered in the order of their commits: nobody has to ask which transactions were open.
alter table parley.events drop column xid;
