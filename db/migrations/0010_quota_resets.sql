-- Accounts whose month could not be turned: set aside, so that the others' months turn, and tried again each hour.
-- Locks: a new table only.

create table quota_reset_failures (
  ledger_id bigint not null constraint quota_reset_failures_pkey primary key
    constraint quota_reset_failures_ledger_id_fkey references ledgers,
  month date not null constraint quota_reset_failures_month_is_a_first check (extract(day from month) = 1),
  reason text not null,
  failed_at timestamptz not null
);

alter table quota_reset_failures enable row level security, force row level security;
create policy quota_reset_failures_of_operators on quota_reset_failures using ((select tenant_scope()) = 'system');

grant select, insert, update, delete on quota_reset_failures to tollgate_app;
