-- What a workflow conducts: subscriptions, orders and their payments; the operations that were done;
-- events out and webhooks in. Each lifecycle row holds its state and what happens to it next.
-- Locks: new tables only.

-- One row per operation of a lifecycle: the same key answers the stored answer, never acts twice.
create table operations (
  key text collate "C" not null constraint operations_pkey primary key, -- <workflow id>/<operation>/<instant or request id>
  account_id text collate "C" not null constraint operations_account_id_fkey references accounts,
  command_hash bytea not null,
  answer jsonb not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null
);
create index operations_by_account on operations (account_id, recorded_at);

-- What a person wrote with a command. Workflow histories carry its id, never its words.
create table command_notes (
  id text collate "C" not null constraint command_notes_pkey primary key,
  account_id text collate "C" not null constraint command_notes_account_id_fkey references accounts,
  words text not null constraint command_notes_words_length check (length(words) between 1 and 500),
  created_at timestamptz not null
);

create table subscriptions (
  id text collate "C" not null constraint subscriptions_pkey primary key,
  account_id text collate "C" not null constraint subscriptions_account_id_fkey references accounts, -- who pays
  serves_account_id text collate "C" not null constraint subscriptions_serves_account_id_fkey references accounts, -- who has the plan
  workflow_id text collate "C" not null constraint subscriptions_workflow_id_key unique,
  revision bigint not null constraint subscriptions_revision_positive check (revision > 0),
  track text not null constraint subscriptions_track_known check (track in ('plan', 'support')),
  plan_code text collate "C" not null,
  plan_name text not null,
  plan_version int not null,
  cycle text not null constraint subscriptions_cycle_known check (cycle in ('monthly', 'quarterly', 'yearly')),
  price_micros bigint not null constraint subscriptions_price_micros_not_negative check (price_micros >= 0),
  currency char(3) not null,
  bears_tax boolean not null,
  time_zone text not null,
  anchor_at timestamptz not null,
  period_number int not null constraint subscriptions_period_number_known check (period_number >= -1), -- -1: the first period from the anchor is owed
  period_starts_at timestamptz not null,
  period_ends_at timestamptz not null,
  periods_before int not null constraint subscriptions_periods_before_not_negative check (periods_before >= 0),
  paid_micros bigint not null, -- below zero when more was refunded than was paid for the days since paid_from
  paid_from timestamptz not null, -- until period_ends_at: what paid_micros was paid for
  changes_made int not null,
  scheduled_change jsonb,
  allowance_month int not null,
  allowance_debts jsonb not null,
  fee_grants jsonb not null, -- units this month's fee found or was granted: binds what a credit gives back
  status text not null constraint subscriptions_status_known check (status in ('active', 'past_due', 'suspended', 'paused', 'ended')),
  cancels_at_period_end boolean not null,
  cancel_reason text,
  pauses_at_period_end boolean not null,
  paused_at timestamptz,
  resumes_at timestamptz,
  dunning jsonb not null,
  due_since timestamptz,
  retries_made int not null,
  money_arrived_at timestamptz,
  suspended_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  collection jsonb not null, -- charges of a saved method, and the notices before them
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint subscriptions_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint subscriptions_plan_version_fkey foreign key (plan_code, plan_version) references plan_versions,
  constraint subscriptions_period_is_half_open check (period_starts_at < period_ends_at),
  -- A charge that was under way when it ended is still looked after: its money is the customer's.
  constraint subscriptions_ended_waits_for_charges_only check (status <> 'ended' or next_action_at is null or next_action_kind in ('collect_payment', 'check_payment'))
);
create unique index subscriptions_one_open_per_track on subscriptions (serves_account_id, track) where status <> 'ended';
create index subscriptions_by_account on subscriptions (account_id, created_at desc, id desc);
create index subscriptions_served on subscriptions (serves_account_id, created_at desc, id desc) where serves_account_id <> account_id;
create index subscriptions_due on subscriptions (next_action_at) where next_action_at is not null;

