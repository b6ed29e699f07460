import { Client } from 'pg';
import { createUsageRecorder, USAGE_BATCH_MAX } from '../../db/record-usage';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { closeMonthsBefore, setAllowance } from '../../domain/ledger/month';
import type { RatedEvent } from '../../domain/ledger/usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-11-10T09:00:00.000Z';
const RECORDED_AT = '2026-11-10T09:00:01.000Z';

let test_: TestDatabase;
let owner: Client;
let accountId: string;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-10-01', 6)`);
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  made += 1;
  accountId = `acct_usage${made}`;
  await makeAccount(test_.database, {
    accountId,
    timeZone: 'Asia/Jakarta',
    currency: 'IDR',
    at: AT,
  });
  await changeLedger(test_.database, { accountId, reference: 'start', at: AT }, (plan, ledger) => {
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: 10n,
      at: AT,
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    });
    setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 3n, at: AT });
  });
});
afterEach(async () => {
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

function event(other: Partial<RatedEvent> = {}): RatedEvent {
  return {
    accountId,
    key: '00000000-0000-4000-8000-000000000001',
    occurredAt: AT,
    receivedAt: AT,
    category: 'marketing',
    asset: 'message',
    quantity: 1n,
    unitPrice: 10_000n,
    visitor: null,
    visitorPrice: null,
    mode: 'enforce',
    ...other,
  };
}

const record = (events: readonly RatedEvent[], recordedAt = RECORDED_AT) =>
  createUsageRecorder(test_.database).recordUsage({ events, reference: 'batch', recordedAt });

test('a replay in a later call answers the first charges, to the unit', async () => {
  const first = event({ quantity: 5n });
  const charges = [
    { bucket: 'quota/message/2026-11', amount: 3n },
    { bucket: 'wallet/additional', amount: 2n },
  ];
  expect(await record([first])).toEqual([{ kind: 'charged', charges, isNewVisitor: false }]);
  expect(await record([first])).toEqual([{ kind: 'replayed', charges }]);
  expect(await record([event({ quantity: 4n })])).toEqual([{ kind: 'conflict' }]);
});

test('a refusal does not use up its key: after a top-up the same event is charged', async () => {
  const big = event({ quantity: 20n });
  expect(await record([big])).toEqual([{ kind: 'refused', reason: 'insufficient_balance' }]);
  await changeLedger(test_.database, { accountId, reference: 'op', at: AT }, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: 7n,
      at: AT,
      kind: 'grant',
      reference: 'top_2',
      from: 'clearing',
    }),
  );
  expect(await record([big])).toMatchObject([{ kind: 'charged' }]);
});

test('a key is remembered for 45 days of records, longer than an event is accepted', async () => {
  await record([event()]);
  const later = '2026-12-25T09:00:00.000Z';
  expect(await record([event({ receivedAt: later })], later)).toMatchObject([{ kind: 'replayed' }]);
  const tooLate = '2026-12-26T09:00:00.000Z';
  expect(await record([event({ receivedAt: tooLate })], tooLate)).toEqual([
    { kind: 'refused', reason: 'event_too_old' },
  ]);
});

test('the local day of the account decides the month, as its zone says', async () => {
  const lastOfNovember = event({ occurredAt: '2026-11-30T16:59:59.999Z' });
  const firstOfDecember = event({
    key: '00000000-0000-4000-8000-000000000002',
    occurredAt: '2026-11-30T17:00:00.000Z',
  });
  const receivedAt = '2026-12-01T00:00:00.000Z';
  const outcomes = await record(
    [lastOfNovember, firstOfDecember].map((one) => ({ ...one, receivedAt })),
  );
  expect(outcomes).toMatchObject([
    { charges: [{ bucket: 'quota/message/2026-11' }] },
    { charges: [{ bucket: 'quota/message/2026-12' }] },
  ]);
});

test('R3.14 a late event of a closed month falls through to packages and money', async () => {
  await record([event()]);
  await changeLedger(test_.database, { accountId, reference: 'op', at: AT }, (plan, ledger) => {
    closeMonthsBefore(plan, ledger, { month: '2026-12', at: '2026-12-01T00:00:00.000Z' });
  });
  expect(await record([event({ key: '00000000-0000-4000-8000-000000000002' })])).toMatchObject([
    { charges: [{ bucket: 'wallet/additional', amount: 1n }] },
  ]);
});

test('R3.11 a visitor known from an earlier call is not charged again this month', async () => {
  const visitor = '00000000-0000-4000-8000-0000000000aa';
  const visit = (number: number, occurredAt = AT) =>
    event({
      key: `00000000-0000-4000-8000-00000000000${number}`,
      occurredAt,
      receivedAt: occurredAt,
      visitor,
      visitorPrice: 10_000n,
      unitPrice: 0n,
    });
  const isNew = async (one: RatedEvent) => {
    const [outcome] = await record([one]);
    return outcome?.kind === 'charged' && outcome.isNewVisitor;
  };
  expect(await isNew(visit(1))).toBe(true);
  expect(await isNew(visit(2))).toBe(false);
  expect(await isNew(visit(3, '2026-12-10T09:00:00.000Z'))).toBe(true);
});

test('a package that expires between two events of one call pays the first only', async () => {
  await changeLedger(test_.database, { accountId, reference: 'op', at: AT }, (plan, ledger) =>
    grantUnits(plan, ledger, {
      code: 'package/1',
      asset: 'call_second',
      source: 'package',
      quantity: 100n,
      startsAt: null,
      expiresAt: '2026-11-10T09:00:00.000Z',
      at: AT,
      reference: 'pkg_1',
    }),
  );
  const call = { asset: 'call_second', unitPrice: null };
  expect(
    await record([
      event({ ...call, occurredAt: '2026-11-10T08:59:59.999Z' }),
      event({ ...call, key: '00000000-0000-4000-8000-000000000002' }),
    ]),
  ).toMatchObject([{ kind: 'charged' }, { kind: 'refused', reason: 'quota_exhausted' }]);
});

test('prices and the parts that paid are stored with the event', async () => {
  await record([event({ quantity: 4n, unitPrice: 12_345n, mode: 'record' })]);
  const { rows: stored } = await owner.query(
    `select unit_price::text, amounts::text from usage_events u
       join ledgers l on l.id = u.ledger_id where l.account_id = $1`,
    [accountId],
  );
  expect(stored).toEqual([{ unit_price: '0.0000012345', amounts: '{3,1}' }]);
});

test('nothing is no work, and too much in one call is refused', async () => {
  expect(await record([])).toEqual([]);
  const many = Array.from({ length: USAGE_BATCH_MAX + 1 }, () => event());
  await expect(record(many)).rejects.toThrow('at most 1000 events');
});

test('a key or a visitor that is no uuid is refused by PostgreSQL, nothing is charged', async () => {
  await expect(record([event({ key: '1,2}' })])).rejects.toThrow(/invalid input syntax/);
  await expect(record([event({ visitor: `'; drop table transfers; --` })])).rejects.toThrow(
    /invalid input syntax/,
  );
});
