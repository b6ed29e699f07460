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

alter table revenue_share_terms enable row level security, force row level security;
create policy revenue_share_terms_of_tenant on revenue_share_terms using (
  (select tenant_scope()) = 'system' or partner_id = (select tenant_partner_id()));
alter table revenue_share_entries enable row level security, force row level security;
create policy revenue_share_entries_of_tenant on revenue_share_entries using (
  (select tenant_scope()) = 'system' or partner_id = (select tenant_partner_id()));

grant select, insert, update on revenue_share_terms to tollgate_app;
grant select, insert, update (month) on revenue_share_entries to tollgate_app;
