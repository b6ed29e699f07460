-- Tax registrations of the seller, and the documents issued under them: invoices, credit notes, receipt
-- and refund vouchers. A document is written once; the application can neither change nor delete it.
-- Locks: new tables only.

-- Where the seller is registered for tax. A change is a new row that counts from a later instant.
create table tax_registrations (
  id text collate "C" not null constraint tax_registrations_pkey primary key,
  country char(2) not null,
  state text, -- GST code of the state in India.
  tax_id text collate "C" not null,
  tax_id_type text,
  tax_office text,
  legal_name text not null,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  postal_code text not null,
  email text,
  tax_point text not null constraint tax_registrations_tax_point_known check (tax_point in ('top_up', 'consumption')),
  prices_include_tax boolean not null,
  time_zone text not null,
  is_home boolean not null,
  has_lut boolean not null, -- India: a letter of undertaking.
  is_telecom_operator boolean not null,
  valid_from timestamptz not null,
  created_at timestamptz not null,
  constraint tax_registrations_state_of_india check (country <> 'IN' or state is not null),
  constraint tax_registrations_from_key unique (country, tax_id, valid_from)
);
-- The newest home decides how everybody else is taxed: of two from one instant, nobody could say which.
create unique index tax_registrations_one_home on tax_registrations (valid_from) where is_home;

-- One row per series: the lock that makes its numbers consecutive. Counted up in the transaction that
-- issues, so a rollback gives the number back; a sequence would leave a gap.
create table document_series (
  seller text collate "C" not null, -- '<country>/<tax id>', 'unregistered', each with 'test/' before it for test clocks.
  prefix text collate "C" not null,
  year text collate "C" not null,
  last_place int not null constraint document_series_last_place_not_negative check (last_place >= 0),
  constraint document_series_pkey primary key (seller, prefix, year)
);

create table documents (
  id text collate "C" not null constraint documents_pkey primary key,
  position bigint not null generated always as identity constraint documents_position_key unique,
  account_id text collate "C" not null constraint documents_account_id_fkey references accounts,
  kind text not null constraint documents_kind_known check (kind in ('invoice', 'credit_note', 'debit_note', 'receipt_voucher', 'refund_voucher', 'statement', 'self_billed_invoice')),
  seller_series text collate "C" not null,
  number text collate "C" not null constraint documents_number_spelling check (number ~ '^[A-Za-z0-9/-]{1,16}$'),
  place int not null constraint documents_place_positive check (place > 0),
  registration_id text collate "C" constraint documents_registration_id_fkey references tax_registrations,
  is_test boolean not null,
  time_zone text not null,
  issued_at timestamptz not null,
  subject_kind text not null, -- a kind of lifecycle: domain/lifecycle.ts lists them; or usage, whose id is a month
  subject_id text collate "C" not null,
  currency char(3) not null,
  subtotal_micros bigint not null,
  tax_total_micros bigint not null,
  round_off_micros bigint not null,
  total_micros bigint not null,
  lines jsonb not null,
  tax_lines jsonb not null,
  taxation jsonb not null,
  seller jsonb,
  buyer jsonb,
  operation_key text collate "C" not null,
  created_at timestamptz not null default now(),
  constraint documents_number_key unique (seller_series, number),
  constraint documents_operation_key unique (operation_key, kind),
  constraint documents_adds_up check (total_micros = subtotal_micros + tax_total_micros + round_off_micros)
);
create index documents_by_account on documents (account_id, position desc);
create index documents_by_subject on documents (subject_kind, subject_id, position desc);

-- Which documents another one takes back, and how much of each, with tax.
create table document_references (
  document_id text collate "C" not null constraint document_references_document_id_fkey references documents,
  referenced_id text collate "C" not null constraint document_references_referenced_id_fkey references documents,
  currency char(3) not null,
  amount_micros bigint not null constraint document_references_amount_micros_positive check (amount_micros > 0),
  constraint document_references_pkey primary key (document_id, referenced_id)
);
create index document_references_by_referenced on document_references (referenced_id);

-- What the tax office answered to a document it was told of: known later, so beside the document.
create table e_invoices (
  document_id text collate "C" not null constraint e_invoices_pkey primary key
    constraint e_invoices_document_id_fkey references documents,
  irn text collate "C" not null,
  ack_no text collate "C" not null,
  signed_qr text not null,
  registered_at timestamptz not null
);

-- Everybody may know who sells to them; only the operator says so.
alter table tax_registrations enable row level security, force row level security;
create policy tax_registrations_of_tenant on tax_registrations for select using ((select tenant_scope()) <> 'none');
create policy tax_registrations_of_operator on tax_registrations for insert with check ((select tenant_scope()) = 'system');
alter table document_series enable row level security, force row level security;
create policy document_series_of_tenant on document_series using ((select tenant_scope()) = 'system');
alter table documents enable row level security, force row level security;
create policy documents_of_tenant on documents using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);
alter table document_references enable row level security, force row level security;
create policy document_references_of_tenant on document_references using (
  (select tenant_scope()) = 'system' or document_id in (select d.id from documents d)
);
alter table e_invoices enable row level security, force row level security;
create policy e_invoices_of_tenant on e_invoices using (
  (select tenant_scope()) = 'system' or document_id in (select d.id from documents d)
);

grant select, insert on tax_registrations, documents, document_references, e_invoices to tollgate_app;
grant select, insert, update on document_series to tollgate_app;
