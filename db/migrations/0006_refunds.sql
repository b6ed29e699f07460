-- Refunds: money that goes back to what was paid with, or into the wallet. A refund is a lifecycle.
-- Locks: a new table.

create table refunds (
  id text collate "C" not null constraint refunds_pkey primary key,
  account_id text collate "C" not null constraint refunds_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint refunds_workflow_id_key unique,
  revision bigint not null constraint refunds_revision_positive check (revision > 0),
  target text not null constraint refunds_target_known check (target in ('source', 'wallet')),
  invoice_id text collate "C" constraint refunds_invoice_id_fkey references documents, -- what is credited; null: the payment itself is refunded
  payment_id text collate "C" constraint refunds_payment_id_fkey references payments, -- whose money goes back; null: nothing leaves
  gateway text,
  gateway_payment_id text collate "C",
  references_id text collate "C" not null constraint refunds_references_id_fkey references documents,
  currency char(3) not null,
  subtotal_micros bigint not null constraint refunds_subtotal_micros_not_negative check (subtotal_micros >= 0),
  tax_total_micros bigint not null constraint refunds_tax_total_micros_not_negative check (tax_total_micros >= 0),
  round_off_micros bigint not null,
  total_micros bigint not null constraint refunds_total_micros_positive check (total_micros > 0),
  lines jsonb not null,
  tax_lines jsonb not null,
  taxation jsonb not null, -- as the document says that is taken from
  reason text constraint refunds_reason_length check (length(reason) between 1 and 500),
  status text not null constraint refunds_status_known check (status in ('requested', 'succeeded', 'failed')),
  requested_at timestamptz not null,
  attempts_made int not null constraint refunds_attempts_made_not_negative check (attempts_made >= 0),
  settled_at timestamptz,
  gateway_refund_id text collate "C",
  failure_reason text,
  document_id text collate "C" constraint refunds_document_id_fkey references documents,
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint refunds_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint refunds_adds_up check (total_micros = subtotal_micros + tax_total_micros + round_off_micros),
  constraint refunds_of_something check (num_nonnulls(invoice_id, payment_id) > 0),
  constraint refunds_to_source_name_it check (
    case target when 'source' then num_nonnulls(payment_id, gateway, gateway_payment_id) = 3
    else num_nonnulls(payment_id, gateway, gateway_payment_id) = 0 end),
  constraint refunds_settled_once_known check ((status = 'requested') = (settled_at is null)),
  constraint refunds_succeeded_have_document check ((status = 'succeeded') = (document_id is not null)),
  constraint refunds_failed_say_why check ((status = 'failed') = (failure_reason is not null))
);
create index refunds_by_account on refunds (account_id, created_at desc, id desc);
create index refunds_by_payment on refunds (payment_id) where payment_id is not null;
create index refunds_by_invoice on refunds (invoice_id) where invoice_id is not null;
create index refunds_due on refunds (next_action_at) where next_action_at is not null;

alter table refunds enable row level security, force row level security;
create policy refunds_of_tenant on refunds using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on refunds to tollgate_app;
