-- Corrections of usage: rows of their own beside events and transfers that never change. A cancellation takes an event
-- back, an amendment takes it back for another one, a re-rating changes what it costs. docs/domain/usage.md tells the rules.
-- Locks: a new table only.

create table usage_corrections (
  ledger_id bigint not null constraint usage_corrections_ledger_id_fkey references ledgers,
  key uuid not null, -- Of the event that is corrected,
  event_id text collate "C" not null, -- and the id it was told under.
  run text collate "C" not null, -- 'cancel': an event is taken back once. 'visitor/<key>': its visitor with the event that had them last. 'rerating/<id>': once by each re-rating.
  kind text collate "C" not null constraint usage_corrections_kind_known check (kind in ('cancellation', 'amendment', 'visitor_cancellation', 'rerating')),
  reason text not null,
  successor uuid, -- Key of the event that takes its place,
  successor_id text collate "C", -- and the id it was told under.
  rerating_id text collate "C", -- The re-rating it is a part of,
  card_version int, -- by what the event is priced since: rate_card_versions.id,
  market text collate "C",
  unit_price numeric(20, 10),
  taxation_id int constraint usage_corrections_taxation_id_fkey references usage_taxations, -- and how its money is taxed.
  local_date date not null, -- Of the event: its day in reports and roll-ups.
  category text collate "C" not null,
  events bigint not null, -- What the roll-up gets: differences, below zero for what is taken back.
  quantity bigint not null,
  visitors bigint not null,
  amount bigint not null, -- Micros, with the fee and without tax.
  fee bigint not null,
  tax bigint not null,
  visitor_amount bigint not null,
  visitor_tax bigint not null,
  paid_quantity bigint not null,
  buckets text[] not null, -- What paid or got back,
  counters text[] not null, -- the other side of it,
  assets text[] not null,
  amounts bigint[] not null, -- how much: above zero paid, below zero given back,
  transfers bigint[] not null, -- by which transfer,
  expired boolean[] not null, -- and whether the bucket had closed: then breakage got it.
  document_id text collate "C" constraint usage_corrections_document_id_fkey references documents, -- It said the use, so a note to it will say this.
  corrected_at timestamptz not null,
  recorded_at timestamptz not null,
  constraint usage_corrections_pkey primary key (ledger_id, key, run),
  constraint usage_corrections_amendments_have_successors
    check ((kind = 'amendment') = (successor is not null) and (successor is null) = (successor_id is null)),
  constraint usage_corrections_reratings_have_prices check (
    (kind = 'rerating') = (rerating_id is not null) and (rerating_id is null) = (card_version is null)
    and (rerating_id is null) = (taxation_id is null)),
  constraint usage_corrections_parts_match check (
    cardinality(buckets) = cardinality(counters) and cardinality(buckets) = cardinality(assets)
    and cardinality(buckets) = cardinality(amounts) and cardinality(buckets) = cardinality(transfers)
    and cardinality(buckets) = cardinality(expired))
);
-- From an event to the one whose place it took, which is one.
create unique index usage_corrections_by_successor on usage_corrections (ledger_id, successor) where successor is not null;

-- From a re-rating to what it corrected.
create index usage_corrections_by_rerating on usage_corrections (rerating_id, key) where rerating_id is not null;

alter table usage_corrections enable row level security, force row level security;
create policy usage_corrections_of_tenant on usage_corrections using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));

grant select, insert on usage_corrections to tollgate_app;

-- An amendment records usage in the scope of the partner who corrects. No tenant's data is in here.
create policy usage_taxations_of_all on usage_taxations using (true);
