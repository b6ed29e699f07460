-- Partner plans: what the owner of the platform lets resellers hand to their customers. A partner plan is a plan, and
-- what subscriptions need stands in plans, plan_versions and plan_prices; here is what only the seller knows of it.
-- And who changed the catalogue: kept for ever, for the operator alone.
-- Locks: new tables; a trigger on subscriptions, a moment.

create table partner_plans (
  plan_code text collate "C" not null constraint partner_plans_pkey primary key
    constraint partner_plans_plan_code_fkey references plans,
  type text not null constraint partner_plans_type_known check (type in ('usage_based', 'revenue_sharing')),
  plan_name text not null constraint partner_plans_plan_name_length check (length(plan_name) between 1 and 200), -- internal
  currency char(3) not null,
  is_enabled boolean not null,
  is_visible boolean not null, -- whether it is archived: plans.archived_at
  taken_version int constraint partner_plans_taken_version_positive check (taken_version > 0), -- the newest that an account has or had
  updated_at timestamptz not null
);
-- Whatever the case, archived ones too: a name that came back would tell two plans apart no more.
create unique index partner_plans_plan_name_key on partner_plans (lower(plan_name collate pg_c_utf8));

create table partner_plan_versions (
  plan_code text collate "C" not null,
  version int not null,
  revenue_share_bps int constraint partner_plan_versions_revenue_share_bps_known check (revenue_share_bps between 1 and 10000),
  constraint partner_plan_versions_pkey primary key (plan_code, version),
  constraint partner_plan_versions_version_fkey foreign key (plan_code, version) references plan_versions
);

create index subscriptions_of_partner_plans on subscriptions (plan_code) where status <> 'ended' and plan_code like 'pplan\_%';

-- A version that an account has, had or is promised never changes.
create function note_taken_partner_plan() returns trigger language plpgsql as $$
declare
  scheduled_code text := new.scheduled_change -> 'target' ->> 'planCode';
  scheduled_version int := (new.scheduled_change -> 'target' ->> 'planVersion')::int;
begin
  update partner_plans set taken_version = new.plan_version
   where plan_code = new.plan_code and coalesce(taken_version, 0) < new.plan_version;
  if scheduled_code is not null then
    update partner_plans set taken_version = scheduled_version
     where plan_code = scheduled_code and coalesce(taken_version, 0) < scheduled_version;
  end if;
  return null;
end $$;
create trigger partner_plan_taken after insert or update of plan_code, plan_version, scheduled_change on subscriptions
  for each row when (new.plan_code like 'pplan\_%' or new.scheduled_change is not null) execute function note_taken_partner_plan();

-- Nobody may rewrite a version, by grant. One that no account ever had is nobody's: it makes room for its better self.
create function withdraw_untaken_version(code text, untaken_version int) returns void language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  if not exists (select from partner_plans where plan_code = code and coalesce(taken_version, 0) < untaken_version) then
    raise exception 'version % of % is taken, or of no partner plan', untaken_version, code;
  end if;
  delete from partner_plan_versions v where v.plan_code = code and v.version = untaken_version;
  delete from plan_prices p where p.plan_code = code and p.version = untaken_version;
  delete from plan_versions v where v.plan_code = code and v.version = untaken_version;
end $$;

create table catalogue_changes (
  number bigint generated always as identity constraint catalogue_changes_pkey primary key,
  subject_kind text not null constraint catalogue_changes_subject_kind_known check (subject_kind in ('partner_plan')),
  subject_id text collate "C" not null,
  action text not null constraint catalogue_changes_action_known
    check (action in ('created', 'changed', 'enabled', 'disabled', 'shown', 'hidden', 'archived', 'unarchived')),
  api_key_id text collate "C" not null constraint catalogue_changes_api_key_id_fkey references api_keys,
  role text not null,
  before jsonb, -- the fields that changed, as they were; null: it was made
  after jsonb not null,
  changed_at timestamptz not null
);
create index catalogue_changes_by_subject on catalogue_changes (subject_kind, subject_id, number desc);
alter table catalogue_changes enable row level security, force row level security;
create policy catalogue_changes_of_operator on catalogue_changes using ((select tenant_scope()) = 'system');

grant select, insert, update on partner_plans to tollgate_app;
grant select, insert on partner_plan_versions, catalogue_changes to tollgate_app;
