import { Client } from 'pg';
import { APP_ROLE } from '../../db/migrate';
import { checkLedger, listBuckets } from '../../db/repositories/ledger.repository';
import { listTransfers } from '../../db/repositories/transfer.repository';
import { createUsagePartitions } from '../../db/usage-partitions';
import { SYSTEM, type Tenant } from '../../db/tenant';
import { type Transaction, withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { placeHold } from '../../domain/ledger/hold';
import { setAllowance } from '../../domain/ledger/month';
import { buildEvent, fromWhatsApp, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-11-10T09:00:00.000Z';
const TABLES = [
  'ledgers',
  'buckets',
  'transfers',
  'holds',
  'allowances',
  'usage_events',
  'visitor_months',
  'usage_days',
  'whatsapp_contacts',
  'broadcasts',
] as const;

let test_: TestDatabase;
let owner: Client;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await withTransaction(test_.database, SYSTEM, (trx) =>
    trx('partners').insert(['prt_1', 'prt_2'].map((id) => ({ id, name: id, created_at: AT }))),
  );
  for (const [accountId, partnerId] of [
    ['acct_1', 'prt_1'],
    ['acct_2', 'prt_1'],
    ['acct_3', 'prt_2'],
  ] as const) {
    await fill(accountId, partnerId);
  }
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});

/** An account with a row in every table. */
async function fill(accountId: string, partnerId: string): Promise<void> {
  const account = { accountId, partnerId, timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
  await makeAccount(test_.database, account);
  await changeLedger(test_.database, { accountId, reference: 'start', at: AT }, (plan, ledger) => {
    grantMoney(plan, ledger, {
      source: 'wallet_initial',
      amountMicros: 100n,
      at: AT,
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    });
    setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 5n, at: AT });
    placeHold(plan, ledger, {
      holdId: 'hold_1',
      asset: 'message',
      quantity: 1n,
      unitPrice: 10_000n,
      at: AT,
      month: '2026-11',
      deadlineAt: AT,
    });
  });
  await recorderOf(test_.database).recordUsage({
    reference: 'usage',
    recordedAt: new Date().toISOString(),
    events: [
      buildEvent({ accountId, visitor: uuidOf(0xaa), broadcast: { id: 'b_1', name: 'Diwali' } }),
      buildEvent({ accountId, key: uuidOf(2), facts: fromWhatsApp() }),
    ],
  });
}

const as = <T>(tenant: Tenant, work: (trx: Transaction) => Promise<T>) =>
  withTransaction(test_.database, tenant, work);

async function ledgersSeenBy(tenant: Tenant): Promise<Record<string, number>> {
  return as(tenant, async (trx) => {
    const seen: Record<string, number> = {};
    for (const table of TABLES) {
      const column = table === 'ledgers' ? 'id' : 'ledger_id';
      seen[table] = (await trx(table).distinct(column)).length;
    }
    return seen;
  });
}

const seeing = (count: number) => Object.fromEntries(TABLES.map((table) => [table, count]));

describe('S1 rows of the ledger', () => {
  test.each<[string, Tenant, number]>([
    ['the system sees all', SYSTEM, 3],
    ['an account sees its own', { scope: 'account', accountId: 'acct_1' }, 1],
    ['a partner sees those of its accounts', { scope: 'partner', partnerId: 'prt_1' }, 2],
    ['another partner sees others', { scope: 'partner', partnerId: 'prt_2' }, 1],
    ['an unknown account sees none', { scope: 'account', accountId: 'acct_9' }, 0],
    ['an unknown partner sees none', { scope: 'partner', partnerId: 'prt_9' }, 0],
  ])('%s', async (_, tenant, count) => {
    expect(await ledgersSeenBy(tenant)).toEqual(seeing(count));
  });

  test('a connection that says nothing sees none', async () => {
    for (const table of TABLES) expect(await test_.database(table).select()).toEqual([]);
  });

  test('an account reads nothing about another, by any read', async () => {
    const stranger: Tenant = { scope: 'account', accountId: 'acct_1' };
    const accountId = 'acct_2';
    const transfers = await as(stranger, (trx) =>
      listTransfers(trx, { accountId, limit: 10, cursor: null }),
    );
    expect(transfers.items).toEqual([]);
    const unknown = { code: 'unknown_account' };
    await expect(
      as(stranger, (trx) => listBuckets(trx, { accountId, at: AT })),
    ).rejects.toMatchObject(unknown);
    await expect(as(stranger, (trx) => checkLedger(trx, accountId))).rejects.toMatchObject(unknown);
  });

  test('the owner of the account reads its own', async () => {
    const self: Tenant = { scope: 'account', accountId: 'acct_1' };
    const accountId = 'acct_1';
    const buckets = await as(self, (trx) => listBuckets(trx, { accountId, at: AT }));
    expect(buckets.map(({ code }) => code)).toEqual([
      'quota/message/2026-11',
      'wallet/initial',
      'wallet/additional',
    ]);
    expect((await as(self, (trx) => checkLedger(trx, accountId))).chainIntact).toBe(true);
  });

  test('an account cannot write rows into another ledger, nor lock it', async () => {
    const stranger: Tenant = { scope: 'account', accountId: 'acct_1' };
    const { rows } = await owner.query<{ id: bigint }>(
      `select id from ledgers where account_id = 'acct_2'`,
    );
    const id = String(rows[0]?.id);
    await expect(
      as(stranger, (trx) =>
        trx('buckets').insert({ ledger_id: id, code: 'gift/1', asset: 'IDR', source: 'package' }),
      ),
    ).rejects.toThrow(/row-level security/);
    const locked = await as(stranger, (trx) =>
      trx.raw(
        `select ledger_rows from lock_and_read(array[?]::bigint[], null, null, null, null, null, null, now(), null)`,
        [id],
      ),
    );
    expect(locked.rows[0].ledger_rows[0]).toBeNull();
  });
});

