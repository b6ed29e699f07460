import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { TestClockModel } from '../../db/models/test-clock.model';
import { findAccount } from '../../db/repositories/account.repository';
import { SYSTEM, type Tenant } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeAccount } from '../support/ledger-accounts';

jest.setTimeout(30_000);

const AT = '2026-11-10T09:00:00.000Z';
const CLOCKS = ['clk_1', 'clk_2', 'clk_3'];

let test_: TestDatabase;
let owner: Client;
/** One connection: what is prepared on it is all there is. */
let single: Database;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  single = createDatabase({ url: test_.appUrl, applicationName: 'tollgate-test', poolMax: 1 });
  await withTransaction(single, SYSTEM, (trx) =>
    trx('test_clocks').insert(
      CLOCKS.map((id) => ({ id, name: id, now_at: AT, status: 'ready', created_at: AT })),
    ),
  );
  const account = { timeZone: 'Asia/Kolkata', currency: 'INR', at: AT };
  await makeAccount(single, { ...account, accountId: 'acct_1' });
  await makeAccount(single, { ...account, accountId: 'acct_2' });
});
afterAll(async () => {
  await single.destroy();
  await owner.end();
  await test_.drop();
});

interface Prepared {
  readonly statement: string;
  readonly runs: bigint;
  readonly generic: bigint;
}

async function listPrepared(like: string): Promise<Prepared[]> {
  const { rows } = await single.raw<{ rows: Prepared[] }>(
    `select statement, generic_plans + custom_plans as runs, generic_plans as generic
       from pg_prepared_statements where statement like '${like}'`,
  );
  return rows;
}

const readClock = async (database: Database, id: string) =>
  withTransaction(database, SYSTEM, async (trx) => TestClockModel.query(trx).findById(id));

describe('a statement', () => {
  it('is prepared once and then executed', async () => {
    for (const id of CLOCKS) await readClock(single, id);
    const prepared = await listPrepared('select "test_clocks".* %');
    expect(prepared).toMatchObject([{ runs: 3n }]);
  });

  it('with a list is not prepared: each length would be another one', async () => {
    for (const ids of [CLOCKS, CLOCKS.slice(1)]) {
      const names = withTransaction(single, SYSTEM, (trx) =>
        trx('test_clocks').whereIn('id', ids).orderBy('id').pluck<string[]>('name'),
      );
      expect(await names).toEqual(ids);
    }
    expect(await listPrepared('%"id" in (%')).toEqual([]);
    expect(await listPrepared('insert into "test_clocks"%')).toEqual([]);
  });

  it('shows each tenant its own rows, though both share the statement and its plan', async () => {
    await single.raw(`set plan_cache_mode = force_generic_plan`);
    const see = async (accountId: string, id: string) => {
      const tenant: Tenant = { scope: 'account', accountId };
      return (await withTransaction(single, tenant, (trx) => findAccount(trx, id)))?.id ?? null;
    };
    const seen: (string | null)[] = [];
    for (const [tenant, id] of [
      ['acct_1', 'acct_1'],
      ['acct_1', 'acct_2'],
      ['acct_2', 'acct_2'],
      ['acct_2', 'acct_1'],
    ] as const) {
      seen.push(await see(tenant, id));
    }
    await single.raw('reset plan_cache_mode');
    expect(seen).toEqual(['acct_1', null, 'acct_2', null]);
    expect(await listPrepared('%from "accounts" where "id" = %')).toMatchObject([
      { runs: 4n, generic: 4n },
    ]);
  });

  it('is prepared anew when its table is altered under a live pool, and nobody notices', async () => {
    const pool = createDatabase({
      url: test_.appUrl,
      applicationName: 'tollgate-test',
      poolMax: 3,
    });
    let runs = 0;
    const read = () =>
      Promise.all(
        CLOCKS.map((id) =>
          withTransaction(pool, SYSTEM, async (trx) => {
            runs += 1;
            const clock = await TestClockModel.query(trx).findById(id);
            return clock?.name;
          }),
        ),
      );
    try {
      expect(await read()).toEqual(CLOCKS);
      await owner.query('alter table test_clocks add column note text');
      expect(await read()).toEqual(CLOCKS);
      expect(runs).toBeGreaterThan(6);
      const before = runs;
      expect(await read()).toEqual(CLOCKS);
      expect(runs - before).toBe(3);
    } finally {
      await pool.destroy();
    }
  });

  it('is one of 500 at most', async () => {
    for (let number = 0; number < 520; number += 1) {
      await single.raw(`select ${number} + ?::int as sum`, [1]);
    }
    const prepared = await listPrepared('select % + %');
    expect(prepared.length).toBeGreaterThan(400);
    expect(prepared.length).toBeLessThanOrEqual(500);
    const { rows } = await single.raw<{ rows: unknown[] }>('select 519 + ?::int as sum', [1]);
    expect(rows).toEqual([{ sum: 520 }]);
  });
});
