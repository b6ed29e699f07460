-- The ledger: one row per account to lock, buckets that can be spent from, immutable transfers, holds,
-- monthly allowances, and the usage events that transfers pay for. docs/domain/ledger.md tells what they mean.
-- Three functions are the only way in: lock_and_read before a decision, apply_plan and record_events after it. They
-- run as the caller, so row level security holds inside them.
-- Amounts are bigint: micros of a currency (1 major unit = 1,000,000), or whole units of a meter.
-- Locks: new tables only. Later months of usage_events: create_usage_partitions, see below.

create table ledgers (
  id bigint generated always as identity constraint ledgers_pkey primary key,
  account_id text collate "C" not null constraint ledgers_account_id_key unique
    constraint ledgers_account_id_fkey references accounts,
  time_zone text not null,
  currency text collate "C" not null constraint ledgers_currency_is_a_code check (currency ~ '^[A-Z]{3}$'),
  open_month date not null -- The quotas of every month up to this one have been opened.
    constraint ledgers_open_month_is_a_first check (extract(day from open_month) = 1),
  turned_to date not null -- Every month before this one is closed.
    constraint ledgers_turned_to_is_a_first check (extract(day from turned_to) = 1),
  transfer_count bigint not null default 0,
  chain_head bytea not null default '', -- The hash of the last transfer.
  terms_version bigint not null default 0, -- Moves with all that usage is rated by and that is this account's alone.
  watched_micros bigint -- Who leaves less money than this notes it for the auto-recharge; null: nobody asks.
) with (fillfactor = 50);
create index ledgers_by_time_zone on ledgers (time_zone, id); -- Months turn zone by zone.

-- A ledger account that can be spent from, with its cached balance. Its code is readable and deterministic
-- (wallet/initial, quota/message/2026-11, package/pkg_9), so opening one twice collides.
create table buckets (
  ledger_id bigint not null constraint buckets_ledger_id_fkey references ledgers,
  code text collate "C" not null,
  asset text collate "C" not null,
  source text collate "C" not null constraint buckets_source_known check (source in (
    'plan_quota', 'quota_top_up', 'promotional', 'package', 'minute_bundle', 'wallet_initial', 'wallet_additional')),
  month date constraint buckets_month_is_a_first check (extract(day from month) = 1),
  starts_at timestamptz,
  expires_at timestamptz,
  channels text[], -- Whose messages it pays for; null: of every channel, and everything else.
  credit_limit bigint not null default 0 constraint buckets_credit_limit_not_negative check (credit_limit >= 0),
  granted bigint not null default 0, -- All that was ever granted into it and not taken back: "9,800 of 10,000 left".
  posted bigint not null default 0,
  held bigint not null default 0 constraint buckets_held_not_negative check (held >= 0),
  closed_at timestamptz,
  constraint buckets_pkey primary key (ledger_id, code),
  -- Only usage that already happened may overdraw, and only the money the customer paid in.
  constraint buckets_never_overdrawn check (source = 'wallet_additional' or posted >= held),
  constraint buckets_closed_are_empty check (closed_at is null or (posted = 0 and held = 0)),
  constraint buckets_life_is_forward check (starts_at <= expires_at),
  constraint buckets_are_no_counter check (code !~ '^(issuance|consumption|revenue|breakage|clearing|tax_payable|partner_payable|disputed)/')
) with (fillfactor = 50);
create index buckets_open on buckets (ledger_id) where closed_at is null;

-- Immutable. Numbered 1, 2, 3 … per ledger under its lock: a gap is a deletion. Chained by hash.
create table transfers (
  ledger_id bigint not null,
  number bigint not null,
  debit text collate "C" not null,
  credit text collate "C" not null,
  asset text collate "C" not null,
  amount bigint not null constraint transfers_amount_positive check (amount > 0),
  kind text collate "C" not null constraint transfers_kind_known check (kind in (
    'grant', 'usage', 'charge', 'expiry', 'rollover', 'settlement', 'refund', 'clawback', 'rerating', 'transfer')),
  reference text collate "C" not null constraint transfers_reference_not_empty check (reference <> ''),
  reason text,
  effective_at timestamptz not null,
  posted_at timestamptz not null,
  hash bytea not null constraint transfers_hash_is_sha256 check (octet_length(hash) = 32),
  constraint transfers_pkey primary key (ledger_id, number),
  constraint transfers_move_something check (debit <> credit)
);
-- Whatever a caller does, one thing happens once. Usage is told apart by its events, and a settlement moves only
-- what there is to settle.
create unique index transfers_happen_once on transfers (ledger_id, reference, kind, debit, credit)
  where kind not in ('usage', 'settlement');