describe('S7 the application role', () => {
  test('owns nothing, is no superuser, and may not bypass row level security', async () => {
    const { rows: roles } = await owner.query(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = $1`,
      [APP_ROLE],
    );
    expect(roles).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
      },
    ]);
    const { rows: owned } = await owner.query(
      `select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = $1`,
      [APP_ROLE],
    );
    expect(owned).toEqual([]);
    const { rows: memberships } = await owner.query(
      `select 1 from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = $1`,
      [APP_ROLE],
    );
    expect(memberships).toEqual([]);
  });

  test('meets row level security, forced, on every table of the ledger and every partition', async () => {
    const { rows } = await owner.query<{ relname: string }>(
      `select c.relname, c.relrowsecurity, c.relforcerowsecurity
         from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
          and (c.relname = any ($1) or c.relname like 'usage\\_events\\_%')`,
      [TABLES],
    );
    expect(rows.length).toBeGreaterThanOrEqual(TABLES.length + 12);
    for (const row of rows) {
      expect(row).toMatchObject({ relrowsecurity: true, relforcerowsecurity: true });
    }
  });

  test.each([
    ['update a transfer', `update transfers set amount = amount + 1`],
    ['update one column of it', `update transfers set reason = 'changed'`],
    ['delete a transfer', `delete from transfers`],
    ['empty the transfers', `truncate transfers`],
    ['drop the transfers', `drop table transfers`],
    ['switch the trigger off', `alter table transfers disable trigger all`],
    ['switch row level security off', `alter table transfers disable row level security`],
    ['stop forcing it', `alter table transfers no force row level security`],
    ['write a policy', `create policy all_of_it on transfers using (true)`],
    ['skip triggers', `set session_replication_role = replica`],
    ['become the owner', `set role postgres`],
    ['make a table', `create table mine (id int)`],
    ['update usage', `update usage_events set quantity = 1`],
    ['delete usage', `delete from usage_events`],
    ['read a partition past the table', `select count(*) from usage_events_2026_11`],
    ['write a partition past the table', `delete from usage_events_2026_11`],
    ['delete a ledger', `delete from ledgers`],
    ['give a ledger to another account', `update ledgers set account_id = 'acct_3'`],
    ['change its currency', `update ledgers set currency = 'USD'`],
    ['change its zone', `update ledgers set time_zone = 'UTC'`],
    ['delete a bucket', `delete from buckets`],
    ['change what a bucket holds', `update buckets set asset = 'USD'`],
    ['delete a hold', `delete from holds`],
    ['raise what a hold reserved', `update holds set reserved = reserved + 1`],
    ['delete a visitor', `delete from visitor_months`],
  ])('cannot %s', async (_, statement) => {
    await expect(as(SYSTEM, (trx) => trx.raw(statement))).rejects.toThrow(
      /permission denied|must be owner|insufficient privilege/,
    );
  });

  test('makes the months to come through the one function it may run, and no more', async () => {
    const make = (months: number) =>
      as(SYSTEM, (trx) => createUsagePartitions(trx, { firstMonth: '2031-01', months }));
    expect(await make(3)).toBe(3);
    expect(await make(4)).toBe(1);
    await expect(make(37)).rejects.toThrow('between 1 and 36');
    const { rows } = await owner.query(
      `select has_table_privilege($1, 'usage_events_2031_02', 'select') as read,
              relrowsecurity and relforcerowsecurity as guarded,
              pg_get_expr(relpartbound, oid) as bounds
         from pg_class where relname = 'usage_events_2031_02'`,
      [APP_ROLE],
    );
    expect(rows).toEqual([
      {
        read: false,
        guarded: true,
        bounds: `FOR VALUES FROM ('2031-02-01 00:00:00+00') TO ('2031-03-01 00:00:00+00')`,
      },
    ]);
  });

  test('row_security = off is refused, not obeyed', async () => {
    await expect(
      as({ scope: 'account', accountId: 'acct_1' }, async (trx) => {
        await trx.raw('set local row_security = off');
        await trx('transfers').select();
      }),
    ).rejects.toThrow(/row-level security/);
  });
});

test('not even the owner changes a transfer by a slip', async () => {
  const slips = [`update transfers set amount = 1`, `delete from transfers`, `truncate transfers`];
  for (const statement of slips) {
    await expect(owner.query(statement)).rejects.toThrow('transfers are immutable');
  }
});
