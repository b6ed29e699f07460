/**
 * Owns: what the path of usage is measured against in the same run.
 * same rows: the very rows that a batch of the path wrote, written again by one statement in one transaction: events,
 * transfers, visitors, customers' windows, the day's roll-up, balances and the ledger's head. No lock, no reading, no
 * rating, no burning, no hashing, no answer.
 * bare events: the event rows alone.
 * Both go through the same pool, role and transaction as the path, into tables with the same keys, without policies,
 * triggers and partitions. All rows travel as one array per column, which is the cheapest way there is, prepared
 * before the timer: what a floor costs Node is sending.
 */
import type { Client } from 'pg';
import type { Database } from '../../../db/connection';
import { SYSTEM } from '../../../db/tenant';
import { withTransaction } from '../../../db/transaction';
import { invariant } from '../../../domain/invariant';

/** One batch as arrays, in the order of the statements' parameters. */
export interface WrittenRows {
  readonly events: readonly (string | null)[];
  readonly others: readonly (string | null)[];
}

export interface Floors {
  /** The rows some batches have written, by the instant of each batch. */
  readonly readBack: (instants: readonly string[]) => Promise<ReadonlyMap<string, WrittenRows>>;
  readonly writeSameRows: (rows: WrittenRows) => Promise<void>;
  readonly writeBareEvents: (rows: WrittenRows) => Promise<void>;
}

const TABLES = `
  create table floor_events (like usage_events including all);
  create unique index on floor_events (ledger_id, key);
  create table floor_bare_events (like usage_events including all);
  create unique index on floor_bare_events (ledger_id, key);
  create table floor_transfers (like transfers including all);
  create table floor_visitors (like visitor_months including all);
  create table floor_contacts (like whatsapp_contacts including all) with (fillfactor = 80);
  create table floor_days (like usage_days including all) with (fillfactor = 70);
  create table floor_ledgers (id bigint primary key, transfer_count bigint not null, chain_head bytea not null) with (fillfactor = 50);
  create table floor_buckets (ledger_id bigint, code text collate "C", posted bigint not null, primary key (ledger_id, code)) with (fillfactor = 50);
  grant select, insert, update on floor_events, floor_bare_events, floor_transfers, floor_visitors, floor_contacts, floor_days,
    floor_ledgers, floor_buckets to tollgate_app;
  insert into floor_ledgers select id, transfer_count, chain_head from ledgers;
  insert into floor_buckets select ledger_id, code, posted from buckets
    union all select l.id, 'quota/' || a || '/' || to_char(l.open_month + interval '1 month', 'YYYY-MM'), 0
      from ledgers l cross join unnest(array['message', 'unique_visitor']) a;`;

const BALANCE_COLUMNS: readonly Column[] = [
  { name: 'ledger_id', type: 'bigint' },
  { name: 'code', type: 'text' },
  { name: 'amount', type: 'bigint' },
];

interface Column {
  readonly name: string;
  readonly type: string;
}

/** Makes the floors' tables. All accounts exist by now. */
export async function createFloors(owner: Client, database: Database): Promise<Floors> {
  await owner.query(TABLES);
  const events = await listColumns(owner, 'usage_events');
  const transfers = await listColumns(owner, 'transfers');
  const readBack = writeReadBack(events, transfers);
  const sameRows = writeSameRows(events, transfers);
  const bareEvents = `insert into floor_bare_events (${names(events)}) ${fromArrays(events)}`;
  const run = async (statement: string, bindings: readonly (string | null)[]) => {
    await withTransaction(database, SYSTEM, (trx) => trx.raw(statement, [...bindings]));
  };
  return {
    async readBack(instants) {
      const { rows } = await owner.query<ReadBackRow>(readBack, [instants]);
      return new Map(
        rows.map(({ at, events: ofEvents, transfers: ofTransfers, balances }) => [
          new Date(at).toISOString(),
          { events: ofEvents, others: [...ofTransfers, ...balances] },
        ]),
      );
    },
    writeSameRows: ({ events: ofEvents, others }) => run(sameRows, [...ofEvents, ...others]),
    writeBareEvents: ({ events: ofEvents }) => run(bareEvents, ofEvents),
  };
}

/** What the batch of an instant has written. */
export function writtenAt(written: ReadonlyMap<string, WrittenRows>, instant: string): WrittenRows {
  const rows = written.get(instant);
  invariant(rows !== undefined, 'a batch wrote something');
  return rows;
}

