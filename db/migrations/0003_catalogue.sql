-- Plans and support packages, in versions that never change. The catalogue belongs to no tenant.
-- Locks: new tables only.

create table plans (
  code text collate "C" not null constraint plans_pkey primary key
    constraint plans_code_spelling check (code ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  kind text not null constraint plans_kind_known check (kind in ('plan', 'support_package', 'partner_plan')),
  current_version int not null constraint plans_current_version_positive check (current_version > 0),
  archived_at timestamptz,
  created_at timestamptz not null
);

create table plan_versions (
  plan_code text collate "C" not null constraint plan_versions_plan_code_fkey references plans,
  version int not null constraint plan_versions_version_positive check (version > 0),
  name text not null,
  tier text not null,
  allowances jsonb not null,
  limits jsonb not null,
  features text[] not null,
  support jsonb,
  unit_prices jsonb not null,
  on_exhausted jsonb not null, -- per meter: block or charge
  bears_tax boolean not null, -- false: sold without tax, whatever the seller is registered for
  dunning jsonb not null,
  changes jsonb not null, -- how a change to this plan is settled
  created_at timestamptz not null,
  constraint plan_versions_pkey primary key (plan_code, version)
);

create table plan_prices (
  plan_code text collate "C" not null,
  version int not null,
  cycle text not null constraint plan_prices_cycle_known check (cycle in ('monthly', 'quarterly', 'yearly')),
  currency char(3) not null,
  amount_micros bigint not null constraint plan_prices_amount_micros_not_negative check (amount_micros >= 0),
  constraint plan_prices_pkey primary key (plan_code, version, cycle, currency),
  constraint plan_prices_version_fkey foreign key (plan_code, version) references plan_versions
);

-- What was agreed with one account in place of a plan's own figures (R1.16, R3.06).
create table plan_agreements (
  account_id text collate "C" not null constraint plan_agreements_account_id_fkey references accounts,
  plan_code text collate "C" not null constraint plan_agreements_plan_code_fkey references plans,
  allowances jsonb not null,
  limits jsonb not null,
  updated_at timestamptz not null,
  constraint plan_agreements_pkey primary key (account_id, plan_code)
);
alter table plan_agreements enable row level security, force row level security;
create policy plan_agreements_of_tenant on plan_agreements using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update on plans, plan_agreements to tollgate_app;
grant select, insert on plan_versions, plan_prices to tollgate_app;
