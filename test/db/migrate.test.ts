import { mkdtempSync, rmSync, symlinkSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { migrate, MIGRATIONS_DIRECTORY } from '../../db/migrate';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { APP_PASSWORD } from '../support/test-run-state';

jest.setTimeout(60_000);

let test_: TestDatabase;
let owner: Client;
/** Our migrations, and what a test adds. */
const directory = mkdtempSync(path.join(tmpdir(), 'tollgate-migrations-'));

beforeAll(async () => {
  for (const name of readdirSync(MIGRATIONS_DIRECTORY)) {
    symlinkSync(path.join(MIGRATIONS_DIRECTORY, name), path.join(directory, name));
  }
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await owner.end();
  await test_.drop();
});

const run = () => migrate({ ownerUrl: test_.ownerUrl, appPassword: APP_PASSWORD, directory });

async function readView() {
  const { rows } = await owner.query<{ id: string; type: string; granted: boolean }>(
    `select c.oid::text as id, a.atttypid::regtype::text as type,
            has_table_privilege('tollgate_app', c.oid, 'select') as granted
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'status'
      where c.relname = 'lifecycles'`,
  );
  return rows[0];
}

test('a migration may retype a column that the view of all lifecycles shows', async () => {
  const kinds = ['subscriptions', 'orders', 'refunds', 'packages', 'phone_numbers'];
  const retype = kinds.map((table) => `alter table ${table} alter status type varchar(60);`);
  writeFileSync(path.join(directory, '9001_retype.sql'), retype.join('\n'));
  expect(await run()).toEqual(['9001_retype.sql']);
  expect(await readView()).toMatchObject({ type: 'character varying', granted: true });
});

test('without a change the view stays the one it was; a different one is replaced', async () => {
  const before = await readView();
  expect(await run()).toEqual([]);
  expect(await readView()).toEqual(before);
  await owner.query('drop view lifecycles');
  await owner.query(`create view lifecycles as select 1 as status, 'old' as workflow_id`);
  expect(await run()).toEqual([]);
  expect(await readView()).toMatchObject({ type: 'character varying', granted: true });
});

test('a migration that fails is named and leaves nothing; what ran before it stays, and the view', async () => {
  writeFileSync(path.join(directory, '9002_good.sql'), 'create table good (id int);');
  const bad = 'create table half (id int); alter table nowhere add id int;';
  writeFileSync(path.join(directory, '9003_bad.sql'), bad);
  await expect(run()).rejects.toThrow(
    /^migration 9003_bad\.sql failed: .*"nowhere" does not exist/s,
  );
  expect(await readView()).toMatchObject({ granted: true });
  const { rows } = await owner.query(
    `select to_regclass('good')::text as good, to_regclass('half') as half`,
  );
  expect(rows).toEqual([{ good: 'good', half: null }]);
  rmSync(path.join(directory, '9003_bad.sql'));
  expect(await run()).toEqual([]);
});
