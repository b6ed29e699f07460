-- Webhooks out: whom we tell, and what each of them is told. A delivery is written in the transaction of its event, by a
-- trigger, because row level security hides other tenants' endpoints from whoever causes it.
-- Locks: new tables, and events for as long as it takes to give it a trigger.

create table webhook_endpoints (
  id text collate "C" not null constraint webhook_endpoints_pkey primary key,
  partner_id text collate "C" constraint webhook_endpoints_partner_id_fkey references partners, -- told of its accounts' events
  account_id text collate "C" constraint webhook_endpoints_account_id_fkey references accounts, -- told of its own; neither: of all
  url text not null,
  event_types text[] not null constraint webhook_endpoints_event_types_some check (cardinality(event_types) > 0), -- '*': every one
  status text not null constraint webhook_endpoints_status_known check (status in ('enabled', 'disabled')),
  disabled_reason text,
  secret_sealed text not null, -- encrypted under a key that the database does not know
  previous_secret_sealed text,
  previous_secret_until timestamptz,
  failing_since timestamptz, -- the first failure since the last success
  failures int not null constraint webhook_endpoints_failures_not_negative check (failures >= 0), -- since then
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz, -- from then on nobody sees it, but who deletes it again
  constraint webhook_endpoints_deleted_is_disabled check (deleted_at is null or status = 'disabled'),
  constraint webhook_endpoints_one_owner check (partner_id is null or account_id is null),
  constraint webhook_endpoints_previous_secret_ends check ((previous_secret_sealed is null) = (previous_secret_until is null)),
  constraint webhook_endpoints_failing_since_first_failure check ((failures = 0) = (failing_since is null)),
  constraint webhook_endpoints_disabled_say_why check ((status = 'disabled') = (disabled_reason is not null))
);
create index webhook_endpoints_of_account on webhook_endpoints (account_id) where account_id is not null;
create index webhook_endpoints_of_partner on webhook_endpoints (partner_id) where partner_id is not null;
create index webhook_endpoints_of_operator on webhook_endpoints (id) where account_id is null and partner_id is null;
create index webhook_endpoints_newest_first on webhook_endpoints (created_at desc, id desc);

create table webhook_deliveries (
  id text collate "C" not null constraint webhook_deliveries_pkey primary key,
  endpoint_id text collate "C" not null constraint webhook_deliveries_endpoint_id_fkey references webhook_endpoints on delete cascade,
  message_id text collate "C" not null, -- webhook-id: of the event, the same on every try and at every endpoint
  event_type text not null,
  subject_id text collate "C" not null,
  ordinal bigint, -- the event's position, by which a subject's are told in order; null: in no order
  body text, -- written with the first try; from then on these bytes
  status text not null constraint webhook_deliveries_status_known check (status in ('pending', 'delivered', 'failed')),
  tries int not null constraint webhook_deliveries_tries_not_negative check (tries >= 0), -- since it became pending
  attempts jsonb not null constraint webhook_deliveries_attempts_are_listed check (jsonb_typeof(attempts) = 'array'),
  next_try_at timestamptz not null,
  claimed_until timestamptz, -- a worker is trying it; if that dies, another may from then on
  created_at timestamptz not null,
  settled_at timestamptz,
  constraint webhook_deliveries_once unique (endpoint_id, message_id),
  constraint webhook_deliveries_settled_once_known check ((status = 'pending') = (settled_at is null))
);
create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_try_at) where status = 'pending';
create index webhook_deliveries_of_subject on webhook_deliveries (endpoint_id, subject_id, ordinal) where status = 'pending';
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, created_at desc, id desc);
create index webhook_deliveries_settled on webhook_deliveries (settled_at) where settled_at is not null;

-- Runs with all rows in sight, whoever caused the event; each endpoint gets what GET /v1/events shows its owner.
create function queue_webhooks() returns trigger language plpgsql
security definer set search_path = pg_catalog, public set tollgate.scope = 'system' as $$
begin
  if not exists (select from webhook_endpoints) then return null; end if;
  insert into webhook_deliveries (id, endpoint_id, message_id, event_type, subject_id, ordinal, status, tries, attempts, next_try_at, created_at)
  select 'whd_' || left(encode(sha256(convert_to(e.id || '/' || t.id, 'UTF8')), 'hex'), 32),
         e.id, t.id, t.type, t.subject_id, t.position, 'pending', 0, '[]', t.recorded_at, t.recorded_at
    from told t
   cross join lateral (
     select o.id, o.status, o.event_types from webhook_endpoints o where o.account_id = t.account_id
     union all
     select o.id, o.status, o.event_types from accounts a join webhook_endpoints o on o.partner_id = a.partner_id where a.id = t.account_id
     union all
     select o.id, o.status, o.event_types from webhook_endpoints o where o.account_id is null and o.partner_id is null
   ) e
   where e.status = 'enabled' and e.event_types && array['*', t.type];
  return null;
end $$;
create trigger events_told after insert on events referencing new table as told
  for each statement execute function queue_webhooks();

alter table webhook_endpoints enable row level security, force row level security;
create policy webhook_endpoints_of_tenant on webhook_endpoints using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or partner_id = (select tenant_partner_id())
  or sees_account(account_id)
);
alter table webhook_deliveries enable row level security, force row level security;
create policy webhook_deliveries_of_tenant on webhook_deliveries using (
  (select tenant_scope()) = 'system' or endpoint_id in (select e.id from webhook_endpoints e)
);

grant select, insert, update, delete on webhook_endpoints, webhook_deliveries to tollgate_app;
