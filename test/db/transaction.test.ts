import { createDatabase } from '../../db/connection';
import { TestClockModel } from '../../db/models/test-clock.model';
import { isOutage } from '../../db/outage';
import { SYSTEM, type Tenant } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { createTestDatabase, type TestDatabase } from '../support/database';

// A deadlock is found after a second; a busy machine needs longer for the rest.
jest.setTimeout(30_000);

const AT = '2026-11-10T09:00:00.000Z';

let test_: TestDatabase;

beforeAll(async () => {
  test_ = await createTestDatabase();
  await withTransaction(test_.database, SYSTEM, (trx) =>
    trx('test_clocks').insert(
      ['clk_1', 'clk_2', 'clk_3'].map((id) => ({
        id,
        name: id,
        now_at: AT,
        status: 'ready',
        created_at: AT,
      })),
    ),
  );
});
afterAll(async () => {
  await test_?.drop();
});

const lock = (trx: Transaction, id: string) => TestClockModel.query(trx).findById(id).forUpdate();

describe('a transaction', () => {
  it('is run again when its objection queries ran into a deadlock', async () => {
    const arrivals = [latch(), latch()] as const;
    const runs: string[] = [];
    const crossing = (mine: 0 | 1, ids: readonly [string, string]) =>
      withTransaction(test_.database, SYSTEM, async (trx) => {
        runs.push(ids[0]);
        await lock(trx, ids[0]);
        arrivals[mine].open();
        await arrivals[mine === 0 ? 1 : 0].opened;
        await lock(trx, ids[1]);
        return 'both locked';
      });
    const ended = await Promise.all([
      crossing(0, ['clk_1', 'clk_2']),
      crossing(1, ['clk_2', 'clk_1']),
    ]);
    expect(ended).toEqual(['both locked', 'both locked']);
    expect(runs).toHaveLength(3);
  });

  it('of a pool that begins as the system sees all rows, but for those that say whose they are', async () => {
    const database = createDatabase({
      url: test_.appUrl,
      poolMax: 1,
      applicationName: 'tollgate-test-system',
      isSystem: true,
    });
    const count = (tenant: Tenant) =>
      withTransaction(database, tenant, async (trx) => (await trx('test_clocks').select()).length);
    try {
      expect(await count(SYSTEM)).toBe(3);
      expect(await count({ scope: 'partner', partnerId: 'par_other' })).toBe(0);
      expect(await count(SYSTEM)).toBe(3);
    } finally {
      await database.destroy();
    }
  });

  it('tells an outage that an objection query met: a lock that is not given is one', async () => {
    const locked = latch();
    const release = latch();
    const holder = withTransaction(test_.database, SYSTEM, async (trx) => {
      await lock(trx, 'clk_3');
      locked.open();
      await release.opened;
    });
    await locked.opened;
    const error: unknown = await withTransaction(test_.database, SYSTEM, async (trx) => {
      await trx.raw(`set local lock_timeout = '50ms'`);
      await lock(trx, 'clk_3');
    }).catch((failure: unknown) => failure);
    release.open();
    await holder;
    expect(error).toMatchObject({ code: '55P03' });
    expect(isOutage(error)).toBe(true);
  });

  it('passes on the violation of an objection query with its code and its constraint', async () => {
    const insert = withTransaction(test_.database, SYSTEM, async (trx) => {
      await TestClockModel.query(trx).insert({
        id: 'clk_1',
        name: 'again',
        now_at: AT,
        status: 'ready',
        created_at: AT,
      });
    });
    await expect(insert).rejects.toMatchObject({ code: '23505', constraint: 'test_clocks_pkey' });
  });
});

/** A door that, once open, stays open. */
function latch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