create table orders (
  id text collate "C" not null constraint orders_pkey primary key,
  account_id text collate "C" not null constraint orders_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint orders_workflow_id_key unique,
  revision bigint not null constraint orders_revision_positive check (revision > 0),
  kind text not null constraint orders_kind_known check (kind in ('top_up', 'purchase')),
  target text constraint orders_target_known check (target in ('wallet', 'whatsapp_balance', 'unique_visitors')), -- of a top-up
  visitors int constraint orders_visitors_positive check (visitors > 0), -- of a top-up of them
  note text, -- our words: what was made of the wish
  pays_for_kind text, -- of a payment link: what is owed; any kind of lifecycle
  pays_for_id text collate "C",
  currency char(3) not null,
  subtotal_micros bigint not null constraint orders_subtotal_micros_positive check (subtotal_micros > 0),
  tax_total_micros bigint not null,
  round_off_micros bigint not null,
  total_micros bigint not null constraint orders_total_micros_positive check (total_micros > 0),
  lines jsonb not null,
  tax_lines jsonb not null,
  taxation jsonb not null, -- as it was when the order was placed
  gateway text not null,
  mode text constraint orders_mode_known check (mode in ('upi', 'card', 'wallet')),
  status text not null constraint orders_status_known check (status in ('draft', 'awaiting_payment', 'paid', 'failed', 'expired', 'fulfilled', 'refunded')),
  placed_at timestamptz not null,
  pay_asked_at timestamptz, -- when the customer asked to pay it; a top-up: at once
  expires_at timestamptz not null,
  checkout_id text collate "C",
  checkout_url text,
  checkout_attempts int not null,
  checks_made int not null,
  asks_unanswered int not null, -- in a row, when it was to be closed
  paid_at timestamptz,
  item_checks_made int not null,
  failure_reason text,
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint orders_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint orders_payment_links_are_top_ups check (
    (pays_for_kind is null) = (pays_for_id is null) and (pays_for_id is null or kind = 'top_up')),
  constraint orders_target_of_top_ups check ((kind = 'top_up') = (target is not null)),
  constraint orders_visitors_of_their_top_ups check (coalesce(target = 'unique_visitors', false) = (visitors is not null)),
  constraint orders_checkout_key unique (gateway, checkout_id),
  constraint orders_adds_up check (total_micros = subtotal_micros + tax_total_micros + round_off_micros)
);
create index orders_by_account on orders (account_id, created_at desc, id desc);
create index orders_paying_for on orders (pays_for_id) where pays_for_id is not null;
create index orders_due on orders (next_action_at) where next_action_at is not null;

-- What a purchase is of. Its figures are fixed when it is placed; delivery_id is the id that the package or
-- number gets, so that a delivery that is repeated is the same one.
create table order_items (
  id text collate "C" not null constraint order_items_pkey primary key,
  account_id text collate "C" not null constraint order_items_account_id_fkey references accounts,
  order_id text collate "C" not null constraint order_items_order_id_fkey references orders,
  place int not null constraint order_items_place_positive check (place > 0),
  kind text not null constraint order_items_kind_known check (kind in ('message_package', 'minute_bundle', 'phone_number')),
  delivery_id text collate "C" not null constraint order_items_delivery_id_key unique,
  name text not null,
  currency char(3) not null,
  price_micros bigint not null constraint order_items_price_micros_not_negative check (price_micros >= 0),
  up_front_fee_micros bigint not null constraint order_items_up_front_fee_micros_not_negative check (up_front_fee_micros >= 0),
  code text collate "C", -- of a package
  units bigint constraint order_items_units_positive check (units > 0), -- messages or minutes
  validity_days int constraint order_items_validity_days_positive check (validity_days > 0),
  channels text[], -- whose messages a package pays for; null: those of every channel
  number text collate "C", -- of a phone number, E.164
  country char(2),
  capabilities text[],
  required_capabilities text[],
  status text not null constraint order_items_status_known check (status in ('pending', 'ordered', 'delivered', 'failed', 'refunded')),
  settled_at timestamptz,
  failure_reason text,
  refund_id text collate "C",
  constraint order_items_place_key unique (order_id, place),
  constraint order_items_of_one_kind check (
    (kind = 'phone_number' and num_nonnulls(number, country, capabilities, required_capabilities) = 4 and num_nonnulls(code, units) = 0)
    or (kind <> 'phone_number' and num_nonnulls(code, units) = 2 and num_nonnulls(number, country, capabilities, required_capabilities) = 0)
  ),
  constraint order_items_settled_at_an_instant check ((status in ('pending', 'ordered')) = (settled_at is null)),
  constraint order_items_failed_say_why check ((status in ('failed', 'refunded')) = (failure_reason is not null))
);
create index order_items_by_account on order_items (account_id);

