-- Members of an account's team: agents and supervisors take seats of its plan, admins do not.
-- Locks: a new table.

create table members (
  account_id text collate "C" not null constraint members_account_id_fkey references accounts,
  id text collate "C" not null, -- The client's; it says nothing to us.
  role text not null constraint members_role_known check (role in ('agent', 'supervisor', 'admin')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint members_pkey primary key (account_id, id)
);
create index members_newest on members (account_id, created_at desc, id desc);

alter table members enable row level security, force row level security;
create policy members_of_tenant on members using (
  (select tenant_scope()) = 'system' or account_id = (select tenant_account_id()) or sees_account(account_id)
);
grant select, insert, delete on members to tollgate_app;
grant update (role, updated_at) on members to tollgate_app;
