-- What resellers earn of what their customers paid: entries of each charge and of what was taken back, a row with a
-- life of its own per partner, a statement per month, payouts.
-- Locks: new tables only.

-- What an operator agreed with a partner. Without a row: nothing is held, no fee, no least payout.
create table revenue_share_terms (
  partner_id text collate "C" not null constraint revenue_share_terms_pkey primary key
    constraint revenue_share_terms_partner_id_fkey references partners,
  reserve_bps int not null constraint revenue_share_terms_reserve_bps_known check (reserve_bps between 0 and 10000),
  reserve_days int not null constraint revenue_share_terms_reserve_days_known check (reserve_days between 0 and 366),
  gateway_fee_bps int not null constraint revenue_share_terms_gateway_fee_bps_known check (gateway_fee_bps between 0 and 10000),
  currency char(3) not null,
  payout_minimum_micros bigint not null constraint revenue_share_terms_payout_minimum_not_negative check (payout_minimum_micros >= 0),
  updated_at timestamptz not null
);

-- One row per document and charge: what was collected, or given back of it. Only the month is written later: that
-- of the statement it stands in.
create table revenue_share_entries (
  position bigint not null generated always as identity constraint revenue_share_entries_pkey primary key,
  partner_id text collate "C" not null constraint revenue_share_entries_partner_id_fkey references partners,
  account_id text collate "C" not null constraint revenue_share_entries_account_id_fkey references accounts,
  subscription_id text collate "C" not null constraint revenue_share_entries_subscription_id_fkey references subscriptions,
  kind text not null constraint revenue_share_entries_kind_known check (kind in ('accrual', 'clawback')),
  invoice_id text collate "C" not null constraint revenue_share_entries_invoice_id_fkey references documents, -- the charge
  document_id text collate "C" not null constraint revenue_share_entries_document_id_fkey references documents, -- what collected or gave back
  reference text collate "C" not null, -- of the sale or refund, in the ledger
  currency char(3) not null,
  collected_micros bigint not null, -- net of tax
  tax_micros bigint not null,
  total_micros bigint not null,
  fee_micros bigint not null constraint revenue_share_entries_fee_not_negative check (fee_micros >= 0),
  share_bps int not null constraint revenue_share_entries_share_bps_known check (share_bps between 1 and 10000),
  share_micros bigint not null constraint revenue_share_entries_share_not_negative check (share_micros >= 0),
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  month date constraint revenue_share_entries_month_is_a_first check (extract(day from month) = 1),
  constraint revenue_share_entries_once unique (document_id, invoice_id, kind),
  constraint revenue_share_entries_share_of_base check (share_micros <= collected_micros - fee_micros or kind = 'clawback')
);
create index revenue_share_entries_by_invoice on revenue_share_entries (invoice_id);
create index revenue_share_entries_by_month on revenue_share_entries (partner_id, month, position);

-- The partner's own life: it closes month after month and pays out. Its id is the partner's, its account the house account.
create table revenue_shares (
  id text collate "C" not null constraint revenue_shares_pkey primary key constraint revenue_shares_id_fkey references partners,
  account_id text collate "C" not null constraint revenue_shares_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint revenue_shares_workflow_id_key unique,
  revision bigint not null constraint revenue_shares_revision_positive check (revision > 0),
  currency char(3) not null,
  time_zone text not null,
  open_month date not null constraint revenue_shares_open_month_is_a_first check (extract(day from open_month) = 1), -- every month before has its statement
  unapproved int not null constraint revenue_shares_unapproved_not_negative check (unapproved >= 0), -- statements with something to pay
  payable_micros bigint not null constraint revenue_shares_payable_not_negative check (payable_micros >= 0), -- approved and not asked to be paid
  payout_id text collate "C", -- on its way to a bank
  payout_asked_at timestamptz,
  payout_attempts int not null,
  status text not null constraint revenue_shares_status_known check (status in ('accruing', 'awaiting_approval', 'payable', 'paying')),
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint revenue_shares_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint revenue_shares_payout_known check ((payout_id is null) = (payout_asked_at is null))
);
create index revenue_shares_by_account on revenue_shares (account_id);
create index revenue_shares_due on revenue_shares (next_action_at) where next_action_at is not null;

