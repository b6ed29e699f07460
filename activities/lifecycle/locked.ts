/**
 * Owns: one transaction about one lifecycle: the account's ledger locked first, then its row.
 * Does not own: what is decided in it (domain/), nor that it happens once (once.ts).
 */
import type { LifecycleRecord, LifecycleTable } from '../../db/lifecycle-table';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { ActivityDependencies } from '../dependencies';
import { lockLedgersOf, type LockedLedgers } from '../../db/lock-ledger';

/** Which lifecycle an operation is about, and the key that makes it happen once. */
export interface LifecycleTarget {
  readonly id: string;
  readonly accountId: string;
  /** Whose it is, where another account pays for it. */
  readonly servesAccountId?: string;
  readonly operationKey: string;
}

/** An operation at an instant of business time. */
export interface TimedTarget extends LifecycleTarget {
  readonly now: Instant;
  /** Of a due action: its instant, where a test clock may stand before it. Absent: `now`. */
  readonly dueAt?: Instant;
}

/** What one transaction has locked and was asked for. `Row` is null before the first command. */
export interface Locked<Row> extends LockedLedgers {
  readonly trx: Transaction;
  readonly record: Row;
  readonly request: LifecycleTarget;
  /** Stored with the operation: the same key must ask for the same. */
  readonly asked: unknown;
  /** The wall's time; business time comes with the request. */
  readonly recordedAt: Instant;
  readonly gateways: ActivityDependencies['gateways'];
}

export interface Asked {
  readonly request: LifecycleTarget;
  readonly asked: unknown;
  /** Of postings that the decision wants to know of. */
  readonly references?: readonly string[];
}

type LockDependencies = Pick<ActivityDependencies, 'database' | 'now' | 'gateways'>;

/** One transaction about a lifecycle whose row may not be there yet. */
export function withLockedOrNew<State, T>(
  { database, now, gateways }: LockDependencies,
  table: LifecycleTable<State>,
  { request, asked, references }: Asked,
  work: (locked: Locked<LifecycleRecord<State> | null>) => Promise<T>,
): Promise<T> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledgers = await lockLedgersOf(trx, request, references);
    const record = await table.lock(trx, request.id);
    return work({ trx, ...ledgers, record, request, asked, recordedAt: now(), gateways });
  });
}

/** One transaction about a lifecycle that has its row. */
export function withLocked<State, T>(
  dependencies: LockDependencies,
  table: LifecycleTable<State>,
  asked: Asked,
  work: (locked: Locked<LifecycleRecord<State>>) => Promise<T>,
): Promise<T> {
  return withLockedOrNew(dependencies, table, asked, (locked) => {
    const { record } = locked;
    invariant(record !== null, `${table.kind} ${asked.request.id} has no row`);
    return work({ ...locked, record });
  });
}
