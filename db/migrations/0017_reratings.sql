-- Re-ratings: days of an account that are rated once more. A draft says what would change, part by part; applying does
-- that and nothing else. What changed of an event is a row of usage_corrections.
-- Locks: new tables only.

create table reratings (
  id text collate "C" constraint reratings_pkey primary key,
  account_id text collate "C" not null constraint reratings_account_id_fkey references accounts,
  first_day date not null, -- Both within, in the account's zone.
  last_day date not null,
  card_code text collate "C" constraint reratings_card_code_fkey references rate_cards, -- Null: each event's own.
  reason text not null,
  status text collate "C" not null constraint reratings_status_known check (status in ('draft', 'applying', 'applied')),
  parts jsonb not null, -- What was shown: events one after the other, and what changes of them by category.
  parts_applied int not null constraint reratings_parts_applied_not_negative check (parts_applied >= 0),
  unchanged int not null, -- Events whose price stays,
  left_out jsonb not null, -- and those that could not be rated again, by reason.
  created_at timestamptz not null,
  applied_at timestamptz,
  constraint reratings_days_are_forward check (first_day <= last_day),
  constraint reratings_parts_are_listed check (jsonb_typeof(parts) = 'array' and parts_applied <= jsonb_array_length(parts)),
  constraint reratings_applied_have_an_instant check ((status = 'applied') = (applied_at is not null))
);
create index reratings_by_account on reratings (account_id, created_at, id);

alter table usage_corrections add constraint usage_corrections_rerating_id_fkey foreign key (rerating_id) references reratings;

alter table reratings enable row level security, force row level security;
create policy reratings_of_tenant on reratings using (
  (select tenant_scope()) = 'system' or account_id = (select tenant_account_id()) or sees_account(account_id)
);

grant select, insert on reratings to tollgate_app;
grant update (status, parts_applied, applied_at) on reratings to tollgate_app;