create table payouts (
  id text collate "C" not null constraint payouts_pkey primary key,
  partner_id text collate "C" not null constraint payouts_partner_id_fkey references revenue_shares,
  account_id text collate "C" not null constraint payouts_account_id_fkey references accounts, -- the house account
  month date not null constraint payouts_month_is_a_first check (extract(day from month) = 1), -- pays what was unpaid up to this one
  months text[] not null constraint payouts_months_some check (cardinality(months) > 0), -- the statements it pays
  target text not null constraint payouts_target_known check (target in ('wallet', 'bank')),
  currency char(3) not null,
  amount_micros bigint not null constraint payouts_amount_positive check (amount_micros > 0),
  tax_micros bigint not null constraint payouts_tax_not_negative check (tax_micros >= 0), -- on the commission, beside the amount
  status text not null constraint payouts_status_known check (status in ('sending', 'paid', 'failed')),
  requested_at timestamptz not null,
  settled_at timestamptz,
  gateway_payout_id text collate "C",
  failure_reason text,
  created_at timestamptz not null,
  constraint payouts_settled_once_known check ((status = 'sending') = (settled_at is null)),
  constraint payouts_failed_say_why check ((status = 'failed') = (failure_reason is not null))
);
create index payouts_by_partner on payouts (partner_id, created_at desc, id desc);

-- One per month, written at its close. Only who approved it, its invoice and what paid it come later.
create table revenue_share_statements (
  partner_id text collate "C" not null constraint revenue_share_statements_partner_id_fkey references revenue_shares,
  month date not null constraint revenue_share_statements_month_is_a_first check (extract(day from month) = 1),
  currency char(3) not null,
  collected_micros bigint not null, -- net of tax
  tax_micros bigint not null,
  refunds_micros bigint not null, -- net of tax
  fees_micros bigint not null,
  share_bps int, -- null: plans with different shares, or none
  accrued_micros bigint not null constraint revenue_share_statements_accrued_not_negative check (accrued_micros >= 0),
  clawed_back_micros bigint not null constraint revenue_share_statements_clawed_back_not_negative check (clawed_back_micros >= 0),
  held_micros bigint not null constraint revenue_share_statements_held_not_negative check (held_micros >= 0),
  held_until timestamptz,
  released_micros bigint not null constraint revenue_share_statements_released_not_negative check (released_micros >= 0),
  brought_forward_micros bigint not null constraint revenue_share_statements_brought_forward_is_debt check (brought_forward_micros <= 0),
  payable_micros bigint not null constraint revenue_share_statements_payable_not_negative check (payable_micros >= 0),
  carried_forward_micros bigint not null constraint revenue_share_statements_carried_forward_is_debt check (carried_forward_micros <= 0),
  closed_at timestamptz not null,
  approved_at timestamptz,
  approved_by text collate "C", -- the API key
  commission_tax_micros bigint not null constraint revenue_share_statements_commission_tax_not_negative check (commission_tax_micros >= 0), -- known once it is approved
  document_id text collate "C" constraint revenue_share_statements_document_id_fkey references documents,
  payout_id text collate "C" constraint revenue_share_statements_payout_id_fkey references payouts,
  constraint revenue_share_statements_pkey primary key (partner_id, month),
  constraint revenue_share_statements_adds_up check (payable_micros + carried_forward_micros =
    accrued_micros - clawed_back_micros - held_micros + released_micros + brought_forward_micros),
  constraint revenue_share_statements_pays_or_owes check (payable_micros = 0 or carried_forward_micros = 0),
  constraint revenue_share_statements_held_until_then check (held_micros = 0 or held_until is not null),
  constraint revenue_share_statements_paid_once_approved check (payout_id is null or approved_at is not null)
);

alter table revenue_share_terms enable row level security, force row level security;
create policy revenue_share_terms_of_tenant on revenue_share_terms using (
  (select tenant_scope()) = 'system' or partner_id = (select tenant_partner_id()));
alter table revenue_share_entries enable row level security, force row level security;
create policy revenue_share_entries_of_tenant on revenue_share_entries using (
  (select tenant_scope()) = 'system' or partner_id = (select tenant_partner_id()));
alter table revenue_shares enable row level security, force row level security;
create policy revenue_shares_of_tenant on revenue_shares using (
  (select tenant_scope()) = 'system' or id = (select tenant_partner_id()));
alter table payouts enable row level security, force row level security;
create policy payouts_of_tenant on payouts using (
  (select tenant_scope()) = 'system' or partner_id = (select tenant_partner_id()));
alter table revenue_share_statements enable row level security, force row level security;
create policy revenue_share_statements_of_tenant on revenue_share_statements using (
  (select tenant_scope()) = 'system' or partner_id = (select tenant_partner_id()));

grant select, insert, update on revenue_shares, payouts to tollgate_app;
grant select, insert, update (approved_at, approved_by, commission_tax_micros, document_id, payout_id) on revenue_share_statements to tollgate_app;
grant select, insert, update on revenue_share_terms to tollgate_app;
grant select, insert, update (month) on revenue_share_entries to tollgate_app;
