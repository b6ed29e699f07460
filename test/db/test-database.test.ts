import { withTransaction } from '../../db/transaction';
import { SYSTEM } from '../../db/tenant';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('a test database', () => {
  let first: TestDatabase;
  let second: TestDatabase;
  beforeAll(async () => {
    [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  });
  afterAll(() => Promise.all([first.drop(), second.drop()]));

  it('is migrated, and used as the powerless application role', async () => {
    const found = await withTransaction(first.database, SYSTEM, async (trx) =>
      trx.raw('select current_user as role, to_regclass(?) is not null as has_ledgers', [
        'accounts',
      ]),
    );
    expect(found.rows).toEqual([{ role: 'tollgate_app', has_ledgers: true }]);
  });

  it('shares no rows with another', async () => {
    const name = 'Aperture Messaging';
    await withTransaction(first.database, SYSTEM, (trx) =>
      trx('partners').insert({ id: 'prt_1', name, created_at: '2026-01-01T00:00:00Z' }),
    );
    const namesIn = ({ database }: TestDatabase) =>
      withTransaction(database, SYSTEM, (trx) => trx('partners').pluck('name'));
    expect(await namesIn(first)).toEqual([name]);
    expect(await namesIn(second)).toEqual([]);
  });
});
