-- Phone numbers: rented from a carrier by the month for an account, put on hold when the rent is not paid,
-- given back after grace.
-- Locks: a new table.

create table phone_numbers (
  id text collate "C" not null constraint phone_numbers_pkey primary key,
  account_id text collate "C" not null constraint phone_numbers_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint phone_numbers_workflow_id_key unique,
  revision bigint not null constraint phone_numbers_revision_positive check (revision > 0),
  order_id text collate "C" not null constraint phone_numbers_order_id_fkey references orders,
  order_item_id text collate "C" not null,
  number text collate "C" not null constraint phone_numbers_number_spelling check (number ~ '^\+[1-9][0-9]{4,14}$'),
  country char(2) not null,
  capabilities text[] not null,
  carrier text not null constraint phone_numbers_carrier_known check (carrier in ('sandbox', 'twilio')),
  carrier_lease_id text collate "C",
  rent_micros bigint not null constraint phone_numbers_rent_micros_not_negative check (rent_micros >= 0),
  currency char(3) not null,
  time_zone text not null,
  anchor_at timestamptz not null,
  period_number int not null constraint phone_numbers_period_number_not_negative check (period_number >= 0),
  period_starts_at timestamptz not null,
  period_ends_at timestamptz not null,
  grace jsonb not null, -- the carrier's policy as it was when the number was ordered
  auto_pay boolean not null,
  status text not null constraint phone_numbers_status_known check (status in ('pending', 'active', 'on_hold', 'releasing', 'released', 'failed')),
  hold jsonb,
  due_since timestamptz,
  retries_made int not null constraint phone_numbers_retries_made_not_negative check (retries_made >= 0),
  money_arrived_at timestamptz,
  is_release_told boolean not null,
  collection jsonb not null, -- charges of a saved method, and the notices before them
  priority int, -- the account's own order: whose rent is paid first; null: after those that have one
  ordered_at timestamptz not null,
  activated_at timestamptz,
  release_cause text constraint phone_numbers_release_cause_known check (release_cause in ('asked', 'grace_ended', 'lacks_capability', 'not_delivered', 'operator')),
  release_started_at timestamptz,
  released_at timestamptz,
  asks_made int not null constraint phone_numbers_asks_made_not_negative check (asks_made >= 0),
  failure_reason text,
  operator_note text, -- our words, never a person's
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint phone_numbers_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint phone_numbers_order_item_key unique (order_id, order_item_id),
  constraint phone_numbers_period_is_half_open check (period_starts_at < period_ends_at),
  constraint phone_numbers_hold_says_why check (status <> 'on_hold' or hold is not null),
  constraint phone_numbers_released_once_known check ((status = 'released') = (released_at is not null)),
  constraint phone_numbers_failed_say_why check (status <> 'failed' or failure_reason is not null),
  -- A charge that was under way when it was released is still looked after: its money is the customer's.
  constraint phone_numbers_ended_waits_for_charges_only check (status not in ('released', 'failed') or next_action_at is null or next_action_kind in ('collect_payment', 'check_payment'))
);
create unique index phone_numbers_one_open_per_number on phone_numbers (number) where status not in ('released', 'failed');
create index phone_numbers_by_account on phone_numbers (account_id, created_at desc, id desc);
create index phone_numbers_due on phone_numbers (next_action_at) where next_action_at is not null;

alter table phone_numbers enable row level security, force row level security;
create policy phone_numbers_of_tenant on phone_numbers using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);


grant select, insert, update on phone_numbers to tollgate_app;