create table payments (
  id text collate "C" not null constraint payments_pkey primary key,
  account_id text collate "C" not null constraint payments_account_id_fkey references accounts,
  -- What it is for: an order, an auto-recharge, or what is paid period by period. Any kind of lifecycle may come to be paid so.
  payer_kind text not null constraint payments_payer_kind_known check (payer_kind in ('order', 'subscription', 'phone_number', 'auto_recharge')),
  payer_id text collate "C" not null,
  gateway text not null,
  gateway_payment_id text collate "C" not null,
  amount_micros bigint not null constraint payments_amount_micros_positive check (amount_micros > 0),
  fee_micros bigint, -- what its gateway keeps of it, in the same currency; null: not told yet
  currency char(3) not null,
  status text not null constraint payments_status_known check (status in ('succeeded', 'failed', 'mismatched')),
  mode text not null constraint payments_mode_known check (mode in ('upi', 'card')),
  decline_code text,
  effective_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint payments_gateway_payment_key unique (gateway, gateway_payment_id)
);
create index payments_by_payer on payments (payer_kind, payer_id);
create index payments_by_account on payments (account_id, created_at desc, id desc);

-- A reference to a method kept at the gateway: never a card number.
create table payment_methods (
  id text collate "C" not null constraint payment_methods_pkey primary key,
  account_id text collate "C" not null constraint payment_methods_account_id_fkey references accounts,
  gateway text not null,
  method_reference text collate "C" not null,
  kind text not null constraint payment_methods_kind_known check (kind in ('upi', 'card')),
  brand text,
  last_four char(4),
  expiry_month int constraint payment_methods_expiry_month_known check (expiry_month between 1 and 12), -- the last one a card pays in
  expiry_year int constraint payment_methods_expiry_year_known check (expiry_year between 2000 and 2100),
  mandate_status text constraint payment_methods_mandate_status_known check (mandate_status in ('pending', 'active', 'paused', 'revoked')), -- null: it has no mandate
  mandate_ceiling_micros bigint constraint payment_methods_mandate_ceiling_positive check (mandate_ceiling_micros > 0), -- of one charge
  mandate_currency char(3),
  created_at timestamptz not null,
  default_at timestamptz not null, -- the latest is charged first: when it was saved, or chosen
  checks_at timestamptz, -- when its gateway is asked about it, by the wall; null: not again
  tells_at timestamptz, -- when its owner is told that it expires, by the account's clock; null: not again
  detached_at timestamptz,
  forgotten_at timestamptz, -- when the gateway had forgotten it, too
  refused_at timestamptz, -- a hard decline: it will not pay any more
  refused_code text,
  constraint payment_methods_reference_key unique (gateway, method_reference),
  constraint payment_methods_expiry_whole check ((expiry_month is null) = (expiry_year is null)),
  constraint payment_methods_ceiling_of_mandates check (
    (mandate_ceiling_micros is null) = (mandate_currency is null) and (mandate_ceiling_micros is null or mandate_status is not null)),
  constraint payment_methods_forgotten_after_detached check (forgotten_at is null or detached_at is not null)
);
create index payment_methods_to_forget on payment_methods (detached_at) where detached_at is not null and forgotten_at is null;
create index payment_methods_to_check on payment_methods (checks_at) where checks_at is not null;
create index payment_methods_to_tell on payment_methods (account_id, tells_at) where tells_at is not null;
create index payment_methods_by_account on payment_methods (account_id, created_at desc, id desc);

