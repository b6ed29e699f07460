-- What usage took from money and no document says yet. It grows beside the events and goes when the month's document is
-- issued, so an account with a million events has a handful of rows here.
-- Locks: new tables only.

-- Taxations as they were when something was charged: a few per seller, however many buyers there are.
create table usage_taxations (
  id int generated always as identity constraint usage_taxations_pkey primary key,
  taxation jsonb not null constraint usage_taxations_taxation_key unique
);

create table usage_charges (
  ledger_id bigint not null constraint usage_charges_ledger_id_fkey references ledgers,
  month date not null constraint usage_charges_month_is_a_first check (extract(day from month) = 1),
  category text collate "C" not null,
  taxation_id int not null constraint usage_charges_taxation_id_fkey references usage_taxations,
  quantity bigint not null, -- Units that money paid for.
  amount bigint not null, -- Micros, without tax.
  tax bigint not null,
  constraint usage_charges_pkey primary key (ledger_id, month, category, taxation_id),
  constraint usage_charges_not_negative check (amount >= 0 and tax >= 0)
) with (fillfactor = 70);

-- What a document took out of there, and what corrections have changed of it since. Events are on the first document of
-- their month and taxation that was issued after them: transfers are numbered, so a number tells before from after.
create table documented_charges (
  document_id text collate "C" not null constraint documented_charges_document_id_fkey references documents,
  ledger_id bigint not null constraint documented_charges_ledger_id_fkey references ledgers,
  month date not null constraint documented_charges_month_is_a_first check (extract(day from month) = 1),
  category text collate "C" not null,
  taxation_id int not null constraint documented_charges_taxation_id_fkey references usage_taxations,
  last_transfer bigint not null, -- Of the ledger, as the document was issued.
  quantity bigint not null, -- What the document says, with the notes to it: units, and micros as in usage_charges.
  amount bigint not null,
  tax bigint not null,
  corrected_quantity bigint not null default 0, -- What corrections have changed that no note says yet.
  corrected_amount bigint not null default 0,
  corrected_tax bigint not null default 0,
  constraint documented_charges_pkey primary key (document_id, month, category),
  constraint documented_charges_not_negative check (amount + corrected_amount >= 0 and tax + corrected_tax >= 0)
);
create index documented_charges_by_month on documented_charges (ledger_id, month, taxation_id, last_transfer);
create index documented_charges_to_note on documented_charges (ledger_id) where corrected_amount <> 0 or corrected_tax <> 0;

-- Adds what a decision charged, beside record_events. A row names its taxation by its place in the other list.
create function keep_usage_charges(charge_rows json, taxations jsonb) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if charge_rows is null then return; end if;
  insert into usage_taxations (taxation)
  select distinct t.taxation from jsonb_array_elements(taxations) t(taxation)
   where not exists (select from usage_taxations known where known.taxation = t.taxation)
   order by t.taxation -- All calls alike, so that two of them never wait for each other.
  on conflict (taxation) do nothing;
  insert into usage_charges as c (ledger_id, month, category, taxation_id, quantity, amount, tax)
  select r.ledger_id, r.month, r.category, t.id, sum(r.quantity), sum(r.amount), sum(r.tax)
    from json_to_recordset(charge_rows) r(ledger_id bigint, month date, category text, taxation int, quantity bigint, amount bigint, tax bigint)
    join usage_taxations t on t.taxation = taxations -> r.taxation
   group by r.ledger_id, r.month, r.category, t.id
  on conflict (ledger_id, month, category, taxation_id) do update
     set quantity = c.quantity + excluded.quantity, amount = c.amount + excluded.amount, tax = c.tax + excluded.tax;
end $$;

-- A change of who buys or who sells changes the tax of the next use: terms, or all that is remembered, are read again.
create trigger buyers_changed after insert or delete or update of country, state, tax_id, tax_id_type, is_in_sez
  on billing_addresses for each row execute function note_account_terms();
create trigger sellers_changed after insert on tax_registrations for each statement execute function next_rate_card_generation();

alter table usage_taxations enable row level security, force row level security;
create policy usage_taxations_of_tenant on usage_taxations using ((select tenant_scope()) = 'system');
alter table usage_charges enable row level security, force row level security;
create policy usage_charges_of_tenant on usage_charges using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));

alter table documented_charges enable row level security, force row level security;
create policy documented_charges_of_tenant on documented_charges using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));

grant select, insert on usage_taxations, documented_charges to tollgate_app;
grant update (quantity, amount, tax, corrected_quantity, corrected_amount, corrected_tax) on documented_charges to tollgate_app;
grant select, insert, delete on usage_charges to tollgate_app;
grant update (quantity, amount, tax) on usage_charges to tollgate_app;