interface ReadBackRow {
  readonly at: Date;
  readonly events: readonly (string | null)[];
  readonly transfers: readonly (string | null)[];
  readonly balances: readonly (string | null)[];
}

async function listColumns(owner: Client, table: string): Promise<Column[]> {
  const { rows } = await owner.query<Column>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  return rows;
}

/** In the order of the ledgers: what locks several rows of a floor always does so in one order. */
function writeReadBack(events: readonly Column[], transfers: readonly Column[]): string {
  return `
    with t as (select * from transfers where posted_at = any ($1::timestamptz[])),
         m as (select at, ledger_id, code, sum(amount)::bigint as amount
                 from (select posted_at as at, ledger_id, debit as code, -amount as amount from t
                       union all select posted_at, ledger_id, credit, amount from t) s
                where code !~ '^(issuance|consumption|revenue|breakage|clearing|tax_payable)/' group by at, ledger_id, code)
    select at, events, transfers, balances
      from (select recorded_at as at, ${toArrays(events, 'ledger_id, occurred_at')} as events
              from usage_events where recorded_at = any ($1::timestamptz[]) group by recorded_at) e
      join (select posted_at as at, ${toArrays(transfers, 'ledger_id, number')} as transfers from t group by posted_at) t using (at)
      join (select at, ${toArrays(BALANCE_COLUMNS, 'ledger_id, code')} as balances from m group by at) b using (at)`;
}

/** Columns that are null everywhere are not sent, as the path does not. */
function toArrays(columns: readonly Column[], order: string): string {
  const arrays = columns.map(({ name, type }) => {
    const element = type.endsWith('[]') ? `${name}::text` : name;
    return `case when count(${name}) > 0 then array_agg(${element} order by ${order})::text end`;
  });
  return `array[${arrays.join(', ')}]`;
}

function fromArrays(columns: readonly Column[]): string {
  // Arrays of arrays have to be even, so such a column travels as texts like {1,2}.
  const unnested = columns.map(({ name, type }) =>
    type.endsWith('[]') ? `unnest(?::text[]) as ${name}` : `unnest(?::${type}[]) as ${name}`,
  );
  const selected = columns.map(({ name, type }) =>
    type.endsWith('[]') ? `${name}::${type}` : name,
  );
  return `select ${selected.join(', ')} from (select ${unnested.join(', ')}) r`;
}

function writeSameRows(events: readonly Column[], transfers: readonly Column[]): string {
  return `
  with e as (
    insert into floor_events (${names(events)}) ${fromArrays(events)}
    returning ledger_id, local_date, category, quantity, amount, visitor, new_visitor, type, contact, occurred_at),
  t as (
    insert into floor_transfers (${names(transfers)}) ${fromArrays(transfers)}
    returning ledger_id, number, hash),
  v as (
    insert into floor_visitors select ledger_id, date_trunc('month', local_date), visitor from e where new_visitor),
  c as (
    insert into floor_contacts as c (ledger_id, contact, window_starts_at, window_ends_at, conversations)
    select distinct on (ledger_id, contact) ledger_id, contact, occurred_at, occurred_at + interval '24 hours', '{}'::jsonb
      from e where type = 'wa_inbound' order by ledger_id, contact, occurred_at desc
    on conflict (ledger_id, contact) do update
       set window_starts_at = excluded.window_starts_at, window_ends_at = excluded.window_ends_at),
  b as (
    update floor_buckets b set posted = b.posted + m.amount
      from (${fromArrays(BALANCE_COLUMNS)}) m where b.ledger_id = m.ledger_id and b.code = m.code),
  l as (
    update floor_ledgers l set transfer_count = h.number, chain_head = h.hash
      from (select distinct on (ledger_id) ledger_id, number, hash from t order by ledger_id, number desc) h where l.id = h.ledger_id)
  insert into floor_days as d (ledger_id, local_date, category, events, quantity, visitors, amount)
  select ledger_id, local_date, category, count(*), sum(quantity), count(*) filter (where new_visitor), sum(amount) from e group by 1, 2, 3
  on conflict (ledger_id, local_date, category) do update
     set events = d.events + excluded.events, quantity = d.quantity + excluded.quantity, visitors = d.visitors + excluded.visitors,
         amount = d.amount + excluded.amount`;
}

function names(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}
