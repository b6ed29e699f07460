/**
 * Owns: what the ledger's path is measured against in the same run: the very rows it wrote, written again
 * without any logic, and the bare insert of the event rows.
 * The floors go through the same pool, role and transaction, and carry their rows as JSON as well; all
 * statements of a batch are one, which is more than the path itself may have.
 */
import type { Database } from '../../../db/connection';
import { SYSTEM } from '../../../db/tenant';
import { withTransaction } from '../../../db/transaction';

/** One batch as rows, ready to be written again. */
export interface WrittenRows {
  readonly events: string;
  readonly transfers: string;
  readonly balances: string;
}

/** Tables like the ledger's, with its keys, without policies, triggers and partitions. */
export const FLOOR_TABLES = `
  create table floor_events (like usage_events including all);
  create unique index on floor_events (ledger_id, key);
  create table floor_bare_events (like usage_events including all);
  create unique index on floor_bare_events (ledger_id, key);
  create table floor_transfers (like transfers including all);
  create table floor_bare_transfers (like transfers including all);
  create table floor_visitors (like visitor_months including all);
  create table floor_days (like usage_days including all) with (fillfactor = 70);
  create table floor_ledgers (id bigint primary key, transfer_count bigint not null, chain_head bytea not null) with (fillfactor = 50);
  create table floor_buckets (ledger_id bigint, code text collate "C", posted bigint not null, primary key (ledger_id, code)) with (fillfactor = 50);
  grant select, insert, update on floor_events, floor_bare_events, floor_transfers, floor_bare_transfers,
    floor_visitors, floor_days, floor_ledgers, floor_buckets to tollgate_app;`;

/** To be run when all accounts exist. */
export const FLOOR_FILL = `
  insert into floor_ledgers select id, transfer_count, chain_head from ledgers;
  insert into floor_buckets select ledger_id, code, posted from buckets
    union all select l.id, 'quota/' || a || '/' || to_char(l.open_month + interval '1 month', 'YYYY-MM'), 0
      from ledgers l cross join unnest(array['message', 'unique_visitor']) a;`;

/** In the order of the ledgers: what locks several rows of a floor always does so in one order. */
const READ_BACK = `
  with e as (select recorded_at as at, json_agg(u order by ledger_id, occurred_at) as rows
               from usage_events u where recorded_at = any (:instants) group by recorded_at),
       t as (select posted_at as at, json_agg(t order by ledger_id, number) as rows
               from transfers t where posted_at = any (:instants) group by posted_at),
       m as (select at, ledger_id, code, sum(amount) as amount
               from (select posted_at as at, ledger_id, debit as code, -amount as amount from transfers where posted_at = any (:instants)
                     union all
                     select posted_at, ledger_id, credit, amount from transfers where posted_at = any (:instants)) s
              where code !~ '^(issuance|consumption|revenue|breakage|clearing)/' group by at, ledger_id, code),
       b as (select at, json_agg(json_build_object('ledger_id', ledger_id, 'code', code, 'amount', amount) order by ledger_id, code) as rows
               from m group by at)
  select at, e.rows::text as events, t.rows::text as transfers, b.rows::text as balances
    from e join t using (at) join b using (at)`;

/** The rows some batches have written, by the instant of each batch. */
export async function readBack(
  database: Database,
  instants: readonly string[],
): Promise<ReadonlyMap<string, WrittenRows>> {
  const { rows } = await withTransaction(database, SYSTEM, (trx) =>
    trx.raw<{ rows: (WrittenRows & { readonly at: string })[] }>(READ_BACK, {
      instants: [...instants],
    }),
  );
  return new Map(rows.map((written) => [written.at, written]));
}

/** What the batch of an instant has written. */
export function writtenAt(written: ReadonlyMap<string, WrittenRows>, instant: string): WrittenRows {
  const rows = written.get(instant);
  if (rows === undefined) throw new Error('a batch wrote nothing');
  return rows;
}

const SAME_ROWS = `
  with e as (
    insert into floor_events select * from json_populate_recordset(null::usage_events, :eventRows::json)
    returning ledger_id, local_date, category, quantity, amount, visitor, new_visitor),
  t as (
    insert into floor_transfers select * from json_populate_recordset(null::transfers, :transferRows::json)
    returning ledger_id, number, hash),
  v as (
    insert into floor_visitors select ledger_id, date_trunc('month', local_date), visitor from e where new_visitor),
  b as (
    update floor_buckets b set posted = b.posted + m.amount
      from json_to_recordset(:balanceRows::json) m(ledger_id bigint, code text, amount bigint)
     where b.ledger_id = m.ledger_id and b.code = m.code),
  l as (
    update floor_ledgers l set transfer_count = h.number, chain_head = h.hash
      from (select distinct on (ledger_id) ledger_id, number, hash from t order by ledger_id, number desc) h where l.id = h.ledger_id)
  insert into floor_days as d
  select ledger_id, local_date, category, count(*), sum(quantity), count(*) filter (where new_visitor), sum(amount) from e group by 1, 2, 3
  on conflict (ledger_id, local_date, category) do update
     set events = d.events + excluded.events, quantity = d.quantity + excluded.quantity, visitors = d.visitors + excluded.visitors,
         amount = d.amount + excluded.amount`;

/** All the rows of a batch, no logic. */
export async function writeSameRows(database: Database, rows: WrittenRows): Promise<void> {
  await withTransaction(database, SYSTEM, (trx) =>
    trx.raw(SAME_ROWS, {
      eventRows: rows.events,
      transferRows: rows.transfers,
      balanceRows: rows.balances,
    }),
  );
}

/** The event rows of a batch, nothing else. */
export async function writeBareEvents(database: Database, { events }: WrittenRows): Promise<void> {
  await withTransaction(database, SYSTEM, (trx) =>
    trx.raw(
      `insert into floor_bare_events select * from json_populate_recordset(null::usage_events, ?::json)`,
      [events],
    ),
  );
}

/** One transfer row, nothing else: no lock, no balance, no chain. */
export async function writeBareTransfer(database: Database, number: number): Promise<void> {
  await withTransaction(database, SYSTEM, (trx) =>
    trx.raw(
      `insert into floor_bare_transfers (ledger_id, number, debit, credit, asset, amount, kind, reference, effective_at, posted_at, hash)
       values (1, ?, 'clearing/IDR', 'wallet/additional', 'IDR', 1, 'grant', ?, now(), now(), sha256(''))`,
      [number, `bare_${number}`],
    ),
  );
}
