-- Disputes: payments that a customer's bank takes back. A dispute is a lifecycle.
-- Locks: a new table.

create table disputes (
  id text collate "C" not null constraint disputes_pkey primary key,
  account_id text collate "C" not null constraint disputes_account_id_fkey references accounts,
  workflow_id text collate "C" not null constraint disputes_workflow_id_key unique,
  revision bigint not null constraint disputes_revision_positive check (revision > 0),
  payment_id text collate "C" not null constraint disputes_payment_id_fkey references payments,
  gateway text not null,
  gateway_dispute_id text collate "C" not null,
  status text not null constraint disputes_status_known check (status in ('reported', 'mismatched', 'warning', 'open', 'won', 'lost')),
  money_policy text constraint disputes_money_policy_known check (money_policy in ('take', 'hold')),
  service_policy text constraint disputes_service_policy_known check (service_policy in ('none', 'hold')),
  currency char(3), -- of what is disputed
  amount_micros bigint, -- what is disputed, as the gateway says; null: it has not said
  fee_currency char(3),
  fee_micros bigint, -- what the gateway asks for the dispute
  reason text, -- the gateway's own word
  covered_micros bigint not null constraint disputes_covered_not_negative check (covered_micros >= 0), -- the part of the payment it takes, with tax
  taken_micros bigint not null constraint disputes_taken_not_negative check (taken_micros >= 0), -- out of the wallet, net of the payment's tax
  evidence_due_at timestamptz,
  evidence_told_for timestamptz, -- the due date that was reminded of
  mismatch text, -- why the gateway's last answer was not believed
  service_held_since timestamptz, -- null: service is not on hold because of it
  reported_at timestamptz not null,
  looks_at timestamptz not null,
  unanswered int not null constraint disputes_unanswered_not_negative check (unanswered >= 0),
  opened_at timestamptz,
  settled_at timestamptz,
  document_id text collate "C" constraint disputes_document_id_fkey references documents,
  next_action_kind text not null,
  next_action_at timestamptz,
  next_action_reason text not null,
  next_action_outside text constraint disputes_next_action_outside_known check (next_action_outside in ('asked', 'awaited')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint disputes_gateway_dispute_key unique (gateway, gateway_dispute_id),
  constraint disputes_amount_has_currency check ((amount_micros is null) = (currency is null)),
  constraint disputes_fee_has_currency check ((fee_micros is null) = (fee_currency is null)),
  constraint disputes_policies_go_together check ((money_policy is null) = (service_policy is null)),
  constraint disputes_open_have_a_policy check (status not in ('open', 'lost') or (money_policy is not null and opened_at is not null)),
  constraint disputes_settled_once_known check ((status in ('won', 'lost')) = (settled_at is not null)),
  constraint disputes_take_while_open check (taken_micros = 0 or status in ('open', 'lost')),
  constraint disputes_document_once_lost check (document_id is null or status = 'lost')
);
create index disputes_by_account on disputes (account_id, created_at desc, id desc);
create index disputes_by_time on disputes (created_at desc, id desc);
create index disputes_by_payment on disputes (payment_id);
create index disputes_due on disputes (next_action_at) where next_action_at is not null;
create index disputes_holding_service on disputes (account_id) where service_held_since is not null;

alter table disputes enable row level security, force row level security;
create policy disputes_of_tenant on disputes using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on disputes to tollgate_app;
