-- Partners, accounts, keys and the answers given to idempotent requests.
-- Every table that belongs to a tenant has row level security, forced: a forgotten WHERE shows nothing.
-- Who is asking is set per transaction (db/transaction.ts): tollgate.scope = system | partner | account.
-- Locks: new tables only.

create function tenant_scope() returns text language sql stable
  return coalesce(nullif(current_setting('tollgate.scope', true), ''), 'none');

create function tenant_partner_id() returns text language sql stable
  return nullif(current_setting('tollgate.partner_id', true), '');

create function tenant_account_id() returns text language sql stable
  return nullif(current_setting('tollgate.account_id', true), '');

create table partners (
  id text collate "C" not null constraint partners_pkey primary key,
  name text not null constraint partners_name_not_empty check (length(name) between 1 and 200),
  created_at timestamptz not null
);

create table test_clocks (
  id text collate "C" not null constraint test_clocks_pkey primary key,
  partner_id text collate "C" constraint test_clocks_partner_id_fkey references partners,
  name text not null,
  now_at timestamptz not null,
  status text not null constraint test_clocks_status_known check (status in ('ready', 'advancing', 'failed')),
  advancing_to timestamptz,
  failure text,
  created_at timestamptz not null
);

create table accounts (
  id text collate "C" not null constraint accounts_pkey primary key,
  partner_id text collate "C" constraint accounts_partner_id_fkey references partners,
  test_clock_id text collate "C" constraint accounts_test_clock_id_fkey references test_clocks,
  external_id text collate "C",
  name text not null constraint accounts_name_not_empty check (length(name) between 1 and 200),
  country char(2) not null,
  currency char(3) not null,
  time_zone text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index accounts_external_id_key on accounts (coalesce(partner_id, ''), external_id) where external_id is not null;
create index accounts_by_partner on accounts (partner_id, created_at desc, id desc);
create index accounts_by_test_clock on accounts (test_clock_id) where test_clock_id is not null;

-- A partner's own account, which is one like others. Its country, currency and time zone are the partner's.
alter table partners add column house_account_id text collate "C"
  constraint partners_house_account_id_fkey references accounts constraint partners_house_account_id_key unique;

create table billing_addresses (
  account_id text collate "C" not null constraint billing_addresses_pkey primary key
    constraint billing_addresses_account_id_fkey references accounts,
  business_name text not null,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  state text,
  postal_code text not null,
  country char(2) not null,
  tax_id text,
  tax_id_type text,
  tax_office text,
  is_in_sez boolean not null constraint billing_addresses_sez_of_india check (not is_in_sez or (country = 'IN' and tax_id_type = 'gstin')),
  email text not null,
  phone text,
  updated_at timestamptz not null
);

create table api_keys (
  id text collate "C" not null constraint api_keys_pkey primary key,
  secret_hash bytea not null constraint api_keys_secret_hash_key unique,
  prefix text not null, -- The first characters of the secret, so that people can tell keys apart.
  mode text not null constraint api_keys_mode_known check (mode in ('live', 'test')),
  role text not null constraint api_keys_role_known check (role in ('operator', 'partner', 'account')),
  scopes text[] not null constraint api_keys_scopes_known check (scopes <@ array['read', 'write'] and cardinality(scopes) > 0),
  partner_id text collate "C" constraint api_keys_partner_id_fkey references partners,
  account_id text collate "C" constraint api_keys_account_id_fkey references accounts,
  name text,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  constraint api_keys_role_names_its_tenant check (
    (role = 'operator' and partner_id is null and account_id is null)
    or (role = 'partner' and partner_id is not null and account_id is null)
    or (role = 'account' and account_id is not null)
  )
);

-- One row per Idempotency-Key of an API key's tenant. `command` is what to send again when no outcome
-- is known (a message to a workflow); `outcome` is what the workflow said, noted by whoever hears it
-- first (the API, or the sweeper when the caller has gone); `answer_*` is the first HTTP answer,
-- repeated to every copy.
create table idempotency_requests (
  tenant text collate "C" not null, -- 'operator', 'prt_…' or 'acct_…': keys of one tenant never meet another's.
  key text collate "C" not null constraint idempotency_requests_key_length check (length(key) between 1 and 255),
  method text not null,
  path text not null,
  body_hash bytea not null,
  resource_id text collate "C",
  command jsonb,
  outcome jsonb,
  answer_status int,
  answer_headers jsonb,
  answer_body json, -- Not jsonb: a copy gets the same bytes.
  received_at timestamptz not null,
  answered_at timestamptz,
  constraint idempotency_requests_pkey primary key (tenant, key),
  constraint idempotency_requests_answer_is_whole check ((answer_status is null) = (answered_at is null))
);
create index idempotency_requests_unsettled on idempotency_requests (received_at)
  where command is not null and outcome is null and answered_at is null;
create index idempotency_requests_by_age on idempotency_requests (received_at);

-- Row level security. One expression, repeated: the account's own rows, a partner's accounts', or all.
alter table partners enable row level security, force row level security;
create policy partners_of_tenant on partners using (
  (select tenant_scope()) = 'system' or id = (select tenant_partner_id())
);
alter table test_clocks enable row level security, force row level security;
create policy test_clocks_of_tenant on test_clocks using (
  (select tenant_scope()) = 'system'
  or partner_id = (select tenant_partner_id())
  -- Who lives in a clock's time may know it, though not move it: an account, and a partner on a clock of the operator.
  or ((select tenant_scope()) in ('account', 'partner') and id in (select a.test_clock_id from accounts a))
);
alter table accounts enable row level security, force row level security;
create policy accounts_of_tenant on accounts using (
  (select tenant_scope()) = 'system'
  or id = (select tenant_account_id())
  or partner_id = (select tenant_partner_id())
);
alter table billing_addresses enable row level security, force row level security;
create policy billing_addresses_of_tenant on billing_addresses using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);
alter table api_keys enable row level security, force row level security;
create policy api_keys_of_tenant on api_keys using (
  (select tenant_scope()) = 'system'
  or partner_id = (select tenant_partner_id())
  or account_id = (select tenant_account_id())
);
alter table idempotency_requests enable row level security, force row level security;
create policy idempotency_requests_of_tenant on idempotency_requests using (
  (select tenant_scope()) = 'system'
  or tenant = (select tenant_partner_id())
  or tenant = (select tenant_account_id())
);

grant usage on schema public to tollgate_app;
grant select, insert, update on partners, test_clocks, accounts, billing_addresses, api_keys to tollgate_app;
grant select, insert, update, delete on idempotency_requests to tollgate_app;