-- What was asked of a saved method, written before the gateway is: one row per try, under its key.
create table method_charges (
  key text collate "C" not null constraint method_charges_pkey primary key, -- <reference>/attempt/<k>
  reference text collate "C" not null, -- subscription/<id>/period/<n>, auto-recharge/<account>/charge/<n>
  account_id text collate "C" not null constraint method_charges_account_id_fkey references accounts,
  payer_kind text not null constraint method_charges_payer_kind_known check (payer_kind in ('subscription', 'phone_number', 'auto_recharge')),
  payer_id text collate "C" not null,
  payment_method_id text collate "C" not null constraint method_charges_payment_method_id_fkey references payment_methods,
  -- The wallet money it brings: taxed as a top-up is, at the time it was asked.
  currency char(3) not null,
  lines jsonb not null,
  tax_lines jsonb not null,
  subtotal_micros bigint not null constraint method_charges_subtotal_micros_positive check (subtotal_micros > 0),
  tax_total_micros bigint not null,
  round_off_micros bigint not null,
  total_micros bigint not null constraint method_charges_total_micros_positive check (total_micros > 0),
  taxation jsonb not null,
  asked_at timestamptz not null,
  recorded_at timestamptz not null
);
create index method_charges_by_account on method_charges (account_id, recorded_at);
create index method_charges_by_reference on method_charges (reference);

-- Webhooks in: stored as they came, before they are acted on; the gateway's event id happens once.
create table webhook_inbox (
  gateway text not null,
  event_id text collate "C" not null,
  type text not null,
  reference text collate "C", -- what we called the payment: begins with a workflow id
  gateway_payment_id text collate "C", -- or the gateway's id of the setup
  gateway_dispute_id text collate "C", -- null: it is about no dispute
  raw_body bytea not null,
  received_at timestamptz not null,
  state text not null constraint webhook_inbox_state_known check (state in ('received', 'forwarded', 'known', 'unmatched')),
  settled_at timestamptz, -- when it stopped waiting; null also where it never did
  constraint webhook_inbox_pkey primary key (gateway, event_id)
);
create index webhook_inbox_received on webhook_inbox (received_at) where state = 'received';

-- Events out: written in the transaction that caused them, in the order of `position`.
create table events (
  id text collate "C" not null constraint events_pkey primary key,
  position bigint not null generated always as identity constraint events_position_key unique,
  account_id text collate "C" not null constraint events_account_id_fkey references accounts,
  type text not null,
  subject_id text collate "C" not null,
  reason text not null,
  data jsonb not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null
);
create index events_by_account on events (account_id, position desc);

alter table operations enable row level security, force row level security;
create policy operations_of_tenant on operations using ((select tenant_scope()) = 'system');
alter table webhook_inbox enable row level security, force row level security;
create policy webhook_inbox_of_tenant on webhook_inbox using ((select tenant_scope()) = 'system');

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['command_notes', 'subscriptions', 'orders', 'order_items', 'payments', 'payment_methods', 'method_charges', 'events'] loop
    execute format('alter table %I enable row level security, force row level security', tenant_table);
    execute format(
      'create policy %I on %I using (
         (select tenant_scope()) = ''system''
         or account_id = (select tenant_account_id())
         or ((select tenant_scope()) = ''partner'' and account_id in (select a.id from accounts a))
       )', tenant_table || '_of_tenant', tenant_table);
  end loop;
end $$;

-- Who has the plan may know which: limits and prices of its use are read so. No more than read: it is another's.
create policy subscriptions_of_served on subscriptions for select using (serves_account_id = (select tenant_account_id()));

grant select, insert on operations, command_notes, events, method_charges to tollgate_app;
grant select, insert, update on subscriptions, orders, order_items, payments, payment_methods, webhook_inbox to tollgate_app;