-- What a hold reserves in one bucket. pending while remaining > 0, then posted (captured > 0) or voided.
-- buckets.held is the sum of remaining.
create table holds (
  ledger_id bigint not null,
  hold_id text collate "C" not null,
  bucket text collate "C" not null,
  asset text collate "C" not null,
  reserved bigint not null constraint holds_reserved_positive check (reserved > 0),
  remaining bigint not null constraint holds_remaining_not_negative check (remaining >= 0),
  captured bigint not null default 0 constraint holds_captured_not_negative check (captured >= 0),
  placed_at timestamptz not null,
  deadline_at timestamptz not null,
  constraint holds_pkey primary key (ledger_id, hold_id, bucket),
  constraint holds_bucket_fkey foreign key (ledger_id, bucket) references buckets,
  constraint holds_pay_no_more_than_held check (captured + remaining <= reserved)
);
create index holds_open on holds (deadline_at) where remaining > 0;

-- Units an account gets each month from this month on, by plan or agreement. Zero ends it.
create table allowances (
  ledger_id bigint not null constraint allowances_ledger_id_fkey references ledgers,
  asset text collate "C" not null,
  from_month date not null constraint allowances_from_month_is_a_first check (extract(day from from_month) = 1),
  quantity bigint not null constraint allowances_quantity_not_negative check (quantity >= 0),
  constraint allowances_pkey primary key (ledger_id, asset, from_month)
);

-- The words that every event repeats: four bytes each, where text takes up to 27.
create type usage_type as enum ('message', 'wa_message', 'wa_inbound', 'call', 'visitor');
create type usage_mode as enum ('enforce', 'record');
create type usage_asset as enum ('message', 'wa_conversation', 'call_second', 'unique_visitor');
create type usage_zero_reason as enum (
  'conversation_open', 'customer_service_window', 'free_entry_point', 'free_allowance', 'covered_by_quota',
  'not_charged_on_this_status', 'priced_at_zero');
create type usage_window_source as enum ('sent', 'tracked');

-- What was told, how it was priced and what paid for it. Partitioned by record time, each partition unique by
-- (ledger_id, key). The key, the fingerprint, the visitor and the contact are 16 byte digests. Null money is none.
create table usage_events (
  ledger_id bigint not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  quantity bigint not null constraint usage_events_quantity_not_negative check (quantity >= 0),
  amount bigint not null, -- Micros: what money paid for it, with the fee and without tax.
  fee bigint,
  tax bigint,
  visitor_amount bigint, -- Micros beside the amount, for a visitor who was new,
  visitor_tax bigint, -- and what of the tax is for that.
  paid_quantity bigint, -- Units that money paid for.
  taxation_id int, -- usage_taxations.id: how money was taxed; null: none paid.
  local_date date not null,
  card_version int, -- rate_card_versions.id; null: no card priced it.
  type usage_type not null,
  mode usage_mode not null,
  asset usage_asset not null,
  zero_reason usage_zero_reason,
  window_from usage_window_source,
  new_visitor boolean not null,
  key uuid not null, -- Of the client's id.
  fingerprint uuid not null, -- Of what was told: the same id with another one is a conflict.
  visitor uuid,
  contact uuid, -- Of business number and customer.
  event_id text collate "C" not null, -- The client's.
  channel text collate "C", -- Of a message.
  category text collate "C" not null, -- What it was priced as.
  market text collate "C",
  unit_price numeric(20, 10),
  broadcast text collate "C",
  hold_id text collate "C",
  transfers bigint[] not null, -- Which transfers paid for it,
  amounts bigint[] not null, -- and how much of each.
  constraint usage_events_parts_match check (cardinality(transfers) = cardinality(amounts))
) partition by range (recorded_at);
-- Partial, though it holds every row: only a query that says quantity >= 0 may use it. While a partition is young,
-- the planner thinks it as good for finding a key as the key's own index, and would read all of the ledger's events.
create index usage_events_by_time on usage_events (ledger_id, occurred_at, key) where quantity >= 0;

