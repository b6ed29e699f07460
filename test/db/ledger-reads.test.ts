import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { listUsageEvents } from '../../db/repositories/usage-event.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { UsageEvent } from '../../domain/usage/usage-event';
import { buildEvent, MESSAGE, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { publishPrices, recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-11-10T09:00:00.000Z';
const RECORDED_AT = '2026-11-10T09:00:01.000Z';
const BY_TIME = `indexrelname like 'usage_events_2026_11%' and indexrelname <> 'usage_events_2026_11_key'`;

let test_: TestDatabase;
let owner: Client;
/** One connection: what it counted is read when it has passed it on, and nobody else counts. */
let database: Database;
let accountId: string;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-11-01', 1)`);
  database = createDatabase({ url: test_.appUrl, applicationName: 'tollgate-test', poolMax: 1 });
  await publishPrices(database, 'IDR', { 1: 10_000n });
});
afterAll(async () => {
  await database.destroy();
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  made += 1;
  accountId = `acct_reads${made}`;
  await makeAccount(database, { accountId, timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT });
  // The tables are analysed while they are young: the worst there is for the plans of the next minutes.
  await owner.query('vacuum analyze');
});

/** Events of one number are equal whenever they are built: sent again, they are replays. */
function buildEvents(number: number, size: number): UsageEvent[] {
  return Array.from({ length: size }, (_, index) =>
    buildEvent({
      accountId,
      key: uuidOf(made * 1_000_000 + number * 1_000 + index),
      occurredAt: new Date(Date.parse(AT) - index).toISOString(),
      receivedAt: AT,
      facts: { ...MESSAGE, to: '1' },
      mode: 'record',
    }),
  );
}

const send = (number: number, size: number, reference = `batch ${number}`) =>
  recorderOf(database).recordUsage({
    events: buildEvents(number, size),
    reference,
    recordedAt: RECORDED_AT,
  });

async function sum(
  column: 'idx_scan' | 'idx_tup_read',
  indexes: string,
  [counted, reader]: readonly [Database, Client] = [database, owner],
): Promise<bigint> {
  for (const statement of ['select pg_stat_force_next_flush()', 'select 1']) {
    await Promise.all([counted.raw(statement), reader.query(statement)]);
  }
  const { rows } = await reader.query<{ sum: bigint }>(
    `select sum(${column})::bigint as sum from pg_stat_user_indexes where ${indexes}`,
  );
  return rows[0]?.sum ?? 0n;
}

test('a batch finds keys by their own index and by no other, however many events there are', async () => {
  for (const number of [1, 2, 3]) await send(number, 200);
  const before = await sum('idx_scan', BY_TIME);
  await send(4, 200);
  await send(1, 200, 'batch 1 again');
  expect((await sum('idx_scan', BY_TIME)) - before).toBe(0n);
});

test('a replay reads the transfers that paid for it, not all the account has', async () => {
  for (let number = 1; number <= 40; number += 1) await send(number, 1);
  const before = await sum('idx_tup_read', `indexrelname = 'transfers_pkey'`);
  await send(40, 1, 'batch 40 again');
  expect((await sum('idx_tup_read', `indexrelname = 'transfers_pkey'`)) - before).toBe(1n);
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

test('a charge finds the bucket it moves by its key, in tables nobody has analysed', async () => {
  const fresh = await createTestDatabase();
  const young = createDatabase({ url: fresh.appUrl, applicationName: 'tollgate-test', poolMax: 1 });
  const reader = new Client({ connectionString: fresh.ownerUrl });
  try {
    await reader.connect();
    await reader.query(`select create_usage_partitions('2026-11-01', 1)`);
    await publishPrices(young, 'IDR', { 1: 10_000n });
    for (let number = 1; number <= 20; number += 1) {
      const account = { timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
      await makeAccount(young, { accountId: `acct_${number}`, ...account });
    }
    const events = buildEvents(1, 1).map((one) => ({ ...one, accountId: 'acct_1' }));
    const batch = { events, reference: 'batch', recordedAt: RECORDED_AT };
    await recorderOf(young).recordUsage(batch);
    // Its two wallets, read under the lock.
    expect(await sum('idx_tup_read', `indexrelname = 'buckets_open'`, [young, reader])).toBe(2n);
  } finally {
    await young.destroy();
    await reader.end();
    await fresh.drop();
  }
});

test('a list of usage is read from the index by time', async () => {
  for (const number of [1, 2, 3]) await send(number, 200);
  await owner.query('analyze usage_events');
  const before = await sum('idx_scan', BY_TIME);
  const page = await withTransaction(database, SYSTEM, (trx) =>
    listUsageEvents(trx, { accountId, limit: 2, before: null }),
  );
  expect(page.map(({ occurredAt }) => occurredAt)).toEqual([AT, AT]);
  expect((await sum('idx_scan', BY_TIME)) - before).toBe(1n);
});
