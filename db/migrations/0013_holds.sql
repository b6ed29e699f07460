-- What a hold was placed for, until when, and how it ended. What it reserves lies in `holds`, bucket by bucket.
-- Locks: a new table only.

create table hold_terms (
  hold_id text collate "C" not null constraint hold_terms_pkey primary key,
  account_id text collate "C" not null constraint hold_terms_account_id_fkey references accounts,
  kind text not null constraint hold_terms_kind_known check (kind in ('broadcast', 'group_message', 'call')),
  status text not null constraint hold_terms_status_known check (status in ('open', 'captured', 'released', 'expired')),
  category text, -- of a broadcast or group
  quantity bigint not null constraint hold_terms_quantity_positive check (quantity > 0), -- recipients, members, seconds
  to_prefix text constraint hold_terms_to_prefix_is_no_number check (length(to_prefix) <= 6), -- of a call: what its price went by
  deadline_at timestamptz not null,
  placed_at timestamptz not null,
  closed_at timestamptz,
  constraint hold_terms_closed_once_known check ((status = 'open') = (closed_at is null))
);
create index hold_terms_due on hold_terms (deadline_at) where status = 'open';
create index hold_terms_by_account on hold_terms (account_id, placed_at desc, hold_id desc);

alter table hold_terms enable row level security, force row level security;
create policy hold_terms_of_tenant on hold_terms using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on hold_terms to tollgate_app;
