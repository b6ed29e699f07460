-- Wallets that fill themselves from a saved payment method: one row per account, with a life of its own.
-- Locks: new tables only.

create table auto_recharges (
  id text collate "C" not null constraint auto_recharges_pkey primary key, -- the account's
  account_id text collate "C" not null constraint auto_recharges_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint auto_recharges_workflow_id_key unique,
  revision bigint not null constraint auto_recharges_revision_positive check (revision > 0),
  time_zone text not null,
  currency char(3) not null,
  threshold_micros bigint not null constraint auto_recharges_threshold_not_negative check (threshold_micros >= 0),
  amount_micros bigint not null constraint auto_recharges_amount_positive check (amount_micros > 0),
  monthly_cap_micros bigint not null constraint auto_recharges_monthly_cap_not_negative check (monthly_cap_micros >= 0),
  payment_method_id text collate "C" constraint auto_recharges_payment_method_id_fkey references payment_methods, -- null: the default
  is_enabled boolean not null,
  status text not null constraint auto_recharges_status_known check (status in ('armed', 'charging', 'backing_off', 'cap_reached', 'stopped')),
  reason text not null, -- our words: why it stands so
  crossed_at timestamptz, -- the balance fell below the threshold, and nobody has looked yet
  charge_number bigint not null constraint auto_recharges_charge_number_positive check (charge_number > 0),
  collection jsonb not null, -- the charge of the method that is planned or under way
  charged_month date not null constraint auto_recharges_charged_month_is_a_first check (extract(day from charged_month) = 1),
  charged_micros bigint not null constraint auto_recharges_charged_not_negative check (charged_micros >= 0), -- in that month, with tax
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint auto_recharges_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint auto_recharges_one_per_account check (id = account_id),
  constraint auto_recharges_off_are_stopped check (is_enabled or status = 'stopped'),
  constraint auto_recharges_noted_are_charging check (crossed_at is null or status = 'charging')
);
create index auto_recharges_by_account on auto_recharges (account_id);
create index auto_recharges_due on auto_recharges (next_action_at) where next_action_at is not null;
create index auto_recharges_noted on auto_recharges (crossed_at) where crossed_at is not null;

alter table auto_recharges enable row level security, force row level security;
create policy auto_recharges_of_tenant on auto_recharges using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on auto_recharges to tollgate_app;
