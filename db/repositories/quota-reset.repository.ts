import type { MonthKey } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/** An account whose month is to be turned. Its ledger's number is how far a pass has come. */
export interface LedgerToTurn {
  readonly ledgerId: bigint;
  readonly accountId: string;
}

/** The time zones that accounts live in, whichever clock they follow. */
export async function listZonesInUse(trx: Transaction): Promise<string[]> {
  // One probe of the index per zone, however many accounts there are.
  const { rows } = await trx.raw<{ rows: { time_zone: string }[] }>(
    `with recursive zones as (
       (select time_zone from ledgers order by time_zone limit 1)
       union all
       select (select l.time_zone from ledgers l where l.time_zone > z.time_zone order by l.time_zone limit 1)
         from zones z where z.time_zone is not null)
     select time_zone from zones where time_zone is not null`,
  );
  return rows.map((row) => row.time_zone);
}

/** The next accounts of a zone that are on the wall clock and have not been turned to this month. */
export async function listLedgersToTurn(
  trx: Transaction,
  query: {
    readonly timeZone: string;
    readonly month: MonthKey;
    readonly after: bigint;
    readonly limit: number;
  },
): Promise<LedgerToTurn[]> {
  const { rows } = await trx.raw<{ rows: { id: bigint; account_id: string }[] }>(
    `select l.id, l.account_id
       from ledgers l join accounts a on a.id = l.account_id
      where l.time_zone = :timeZone and l.id > :after and l.turned_to < :month::date and a.test_clock_id is null
      order by l.id
      limit :limit`,
    { ...query, after: String(query.after), month: firstOf(query.month) },
  );
  return rows.map((row) => ({ ledgerId: row.id, accountId: row.account_id }));
}

/** The month an account was turned to last, or began in; null: it has no ledger. */
export async function findTurnedTo(
  trx: Transaction,
  accountId: string,
): Promise<{
  readonly ledgerId: bigint;
  readonly timeZone: string;
  readonly month: MonthKey;
} | null> {
  const { rows } = await trx.raw<{
    rows: { id: bigint; time_zone: string; month: string }[];
  }>(
    `select id, time_zone, to_char(turned_to, 'YYYY-MM') as month from ledgers where account_id = ?`,
    [accountId],
  );
  const [row] = rows;
  return row === undefined ? null : { ledgerId: row.id, timeZone: row.time_zone, month: row.month };
}

/** Notes that these ledgers, which are locked, are turned; they are not set aside any more. */
export async function markTurned(
  trx: Transaction,
  { ledgerIds, month }: { readonly ledgerIds: readonly bigint[]; readonly month: MonthKey },
): Promise<void> {
  const ids = ledgerIds.map(String);
  await trx.raw('update ledgers set turned_to = ? where id = any (?)', [firstOf(month), ids]);
  await trx.raw('delete from quota_reset_failures where ledger_id = any (?)', [ids]);
}

/** Sets an account aside that could not be turned; the last reason counts. */
export async function setAside(
  trx: Transaction,
  failure: LedgerToTurn & {
    readonly month: MonthKey;
    readonly reason: string;
    readonly failedAt: Instant;
  },
): Promise<void> {
  await trx('quota_reset_failures')
    .insert({
      ledger_id: String(failure.ledgerId),
      month: firstOf(failure.month),
      reason: failure.reason,
      failed_at: failure.failedAt,
    })
    .onConflict('ledger_id')
    .merge();
}

/** The accounts of a zone that are set aside. */
export async function listSetAside(trx: Transaction, timeZone: string): Promise<LedgerToTurn[]> {
  const rows = await trx('quota_reset_failures as f')
    .join('ledgers as l', 'l.id', 'f.ledger_id')
    .where('l.time_zone', timeZone)
    .orderBy('l.id')
    .select<{ id: bigint; account_id: string }[]>('l.id', 'l.account_id');
  return rows.map((row) => ({ ledgerId: row.id, accountId: row.account_id }));
}

function firstOf(month: MonthKey): string {
  return `${month}-01`;
}
