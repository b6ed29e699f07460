import { Client } from 'pg';
import { USAGE_BATCH_MAX } from '../../db/record-usage';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { closeMonthsBefore, setAllowance } from '../../domain/ledger/month';
import type { UsageEvent } from '../../domain/usage/usage-event';
import { buildEvent, MESSAGE, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { publishPrices, recorderOf } from '../support/usage-prices';

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
  await publishPrices(test_.database, 'IDR', PRICES);
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

/** A message at one micro, unless said otherwise. */
function event(other: Partial<UsageEvent> = {}): UsageEvent {
  return buildEvent({ accountId, ...messages(1n), ...other });
}

function messages(quantity: bigint, to: keyof typeof PRICES = 1) {
  return { facts: { ...MESSAGE, quantity, to: String(to) } };
}

/** By the first digit of whom it is for. */
const PRICES = { 1: 10_000n, 2: 0n, 3: 12_345n } as const;

const record = (events: readonly UsageEvent[], recordedAt = RECORDED_AT) =>
  recorderOf(test_.database).recordUsage({ events, reference: 'batch', recordedAt });

test('I4 a replay in a later call answers the first charges, to the unit', async () => {
  const first = event(messages(5n));
  const charges = [
    { bucket: 'quota/message/2026-11', asset: 'message', amount: 3n },
    { bucket: 'wallet/additional', asset: 'IDR', amount: 2n },
  ];
  const [charged] = await record([first]);
  expect(charged).toMatchObject({ kind: 'charged', charges, isNewVisitor: false });
  expect(await record([first])).toEqual([{ ...charged, kind: 'replayed' }]);
  expect(await record([event(messages(4n))])).toEqual([{ kind: 'conflict' }]);
});

test('a refusal does not use up its key: after a top-up the same event is charged', async () => {
  const big = event(messages(20n));
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
    key: uuidOf(2),
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
  expect(await record([event({ key: uuidOf(2) })])).toMatchObject([
    { charges: [{ bucket: 'wallet/additional', amount: 1n }] },
  ]);
});

test('R3.11 a visitor known from an earlier call is not charged again this month', async () => {
  const visitor = '00000000-0000-4000-8000-0000000000aa';
  const visit = (number: number, occurredAt = AT) =>
    event({
      key: uuidOf(number),
      occurredAt,
      visitor,
      ...messages(1n, 2),
    });
  const isNew = async (one: UsageEvent) => {
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
  const call = {
    facts: { type: 'call', durationSeconds: 1, to: null, direction: null },
  } as const;
  expect(
    await record([
      event({ ...call, occurredAt: '2026-11-10T08:59:59.999Z' }),
      event({ ...call, key: uuidOf(2) }),
    ]),
  ).toMatchObject([{ kind: 'charged' }, { kind: 'refused', reason: 'no_rate' }]);
});

test('prices and the parts that paid are stored with the event', async () => {
  await record([event({ ...messages(4n, 3), mode: 'record' })]);
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
