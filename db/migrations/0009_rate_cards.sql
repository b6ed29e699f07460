-- Rate cards: what usage costs, in versions of one rule and its prices that never change. Cards belong to no
-- tenant; which card an account has, other than the default, is the account's.
-- Locks: new tables only.

create table rate_cards (
  code text collate "C" not null constraint rate_cards_pkey primary key
    constraint rate_cards_code_spelling check (code ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  name text not null,
  channel text not null constraint rate_cards_channel_known check (channel in ('whatsapp', 'message', 'call')),
  currency char(3) not null,
  time_zone text not null, -- Versions begin at 00:00 here.
  markets jsonb not null, -- Of its first version, unless that brings its own.
  is_default boolean not null,
  rated_until date, -- The newest day, in the card's zone, that usage was rated with it.
  created_at timestamptz not null,
  constraint rate_cards_channel_key unique (code, channel)
);
create unique index rate_cards_one_default on rate_cards (channel, currency) where is_default;

-- The prices lie in the row: a version is always read as a whole, once per process.
create table rate_card_versions (
  id int generated always as identity constraint rate_card_versions_pkey primary key,
  card_code text collate "C" not null constraint rate_card_versions_card_code_fkey references rate_cards,
  version int not null constraint rate_card_versions_version_positive check (version > 0),
  effective_from date not null,
  starts_at timestamptz not null,
  corrects int, -- The version whose prices were wrong from that day on; null: it corrects none.
  note text,
  rule jsonb not null,
  markets jsonb not null,
  prices jsonb not null, -- Rates as decimal text.
  created_at timestamptz not null,
  constraint rate_card_versions_version_key unique (card_code, version),
  constraint rate_card_versions_corrects_fkey foreign key (card_code, corrects) references rate_card_versions (card_code, version),
  constraint rate_card_versions_correct_earlier_ones check (corrects < version)
);

create table account_rate_cards (
  account_id text collate "C" not null constraint account_rate_cards_account_id_fkey references accounts,
  channel text not null,
  card_code text collate "C" not null,
  constraint account_rate_cards_pkey primary key (account_id, channel),
  constraint account_rate_cards_card_fkey foreign key (card_code, channel) references rate_cards (code, channel)
);

-- Who rates usage remembers the cards and reads this number with every batch: another one means, load again.
create table rate_card_generation (
  is_only boolean not null default true constraint rate_card_generation_pkey primary key
    constraint rate_card_generation_one_row check (is_only),
  generation bigint not null
);
insert into rate_card_generation (generation) values (1);

-- Held by a batch of usage until it commits, together with all others, and answers the generation. A statement of
-- its own after the lock: it sees what the last change committed.
create function share_rate_cards() returns bigint language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(7061728);
  return (select generation from rate_card_generation);
end $$;

-- Held by a change of cards until it commits, alone: nothing is rated by an old version once a new one is published.
create function lock_rate_cards() returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7061728);
end $$;

-- As the owner, because nobody else may touch the number.
create function next_rate_card_generation() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  perform lock_rate_cards();
  update rate_card_generation set generation = generation + 1;
  return null;
end $$;
create trigger rate_cards_changed after insert or delete or update of code, name, channel, currency, time_zone, markets, is_default
  on rate_cards for each statement execute function next_rate_card_generation();
create trigger rate_card_versions_published after insert on rate_card_versions
  for each statement execute function next_rate_card_generation();

create function refuse_version_change() returns trigger language plpgsql as $$
begin
  raise exception '% are immutable: publish another version', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger rate_card_versions_are_immutable before update or delete or truncate on rate_card_versions
  for each statement execute function refuse_version_change();

-- The account's terms are read again with its next usage. As the owner: nobody else may touch the number.
create function note_account_terms() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  update ledgers set terms_version = terms_version + 1 where account_id = coalesce(new.account_id, old.account_id);
  return null;
end $$;
create trigger account_rate_cards_changed after insert or update or delete on account_rate_cards
  for each row execute function note_account_terms();

alter table account_rate_cards enable row level security, force row level security;
create policy account_rate_cards_of_tenant on account_rate_cards using (
  (select tenant_scope()) = 'system'
  or account_id = (select tenant_account_id())
  or ((select tenant_scope()) = 'partner' and account_id in (select a.id from accounts a))
);

grant select, insert, update (rated_until, name, is_default) on rate_cards to tollgate_app;
grant select, insert on rate_card_versions to tollgate_app;
grant select, insert, update, delete on account_rate_cards to tollgate_app;
grant select on rate_card_generation to tollgate_app;
