-- What rating usage remembers of an account: the windows and conversations of a customer, counts of a month, names
-- of broadcasts; and which changes make its terms be read again.
-- Written and read within lock_and_read and beside apply_plan, so under the ledger's lock.
-- Locks: new tables only.

-- One row per business number and customer; the contact is a digest of both. All stretches are half-open.
create table whatsapp_contacts (
  ledger_id bigint not null constraint whatsapp_contacts_ledger_id_fkey references ledgers,
  contact uuid not null,
  window_starts_at timestamptz, -- The service window: 24 hours from each message of the customer.
  window_ends_at timestamptz,
  entry_arrived_at timestamptz, -- By an ad or a page's button, the last time,
  entry_answered_at timestamptz, -- and the first answer to that.
  free_starts_at timestamptz, -- 72 hours from such an answer.
  free_ends_at timestamptz,
  conversations jsonb not null, -- Per category, the last ones: {"marketing": [[first, last], …]}, their messages in milliseconds since 1970.
  constraint whatsapp_contacts_pkey primary key (ledger_id, contact),
  constraint whatsapp_contacts_window_is_forward check (window_starts_at < window_ends_at),
  constraint whatsapp_contacts_free_is_forward check (free_starts_at < free_ends_at)
) with (fillfactor = 80);

-- How much of a free allowance or a tier a month of the account has used.
create table rating_counters (
  ledger_id bigint not null constraint rating_counters_ledger_id_fkey references ledgers,
  month date not null constraint rating_counters_month_is_a_first check (extract(day from month) = 1),
  counter text collate "C" not null,
  used bigint not null constraint rating_counters_used_not_negative check (used >= 0),
  constraint rating_counters_pkey primary key (ledger_id, month, counter)
) with (fillfactor = 70);

-- What a broadcast was called when it was first heard of.
create table broadcasts (
  ledger_id bigint not null constraint broadcasts_ledger_id_fkey references ledgers,
  id text collate "C" not null,
  name text not null,
  constraint broadcasts_pkey primary key (ledger_id, id)
);

create function to_ms(instant timestamptz) returns numeric language sql immutable
  return extract(epoch from instant) * 1000;

create function from_ms(ms numeric) returns timestamptz language sql immutable
  return timestamptz 'epoch' + ms * interval '1 millisecond';

-- The customers of these events, one element per event and null for none. cross join lateral (… limit 1), as in
-- lock_and_read.
create function read_contacts(ledger_ids bigint[], contact_ids uuid[]) returns json language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return (
    select json_agg(json_build_array(
             w.ledger_id, w.contact, to_ms(c.window_starts_at), to_ms(c.window_ends_at), to_ms(c.entry_arrived_at),
             to_ms(c.entry_answered_at), to_ms(c.free_starts_at), to_ms(c.free_ends_at), c.conversations))
      from (select distinct ledger_id, contact from unnest(ledger_ids, contact_ids) w(ledger_id, contact) where contact is not null) w
     cross join lateral (
       select window_starts_at, window_ends_at, entry_arrived_at, entry_answered_at, free_starts_at, free_ends_at, conversations
         from whatsapp_contacts c where c.ledger_id = w.ledger_id and c.contact = w.contact limit 1) c);
end $$;

-- Counts of the months of these events. A counter names its event by its place, the first is 1.
create function read_counts(ledger_ids bigint[], instants timestamptz[], counter_ords int[], counter_names text[])
returns json language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return (
    select json_agg(json_build_array(w.ledger_id, to_char(w.month, 'YYYY-MM'), w.counter, c.used::text))
      from (select distinct l.id as ledger_id, date_trunc('month', instants[n.ord] at time zone l.time_zone)::date as month, n.counter
              from unnest(counter_ords, counter_names) n(ord, counter) join ledgers l on l.id = ledger_ids[n.ord]) w
     cross join lateral (
       select used from rating_counters c where c.ledger_id = w.ledger_id and c.month = w.month and c.counter = w.counter limit 1) c);
end $$;

-- Writes what a decision learnt beside apply_plan: each contact as it is now, each count with what was added.
create function keep_rating_state(contact_rows json, count_rows json, broadcast_rows json) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if contact_rows is not null then
    insert into whatsapp_contacts (ledger_id, contact, window_starts_at, window_ends_at, entry_arrived_at, entry_answered_at,
                                   free_starts_at, free_ends_at, conversations)
    select ledger_id, contact, from_ms(window_starts), from_ms(window_ends), from_ms(entry_arrived), from_ms(entry_answered),
           from_ms(free_starts), from_ms(free_ends), conversations
      from json_to_recordset(contact_rows) c(ledger_id bigint, contact uuid, window_starts numeric, window_ends numeric,
             entry_arrived numeric, entry_answered numeric, free_starts numeric, free_ends numeric, conversations jsonb)
    on conflict (ledger_id, contact) do update
       set window_starts_at = excluded.window_starts_at, window_ends_at = excluded.window_ends_at,
           entry_arrived_at = excluded.entry_arrived_at, entry_answered_at = excluded.entry_answered_at,
           free_starts_at = excluded.free_starts_at, free_ends_at = excluded.free_ends_at, conversations = excluded.conversations;
  end if;
  if count_rows is not null then
    insert into rating_counters as r (ledger_id, month, counter, used)
    select ledger_id, month, counter, added
      from json_to_recordset(count_rows) c(ledger_id bigint, month date, counter text, added bigint)
    on conflict (ledger_id, month, counter) do update set used = r.used + excluded.used;
  end if;
  if broadcast_rows is not null then
    insert into broadcasts (ledger_id, id, name)
    select ledger_id, id, name from json_populate_recordset(null::broadcasts, broadcast_rows)
    on conflict (ledger_id, id) do nothing;
  end if;
end $$;

-- Most updates of a subscription change nothing of this. Compared here and not in the trigger's own words, which
-- would keep the columns from ever being retyped.
create function note_account_plan() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  if tg_op = 'UPDATE' and (old.plan_code, old.plan_version, old.status) = (new.plan_code, new.plan_version, new.status) then return null; end if;
  update ledgers set terms_version = terms_version + 1 where account_id = new.serves_account_id;
  return null;
end $$;
create trigger plan_of_account_changed after insert or update
  on subscriptions for each row execute function note_account_plan();
create trigger agreements_of_account_changed after insert or update or delete
  on plan_agreements for each row execute function note_account_terms();

-- An account's own row has its id under another name.
create function note_account_clock() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  update ledgers set terms_version = terms_version + 1 where account_id = new.id;
  return null;
end $$;
create trigger clock_of_account_changed after update of test_clock_id, partner_id, country
  on accounts for each row execute function note_account_clock();

alter table whatsapp_contacts enable row level security, force row level security;
create policy whatsapp_contacts_of_tenant on whatsapp_contacts using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table rating_counters enable row level security, force row level security;
create policy rating_counters_of_tenant on rating_counters using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table broadcasts enable row level security, force row level security;
create policy broadcasts_of_tenant on broadcasts using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));

grant select, insert on whatsapp_contacts, rating_counters, broadcasts to tollgate_app;
grant update (window_starts_at, window_ends_at, entry_arrived_at, entry_answered_at, free_starts_at, free_ends_at, conversations)
  on whatsapp_contacts to tollgate_app;
grant update (used) on rating_counters to tollgate_app;
