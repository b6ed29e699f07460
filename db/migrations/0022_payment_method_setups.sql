-- Setups: a payment method, or a mandate, kept without a payment. A setup is a lifecycle.
-- Locks: a new table.

create table payment_method_setups (
  id text collate "C" not null constraint payment_method_setups_pkey primary key,
  account_id text collate "C" not null constraint payment_method_setups_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint payment_method_setups_workflow_id_key unique,
  revision bigint not null constraint payment_method_setups_revision_positive check (revision > 0),
  gateway text not null,
  mode text not null constraint payment_method_setups_mode_known check (mode in ('upi', 'card')),
  currency char(3) not null,
  ceiling_micros bigint constraint payment_method_setups_ceiling_positive check (ceiling_micros > 0), -- of one later charge
  status text not null constraint payment_method_setups_status_known check (status in ('pending', 'open', 'completed', 'expired')),
  asked_at timestamptz not null,
  opens_tried int not null,
  checks_made int not null,
  gateway_setup_id text collate "C",
  url text,
  payment_method_id text collate "C" constraint payment_method_setups_payment_method_id_fkey references payment_methods,
  completed_at timestamptz,
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint payment_method_setups_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint payment_method_setups_gateway_key unique (gateway, gateway_setup_id),
  constraint payment_method_setups_open_have_a_page check (status <> 'open' or num_nonnulls(gateway_setup_id, url) = 2),
  constraint payment_method_setups_completed_keep_a_method check (
    (status = 'completed') = (payment_method_id is not null) and (payment_method_id is null) = (completed_at is null))
);
create index payment_method_setups_by_account on payment_method_setups (account_id, created_at desc, id desc);
create index payment_method_setups_due on payment_method_setups (next_action_at) where next_action_at is not null;

alter table payment_method_setups enable row level security, force row level security;
create policy payment_method_setups_of_tenant on payment_method_setups using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on payment_method_setups to tollgate_app;