create table visitor_months (
  ledger_id bigint not null,
  month date not null,
  visitor uuid not null,
  constraint visitor_months_pkey primary key (ledger_id, month, visitor)
);

create table usage_days (
  ledger_id bigint not null,
  local_date date not null,
  category text collate "C" not null,
  events bigint not null,
  quantity bigint not null,
  visitors bigint not null,
  amount bigint not null, -- Micros, without tax. What new visitors cost stands under unique_visitor.
  constraint usage_days_pkey primary key (ledger_id, local_date, category)
) with (fillfactor = 70);

-- The application's role cannot change a transfer (grants, below). This stops an owner's slip as well.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% are immutable: post a transfer that corrects the other', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger transfers_are_immutable before update or delete or truncate on transfers
  for each statement execute function refuse_change();

-- Makes the missing monthly partitions from first_month on (UTC months). The migration makes a year; whoever
-- keeps the house calls it for the months to come (db/usage-partitions.ts). Runs as the owner, because the application's role may
-- create nothing; attaching does not block writers.
create function create_usage_partitions(first_month date, months int) returns int language plpgsql
security definer set search_path = pg_catalog, public set lock_timeout = '5s' as $$
declare
  starts_on date;
  name text;
  made int := 0;
begin
  if months not between 1 and 36 then raise exception 'between 1 and 36 months at a time'; end if;
  perform pg_advisory_xact_lock(7061727);
  for n in 0 .. months - 1 loop
    starts_on := date_trunc('month', first_month)::date + make_interval(months => n);
    name := 'usage_events_' || to_char(starts_on, 'YYYY_MM');
    continue when to_regclass('public.' || name) is not null;
    execute format('create table public.%I (like public.usage_events including defaults including constraints)', name);
    execute format('create unique index %I on public.%I (ledger_id, key)', name || '_key', name);
    execute format('alter table public.%I enable row level security, force row level security', name);
    execute format('alter table public.usage_events attach partition public.%I for values from (%L) to (%L)', name,
                   to_char(starts_on, 'YYYY-MM-DD') || ' 00:00:00+00',
                   to_char(starts_on + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    made := made + 1;
  end loop;
  return made;
end $$;
select create_usage_partitions((now() at time zone 'UTC')::date - 31, 14);

-- Locks the ledgers in the order of their ids and reads what a decision needs. One element per event, a null
-- visitor for one that has none; for an operation without events, one element per ledger and null for the rest.
-- Columns travel as one array each and amounts as text: half the cost of objects, and JSON numbers end at 2^53.
-- The settings keep the plan from flipping to a scan while statistics are young.
create function lock_and_read(
  ledger_ids bigint[], keys uuid[], instants timestamptz[], visitors uuid[], contact_ids uuid[],
  counter_ords int[], counter_names text[], recorded timestamptz, present timestamptz,
  out ledger_rows json, out bucket_rows json, out allowance_rows json,
  out days json, out known_visitors json, out replays json,
  out generation bigint, out contact_rows json, out count_rows json
) language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  -- Before any other lock: who publishes a card waits for the batches that began before it.
  if present is not null then generation := share_rate_cards(); end if;
  -- A statement of its own: all that follows sees what the last holder of these locks committed.
  select json_build_array(
           json_agg(id), json_agg(account_id), json_agg(currency), json_agg(time_zone), json_agg(to_char(open_month, 'YYYY-MM')),
           json_agg(transfer_count), json_agg(encode(chain_head, 'hex')), json_agg(terms_version),
           json_agg(watched_micros::text))
    into ledger_rows
    from (select id, account_id, currency, time_zone, open_month, transfer_count, chain_head, terms_version, watched_micros
            from ledgers where id = any (ledger_ids) order by id for update) l;
  select json_build_array(
           json_agg(ledger_id), json_agg(code), json_agg(asset), json_agg(source), json_agg(to_char(month, 'YYYY-MM')),
           json_agg(extract(epoch from starts_at) * 1000), json_agg(extract(epoch from expires_at) * 1000),
           json_agg(credit_limit::text), json_agg(granted::text), json_agg(posted::text), json_agg(held::text), json_agg(channels))
    into bucket_rows
    from buckets where ledger_id = any (ledger_ids) and closed_at is null;
  -- Only when a month may have to be opened up to the present, or when nobody says when that is. A day early: whoever
  -- decides has time zones of its own, and a month that was opened without its allowances would stay without them.
  select json_agg(json_build_array(a.ledger_id, a.asset, to_char(a.from_month, 'YYYY-MM'), a.quantity::text))
    into allowance_rows
    from ledgers l join allowances a on a.ledger_id = l.id
   where l.id = any (ledger_ids)
     and (present is null or l.open_month < date_trunc('month', (present + interval '1 day') at time zone l.time_zone)::date);
  if present is null then return; end if;
  -- cross join lateral (… limit 1) cannot be reordered: it forces the index probe even on young partitions.
  with e as materialized (
    select i.ledger_id, i.key, i.visitor, i.ord, (i.occurred_at at time zone l.time_zone)::date as day
      from unnest(ledger_ids, keys, instants, visitors) with ordinality i(ledger_id, key, occurred_at, visitor, ord)
      left join ledgers l on l.id = i.ledger_id)
  select (select json_agg(e.day order by e.ord) from e),
         (select json_agg(e.ord - 1) from e cross join lateral (
            select from visitor_months v
             where v.ledger_id = e.ledger_id and v.month = date_trunc('month', e.day::timestamp)::date and v.visitor = e.visitor limit 1) v
           where e.visitor is not null),
         (select json_agg(json_build_object(
                   'ord', e.ord - 1, 'fingerprint', u.fingerprint, 'category', u.category, 'asset', u.asset, 'market', u.market,
                   'quantity', u.quantity::text, 'unit_rate', trunc(u.unit_price * 10000000000)::text, 'card_version', u.card_version,
                   'amount', u.amount::text, 'fee', u.fee::text, 'tax', u.tax::text, 'visitor_amount', u.visitor_amount::text,
                   'zero_reason', u.zero_reason, 'window_from', u.window_from, 'new_visitor', u.new_visitor,
                   'charges', (select json_agg(json_build_array(t.debit, t.asset, p.amount::text) order by p.n)
                                 from unnest(u.transfers, u.amounts) with ordinality p(number, amount, n)
                                cross join lateral (
                                  select debit, asset from transfers where ledger_id = u.ledger_id and number = p.number limit 1) t)))
            from e cross join lateral (
            select fingerprint, category, asset, market, quantity, unit_price, card_version, amount, fee, tax, visitor_amount, zero_reason,
                   window_from, new_visitor, ledger_id, transfers, amounts
              from usage_events u
             where u.ledger_id = e.ledger_id and u.key = e.key
               and u.recorded_at >= recorded - interval '45 days' and u.recorded_at < recorded + interval '1 day' limit 1) u)
    into days, known_visitors, replays;
  if contact_ids is not null then contact_rows := read_contacts(ledger_ids, contact_ids); end if;
  if counter_names is not null then count_rows := read_counts(ledger_ids, instants, counter_ords, counter_names); end if;
end $$;

-- The same for an operation without events, by account, with what happened before under the references it is about
-- to use. One function, so that its statements are planned once per connection.
create function lock_ledgers(
  account_ids text[], reference_texts text[],
  out ledger_rows json, out bucket_rows json, out allowance_rows json, out happened_rows json
) language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  ids bigint[] := (select array_agg(id) from ledgers where account_id = any (account_ids));
begin
  select l.ledger_rows, l.bucket_rows, l.allowance_rows into ledger_rows, bucket_rows, allowance_rows
    from lock_and_read(ids, null, null, null, null, null, null, null, null) l;
  if cardinality(reference_texts) = 0 then return; end if;
  select json_agg(json_build_array(ledger_id, kind, reference, debit, credit, asset, amount::text) order by ledger_id, number)
    into happened_rows
    from transfers
   where ledger_id = any (ids) and reference = any (reference_texts) and kind not in ('usage', 'settlement');
end $$;

-- Writes one decision. The only code that inserts a transfer or moves a balance. Balances follow from the rows
-- written here, never from numbers the caller sends; a number, a grant or a month that exists is refused.
create function apply_plan(
  call_reference text, at timestamptz, opened_rows json, transfer_rows json, hold_rows json, month_rows json,
  ended_rows json, granted_allowance_rows json
) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  moved bigint;
  movable bigint;
  advanced bigint;
  advancing bigint;
  kept bigint;
  same_for_all json := json_build_object('reference', call_reference, 'posted_at', at, 'placed_at', at);
begin
  if opened_rows is not null then
    insert into buckets (ledger_id, code, asset, source, month, starts_at, expires_at, channels, credit_limit) -- No ON CONFLICT: twice is a bug.
    select ledger_id, code, asset, source, month, starts_at, expires_at, channels, coalesce(credit_limit, 0)
      from json_populate_recordset(null::buckets, opened_rows);
  end if;
  if hold_rows is not null and exists ( -- What is still whole is being placed: an id is used once, in any bucket.
    select from json_populate_recordset(null::holds, hold_rows) n join holds h using (ledger_id, hold_id) where n.remaining = n.reserved) then
    raise exception 'a hold of this id was placed before' using errcode = 'unique_violation', constraint = 'holds_pkey';
  end if;
  if transfer_rows is not null or hold_rows is not null then
    with posted_now as (
      insert into transfers (ledger_id, number, debit, credit, asset, amount, kind, reference, reason, effective_at, posted_at, hash)
      select ledger_id, number, debit, credit, asset, amount, kind, reference, reason, effective_at, posted_at, hash
        from json_populate_recordset(json_populate_record(null::transfers, same_for_all), transfer_rows)
      returning ledger_id, number, debit, credit, asset, amount, kind, hash),
    held_now as (
      insert into holds as h (ledger_id, hold_id, bucket, asset, reserved, remaining, captured, placed_at, deadline_at)
      select ledger_id, hold_id, bucket, asset, reserved, remaining, captured, placed_at, deadline_at
        from json_populate_recordset(json_populate_record(null::holds, same_for_all), hold_rows)
      on conflict (ledger_id, hold_id, bucket) do update set remaining = excluded.remaining, captured = excluded.captured
       where h.reserved = excluded.reserved and h.remaining >= excluded.remaining and h.captured <= excluded.captured
      returning ledger_id, bucket as code, asset, new.remaining - coalesce(old.remaining, 0) as held),
    movement as materialized (
      select ledger_id, code, asset, sum(posted)::bigint as posted, sum(held)::bigint as held, sum(granted)::bigint as granted
        from (select ledger_id, debit as code, asset, -amount as posted, 0 as held, case credit when 'issuance/' || asset then -amount else 0 end as granted from posted_now
              union all select ledger_id, credit, asset, amount, 0, case kind when 'grant' then amount else 0 end from posted_now
              union all select ledger_id, code, asset, 0, held, 0 from held_now) m
       where code not in ('issuance/' || asset, 'consumption/' || asset, 'revenue/' || asset, 'breakage/' || asset, 'clearing/' || asset, 'tax_payable/' || asset, 'partner_payable/' || asset, 'disputed/' || asset)
       group by ledger_id, code, asset),
    balances as ( -- With closed_at in its condition, the plan of a young table reads all open buckets for each movement.
      update buckets b set posted = b.posted + m.posted, held = b.held + m.held, granted = b.granted + m.granted from movement m
       where b.ledger_id = m.ledger_id and b.code = m.code and b.asset = m.asset returning b.closed_at is null as is_open),
    last_numbers as materialized (
      select distinct on (ledger_id) ledger_id, number, hash, count(*) over (partition by ledger_id) as posted
        from posted_now order by ledger_id, number desc),
    heads as (
      update ledgers l set transfer_count = t.number, chain_head = t.hash from last_numbers t
       where l.id = t.ledger_id and l.transfer_count + t.posted = t.number returning 1)
    select (select count(*) from balances where is_open), (select count(*) from movement), (select count(*) from heads), (select count(*) from last_numbers),
           (select count(*) from held_now)
      into moved, movable, advanced, advancing, kept;
    if moved <> movable then raise exception 'a transfer names a bucket that does not exist, is closed or holds another asset'; end if;
    if advanced <> advancing then raise exception 'transfers do not continue the numbering of their ledger'; end if;
    if kept <> coalesce(json_array_length(hold_rows), 0) then raise exception 'a hold only shrinks, by what it pays and gives back'; end if;
  end if;
  if month_rows is not null then -- One row per ledger: of two, UPDATE would take either.
    update ledgers l set open_month = m.open_month
      from json_to_recordset(month_rows) m(ledger_id bigint, open_month date) where l.id = m.ledger_id;
  end if;
  if granted_allowance_rows is not null then
    insert into allowances as a (ledger_id, asset, from_month, quantity)
    select ledger_id, asset, from_month, quantity from json_populate_recordset(null::allowances, granted_allowance_rows)
    on conflict (ledger_id, asset, from_month) do update set quantity = excluded.quantity;
  end if;
  if ended_rows is not null then -- What is held waits for its hold; the bucket covers nothing new.
    update buckets b set expires_at = least(b.expires_at, c.expires_at), closed_at = case b.held when 0 then at end
      from json_populate_recordset(null::buckets, ended_rows) c
     where b.ledger_id = c.ledger_id and b.code = c.code;
  end if;
end $$;

-- Writes the usage of one decision beside apply_plan, one element per event. Arrays, because a batch has hundreds
-- of events: as JSON they cost twice the bytes and a third more work. What paid for an event is a text like {1,2},
-- for arrays of arrays have to be even.
create function record_events(
  at timestamptz, ledger_ids bigint[], keys uuid[], event_ids text[], fingerprints uuid[], types usage_type[], modes usage_mode[],
  instants timestamptz[], local_dates date[], channels text[], categories text[], assets usage_asset[], markets text[],
  quantities bigint[], unit_prices numeric[], card_versions int[], event_amounts bigint[], fees bigint[], taxes bigint[],
  zero_reasons usage_zero_reason[], windows_from usage_window_source[], contact_ids uuid[], broadcasts text[], hold_ids text[],
  visitors uuid[], are_new boolean[], visitor_amounts bigint[], transfer_lists text[], amount_lists text[],
  visitor_taxes bigint[], paid_quantities bigint[], taxation_places int[], taxations jsonb -- Those the places name, from 1 on.
) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  taxation_ids int[] := (
    select array_agg(t.id order by named.place) from jsonb_array_elements(taxations) with ordinality named(taxation, place)
      join usage_taxations t on t.taxation = named.taxation);
begin
  with recorded as (
    insert into usage_events (ledger_id, key, event_id, fingerprint, type, mode, occurred_at, local_date, channel, category, asset, market,
                              quantity, unit_price, card_version, amount, fee, tax, zero_reason, window_from, contact, broadcast, hold_id,
                              visitor, new_visitor, visitor_amount, visitor_tax, paid_quantity, taxation_id, transfers, amounts, recorded_at)
    select ledger_id, key, event_id, fingerprint, type, mode, occurred_at, local_date, channel, category, asset, market,
           quantity, unit_price, card_version, amount, fee, tax, zero_reason, window_from, contact, broadcast, hold_id,
           visitor, new_visitor, visitor_amount, visitor_tax, paid_quantity, taxation_ids[taxation_place],
           transfers::bigint[], amounts::bigint[], at
      from (select unnest(ledger_ids) as ledger_id, unnest(keys) as key, unnest(event_ids) as event_id, unnest(fingerprints) as fingerprint,
                   unnest(types) as type, unnest(modes) as mode, unnest(instants) as occurred_at, unnest(local_dates) as local_date,
                   unnest(channels) as channel, unnest(categories) as category, unnest(assets) as asset, unnest(markets) as market,
                   unnest(quantities) as quantity, unnest(unit_prices) as unit_price, unnest(card_versions) as card_version,
                   unnest(event_amounts) as amount, unnest(fees) as fee, unnest(taxes) as tax, unnest(zero_reasons) as zero_reason,
                   unnest(windows_from) as window_from, unnest(contact_ids) as contact, unnest(broadcasts) as broadcast,
                   unnest(hold_ids) as hold_id, unnest(visitors) as visitor, unnest(are_new) as new_visitor,
                   unnest(visitor_amounts) as visitor_amount, unnest(visitor_taxes) as visitor_tax, unnest(paid_quantities) as paid_quantity,
                   unnest(taxation_places) as taxation_place, unnest(transfer_lists) as transfers, unnest(amount_lists) as amounts) e
    returning ledger_id, local_date, category, quantity, amount, visitor, new_visitor),
  arrived as (
    insert into visitor_months (ledger_id, month, visitor)
    select ledger_id, date_trunc('month', local_date::timestamp), visitor from recorded where new_visitor)
  insert into usage_days as d (ledger_id, local_date, category, events, quantity, visitors, amount)
  select ledger_id, local_date, category, count(*), sum(quantity), count(*) filter (where new_visitor), sum(amount)
    from recorded group by ledger_id, local_date, category
  on conflict (ledger_id, local_date, category) do update
     set events = d.events + excluded.events, quantity = d.quantity + excluded.quantity, visitors = d.visitors + excluded.visitors,
         amount = d.amount + excluded.amount;
  if visitor_amounts is not null then
    insert into usage_days as d (ledger_id, local_date, category, events, quantity, visitors, amount)
    select ledger_id, local_date, 'unique_visitor', 0, 0, 0, sum(amount)
      from unnest(ledger_ids, local_dates, visitor_amounts) e(ledger_id, local_date, amount) where amount > 0 group by ledger_id, local_date
    on conflict (ledger_id, local_date, category) do update set amount = d.amount + excluded.amount;
  end if;
end $$;

-- The text behind a transfer's hash: hash = sha256(hash before it, text). domain/ledger/ledger-plan.ts spells the
-- same; `ledger/check` recomputes with this one. Quoting makes it unambiguous, and an instant moved by a
-- microsecond shows, because the writer knows milliseconds only.
create function transfer_text(t transfers) returns text language sql stable
  return concat_ws('|', t.ledger_id, t.number, to_json(t.debit), to_json(t.credit), to_json(t.asset), t.amount, t.kind,
    to_json(t.reference), coalesce(to_json(t.reason)::text, 'null'),
    trim_scale(extract(epoch from t.effective_at) * 1000), trim_scale(extract(epoch from t.posted_at) * 1000));

-- A ledger without its lock, in the shape of lock_and_read: for reading, never before a decision that is kept.
create function read_ledger(ledger bigint, out ledger_rows json, out bucket_rows json, out allowance_rows json) language sql stable as $$
  select (select json_build_array(
                   json_agg(id), json_agg(account_id), json_agg(currency), json_agg(time_zone), json_agg(to_char(open_month, 'YYYY-MM')),
                   json_agg(transfer_count), json_agg(encode(chain_head, 'hex')))
            from ledgers where id = ledger),
         (select json_build_array(
                   json_agg(ledger_id), json_agg(code), json_agg(asset), json_agg(source), json_agg(to_char(month, 'YYYY-MM')),
                   json_agg(extract(epoch from starts_at) * 1000), json_agg(extract(epoch from expires_at) * 1000),
                   json_agg(credit_limit::text), json_agg(granted::text), json_agg(posted::text), json_agg(held::text), json_agg(channels))
            from buckets where ledger_id = ledger and closed_at is null),
         (select json_agg(json_build_array(ledger_id, asset, to_char(from_month, 'YYYY-MM'), quantity::text))
            from allowances where ledger_id = ledger)
$$;

-- Recomputes a ledger from its transfers and holds: sums, cached balances, numbering, chain.
create function check_ledger(ledger bigint) returns json language sql stable as $$
  with chained as materialized (
    select number, debit, credit, asset, amount, kind, hash,
           number = row_number() over (order by number)
             and hash = sha256(lag(hash, 1, ''::bytea) over (order by number) || convert_to(transfer_text(t), 'UTF8')) as fits
      from transfers t where t.ledger_id = ledger),
  legs as materialized (
    select code, asset, sum(posted) as posted, sum(granted) as granted
      from (select debit as code, asset, -amount as posted, case credit when 'issuance/' || asset then -amount else 0 end as granted from chained
            union all select credit, asset, amount, case kind when 'grant' then amount else 0 end from chained) l
     group by code, asset),
  reserved as (select bucket as code, asset, sum(remaining) as held from holds where ledger_id = ledger group by bucket, asset),
  balances as (
    select coalesce(b.asset, l.asset, h.asset) as asset, coalesce(l.posted, 0) as posted,
           case when coalesce(l.code, h.code) in ('issuance/' || l.asset, 'consumption/' || l.asset, 'revenue/' || l.asset, 'breakage/' || l.asset, 'clearing/' || l.asset, 'tax_payable/' || l.asset, 'partner_payable/' || l.asset, 'disputed/' || l.asset)
                then h.code is null and b.code is null
                else b.code is not null and b.posted = coalesce(l.posted, 0) and b.granted = coalesce(l.granted, 0) and b.held = coalesce(h.held, 0)
            end as is_equal
      from legs l
      full join reserved h using (code, asset)
      full join (select code, asset, posted, granted, held from buckets where ledger_id = ledger) b using (code, asset)),
  assets as (select asset, sum(posted) as sum, bool_and(is_equal) as is_equal from balances group by asset),
  chain as (select count(*) as transfers, coalesce(bool_and(fits), true) as fits, min(number) filter (where not fits) as first_broken from chained)
  select json_build_object(
           'assets', (select json_agg(json_build_object('asset', asset, 'sum', sum::text, 'cached_equals_posted', is_equal) order by asset) from assets),
           'chain_intact', c.fits and c.transfers = l.transfer_count
                           and l.chain_head = coalesce((select hash from chained order by number desc limit 1), ''::bytea),
           'first_broken', c.first_broken::text,
           'transfer_count', c.transfers::text)
    from ledgers l cross join chain c where l.id = ledger
$$;

-- Row level security. A row is its ledger's, a ledger is its account's. The questions are functions, because a
-- sub-select in a policy is planned and opened with every statement, also when the system scope, asked once per
-- statement, makes it needless: that was half the cost of a small operation.
create function sees_account(account text) returns boolean language plpgsql stable as $$
begin
  return exists (select from accounts a where a.id = account);
end $$;

create function sees_ledger(ledger bigint) returns boolean language plpgsql stable as $$
begin
  return exists (select from ledgers l where l.id = ledger);
end $$;

alter table ledgers enable row level security, force row level security;
create policy ledgers_of_tenant on ledgers using (
  (select tenant_scope()) = 'system' or account_id = (select tenant_account_id()) or sees_account(account_id)
);
alter table buckets enable row level security, force row level security;
create policy buckets_of_tenant on buckets using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table transfers enable row level security, force row level security;
create policy transfers_of_tenant on transfers using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table holds enable row level security, force row level security;
create policy holds_of_tenant on holds using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table allowances enable row level security, force row level security;
create policy allowances_of_tenant on allowances using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table usage_events enable row level security, force row level security;
create policy usage_events_of_tenant on usage_events using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table visitor_months enable row level security, force row level security;
create policy visitor_months_of_tenant on visitor_months using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));
alter table usage_days enable row level security, force row level security;
create policy usage_days_of_tenant on usage_days using ((select tenant_scope()) = 'system' or sees_ledger(ledger_id));

-- Only the verbs and columns these functions need. Nothing here may be deleted; transfers and usage may not
-- be changed; whose a ledger is, its currency and zone, and what a bucket holds never changes.
revoke execute on function create_usage_partitions(date, int) from public;
grant execute on function create_usage_partitions(date, int) to tollgate_app;
grant select, insert on ledgers, buckets, transfers, holds, allowances, usage_events, visitor_months, usage_days to tollgate_app;
grant update (open_month, turned_to, transfer_count, chain_head, watched_micros) on ledgers to tollgate_app;
grant update (credit_limit, expires_at, granted, posted, held, closed_at) on buckets to tollgate_app;
grant update (remaining, captured) on holds to tollgate_app;
grant update (quantity) on allowances to tollgate_app;
grant update (events, quantity, visitors, amount) on usage_days to tollgate_app;
