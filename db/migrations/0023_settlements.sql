-- What gateways settled, day by day, compared with our payments and refunds; and what needs a person.
-- Locks: new tables only.

create table settlement_reports (
  id text collate "C" not null constraint settlement_reports_pkey primary key,
  gateway text not null,
  day date not null, -- of UTC
  status text not null constraint settlement_reports_status_known check (status in ('requested', 'complete')),
  created_at timestamptz not null,
  completed_at timestamptz, -- of the last comparison
  constraint settlement_reports_day_key unique (gateway, day),
  constraint settlement_reports_complete_since check ((status = 'complete') = (completed_at is not null))
);
create index settlement_reports_by_creation on settlement_reports (created_at desc, id desc);
create index settlement_reports_to_do on settlement_reports (day) where status = 'requested';

-- One row per movement of either side; comparing a day again replaces its rows.
create table settlement_lines (
  report_id text collate "C" not null constraint settlement_lines_report_id_fkey references settlement_reports,
  position int not null,
  verdict text not null constraint settlement_lines_verdict_known
    check (verdict in ('matched', 'missing_here', 'missing_there', 'amount_differs', 'not_compared')),
  kind text not null constraint settlement_lines_kind_known check (kind in ('payment', 'refund', 'dispute', 'other')),
  entry_id text collate "C", -- the gateway's id of the movement; null: it has none
  gateway_payment_id text collate "C",
  booked_id text collate "C", -- our payment or refund; null: we have none
  account_id text collate "C" constraint settlement_lines_account_id_fkey references accounts,
  settled_micros bigint,
  fee_micros bigint,
  booked_micros bigint,
  currency char(3) not null,
  settled_at timestamptz,
  reason text,
  constraint settlement_lines_pkey primary key (report_id, position),
  constraint settlement_lines_of_something check (num_nonnulls(entry_id, booked_id) > 0)
);
create index settlement_lines_by_booked on settlement_lines (booked_id) where booked_id is not null;

create table operator_tasks (
  id text collate "C" not null constraint operator_tasks_pkey primary key,
  kind text not null,
  subject text collate "C" not null,
  account_id text collate "C" constraint operator_tasks_account_id_fkey references accounts, -- null: nobody's here
  reason text not null,
  created_at timestamptz not null,
  closed_at timestamptz,
  closed_by_key_id text collate "C", -- null: it closed itself
  note text constraint operator_tasks_note_length check (length(note) between 1 and 500)
);
create unique index operator_tasks_open on operator_tasks (kind, subject) where closed_at is null;
create index operator_tasks_by_creation on operator_tasks (created_at desc, id desc);

do $$
declare
  table_name text;
begin
  foreach table_name in array array['settlement_reports', 'settlement_lines', 'operator_tasks'] loop
    execute format('alter table %I enable row level security, force row level security', table_name);
    execute format('create policy %I on %I using ((select tenant_scope()) = ''system'')', table_name || '_of_tenant', table_name);
  end loop;
end $$;

grant select, insert, update on settlement_reports, operator_tasks to tollgate_app;
grant select, insert, delete on settlement_lines to tollgate_app;
