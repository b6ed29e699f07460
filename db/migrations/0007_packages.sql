-- Message packages and minute bundles: what is sold, and what accounts bought. A bought one is a lifecycle.
-- What is sold belongs to no tenant.
-- Locks: new tables; transfers against writes while its index is built.

-- One offer per currency: a code means the same package wherever it is sold.
create table message_packages (
  code text collate "C" not null constraint message_packages_code_spelling check (code ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  currency char(3) not null,
  name text not null,
  messages bigint not null constraint message_packages_messages_positive check (messages > 0),
  amount_micros bigint not null constraint message_packages_amount_micros_positive check (amount_micros > 0),
  validity_days int not null constraint message_packages_validity_days_positive check (validity_days > 0),
  channels text[], -- which channels' messages it pays for; null: all of them
  archived_at timestamptz,
  created_at timestamptz not null,
  constraint message_packages_pkey primary key (code, currency)
);

create table minute_bundles (
  code text collate "C" not null constraint minute_bundles_code_spelling check (code ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  currency char(3) not null,
  name text not null,
  minutes bigint not null constraint minute_bundles_minutes_positive check (minutes > 0),
  amount_micros bigint not null constraint minute_bundles_amount_micros_positive check (amount_micros > 0),
  up_front_fee_micros bigint not null constraint minute_bundles_up_front_fee_micros_not_negative check (up_front_fee_micros >= 0),
  validity_days int constraint minute_bundles_validity_days_positive check (validity_days > 0), -- null: ends with the plan's paid period
  archived_at timestamptz,
  created_at timestamptz not null,
  constraint minute_bundles_pkey primary key (code, currency)
);

-- What was bought, as it was sold: a later change of the catalogue touches none. The units are in the bucket.
create table packages (
  id text collate "C" not null constraint packages_pkey primary key,
  account_id text collate "C" not null constraint packages_account_id_fkey references accounts,
  order_id text collate "C" not null constraint packages_order_id_fkey references orders,
  workflow_id text collate "C" not null constraint packages_workflow_id_key unique,
  revision bigint not null constraint packages_revision_positive check (revision > 0),
  kind text not null constraint packages_kind_known check (kind in ('message_package', 'minute_bundle')),
  code text collate "C" not null,
  name text not null,
  units bigint not null constraint packages_units_positive check (units > 0), -- messages or minutes
  currency char(3) not null,
  price_micros bigint not null constraint packages_price_micros_positive check (price_micros > 0),
  bucket text collate "C" not null constraint packages_bucket_key unique,
  time_zone text not null,
  purchased_at timestamptz not null,
  expires_at timestamptz not null,
  status text not null constraint packages_status_known check (status in ('active', 'expired', 'voided')),
  warned_days int, -- the last warning that was due, in days before the end
  ended_at timestamptz,
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint packages_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint packages_life_is_half_open check (purchased_at < expires_at),
  constraint packages_ended_say_when check ((status = 'active') = (ended_at is null)),
  constraint packages_ended_wait_for_nothing check (status = 'active' or next_action_at is null)
);
create index packages_by_account on packages (account_id, created_at desc, id desc);
create index packages_by_order on packages (order_id);
create index packages_due on packages (next_action_at) where next_action_at is not null;
-- What was forfeited of a bucket, for the history of a package.
create index transfers_forfeited on transfers (ledger_id, debit) where kind = 'expiry';

alter table packages enable row level security, force row level security;
create policy packages_of_tenant on packages using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on message_packages, minute_bundles, packages to tollgate_app;
