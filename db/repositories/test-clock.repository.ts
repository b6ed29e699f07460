import type { Instant } from '../../domain/instant';
import { TestClockModel } from '../models/test-clock.model';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

export type TestClockStatus = 'ready' | 'advancing' | 'failed';

/** A clock that only moves when told; accounts on it live in its time. */
export interface TestClock {
  readonly id: string;
  readonly partnerId: string | null;
  readonly name: string;
  readonly now: Instant;
  readonly status: TestClockStatus;
  readonly advancingTo: Instant | null;
  readonly failure: string | null;
  readonly createdAt: Instant;
}

export async function insertTestClock(trx: Transaction, clock: TestClock): Promise<void> {
  await TestClockModel.query(trx).insert({
    id: clock.id,
    partner_id: clock.partnerId,
    name: clock.name,
    now_at: clock.now,
    status: clock.status,
    advancing_to: clock.advancingTo,
    failure: clock.failure,
    created_at: clock.createdAt,
  });
}

export async function findTestClock(trx: Transaction, id: string): Promise<TestClock | null> {
  const row = await TestClockModel.query(trx).findById(id);
  return row ? fromRowTestClock(row) : null;
}

/** What time it is on each of these clocks. */
export async function listTestClockTimes(
  trx: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Instant>> {
  const rows = await TestClockModel.query(trx).findByIds([...ids]);
  return new Map(rows.map((row) => [row.id, row.now_at]));
}

/** Reads a clock that cannot begin to move before this transaction ends. Many may hold it at once. */
export async function keepTestClock(trx: Transaction, id: string): Promise<TestClock | null> {
  const row = await TestClockModel.query(trx).findById(id).forShare();
  return row ? fromRowTestClock(row) : null;
}

export async function lockTestClock(trx: Transaction, id: string): Promise<TestClock | null> {
  const row = await TestClockModel.query(trx).findById(id).forUpdate();
  return row ? fromRowTestClock(row) : null;
}

export async function listTestClocks(trx: Transaction, page: PageQuery): Promise<TestClock[]> {
  const rows = await TestClockModel.query(trx).modify((query) => newestFirst(query, page));
  return rows.map(fromRowTestClock);
}

/** Writes where a clock stands and what it is doing. */
export async function updateTestClock(
  trx: Transaction,
  id: string,
  change: Pick<TestClock, 'now' | 'status' | 'advancingTo' | 'failure'>,
): Promise<void> {
  await TestClockModel.query(trx).findById(id).patch({
    now_at: change.now,
    status: change.status,
    advancing_to: change.advancingTo,
    failure: change.failure,
  });
}

function fromRowTestClock(row: TestClockModel): TestClock {
  return {
    id: row.id,
    partnerId: row.partner_id,
    name: row.name,
    now: row.now_at,
    status: row.status as TestClockStatus,
    advancingTo: row.advancing_to,
    failure: row.failure,
    createdAt: row.created_at,
  };
}
