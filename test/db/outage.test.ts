import { createDatabase } from '../../db/connection';
import { isOutage } from '../../db/outage';
import { createTestDatabase, type TestDatabase } from '../support/database';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await test?.drop();
});

describe('a PostgreSQL that says nothing any more', () => {
  it('is an outage after a while: frozen or cut off, it cannot even refuse', async () => {
    const database = createDatabase({
      url: test.appUrl,
      applicationName: 'tollgate-test-silence',
      silenceTimeoutMs: 200,
    });
    try {
      const error: unknown = await database
        .raw('select pg_sleep(2)')
        .catch((failure: unknown) => failure);
      expect(error).toMatchObject({ message: expect.stringContaining('Query read timeout') });
      expect(isOutage(error)).toBe(true);
    } finally {
      await database.destroy();
    }
  });
});
