import fc from 'fast-check';
import { Client } from 'pg';
import { cancelUsage, createUsageAmendments } from '../../db/correct-usage';
import { createRateCardCache } from '../../db/rate-card-cache';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { forfeitBucket } from '../../domain/ledger/expiry';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { findBucket } from '../../domain/ledger/ledger-state';
import { closeMonthsBefore, setAllowance } from '../../domain/ledger/month';
import type { UsageEvent } from '../../domain/usage/usage-event';
import { buildEvent, MESSAGE, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { RUNS_SCALE, SEED } from '../support/ledger-runs';
import { publishPrices, recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-11-10T09:00:00.000Z';
const LATER = '2026-11-12T09:00:00.000Z';
/** 1 micro a message. */
const PRICES = { 1: 10_000n } as const;

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
beforeEach(() => newAccount({ quota: 3n, packaged: 2n, initial: 4n, additional: 10n }));
afterEach(async () => {
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

interface Means {
  readonly quota: bigint;
  readonly packaged: bigint;
  readonly initial: bigint;
  readonly additional: bigint;
}

async function newAccount({ quota, packaged, initial, additional }: Means): Promise<void> {
  made += 1;
  accountId = `acct_corrected${made}`;
  await makeAccount(test_.database, {
    accountId,
    timeZone: 'Asia/Jakarta',
    currency: 'IDR',
    at: AT,
  });
  const opening = { accountId, reference: 'start', at: AT };
  await changeLedger(test_.database, opening, (plan, ledger) => {
    const money = { at: AT, kind: 'grant', from: 'clearing' } as const;
    for (const [source, amountMicros] of [
      ['wallet_initial', initial],
      ['wallet_additional', additional],
    ] as const) {
      if (amountMicros > 0n) {
        grantMoney(plan, ledger, { ...money, source, amountMicros, reference: source });
      }
    }
    if (packaged > 0n) {
      grantUnits(plan, ledger, {
        code: 'package/pkg_1',
        asset: 'message',
        source: 'package',
        quantity: packaged,
        startsAt: null,
        expiresAt: null,
        at: AT,
        reference: 'pkg_1',
      });
    }
    setAllowance(plan, ledger, {
      asset: 'message',
      fromMonth: '2026-11',
      quantity: quota,
      at: AT,
    });
  });
}

function messages(number: number, quantity: bigint, other: Partial<UsageEvent> = {}): UsageEvent {
  return buildEvent({
    accountId,
    id: `evt_${number}`,
    key: uuidOf(number),
    facts: { ...MESSAGE, quantity, to: '1' },
    mode: 'record',
    ...other,
  });
}

async function record(...events: readonly UsageEvent[]) {
  const outcomes = await recorderOf(test_.database).recordUsage({
    events,
    reference: 'batch',
    recordedAt: AT,
  });
  return outcomes.map(({ kind }) => kind);
}

async function cancel(number: number, reason = 'told by mistake', at = LATER) {
  const asked = { accountId, key: uuidOf(number), reason, at, recordedAt: at };
  return withTransaction(test_.database, SYSTEM, (trx) => cancelUsage(trx, asked));
}

async function balances(): Promise<Record<string, bigint>> {
  const { rows } = await owner.query<{ code: string; posted: string }>(
    `select code, posted::text from buckets b join ledgers l on l.id = b.ledger_id
      where l.account_id = $1 and closed_at is null order by code`,
    [accountId],
  );
  return Object.fromEntries(rows.map(({ code, posted }) => [code, BigInt(posted)]));
}

async function day() {
  const { rows } = await owner.query<Record<string, string>>(
    `select to_char(d.local_date, 'YYYY-MM-DD') as date, d.category, d.events, d.quantity, d.visitors, d.amount
       from usage_days d join ledgers l on l.id = d.ledger_id where l.account_id = $1 order by category`,
    [accountId],
  );
  return rows.map((row) => Object.values(row).map(String).join(' '));
}

test('R0.13 what an event paid returns to its buckets, the last first, and its day counts it no more', async () => {
  await record(messages(1, 12n));
  expect(await balances()).toEqual({
    'package/pkg_1': 0n,
    'quota/message/2026-11': 0n,
    'wallet/additional': 7n,
    'wallet/initial': 0n,
  });
  const { correction, isRepeat } = await cancel(1);
  expect(isRepeat).toBe(false);
  expect(correction).toMatchObject({
    kind: 'cancellation',
    quantity: -12n,
    amountMicros: -7n,
    parts: [
      { bucket: 'wallet/additional', amount: -3n },
      { bucket: 'wallet/initial', amount: -4n },
      { bucket: 'package/pkg_1', amount: -2n },
      { bucket: 'quota/message/2026-11', amount: -3n },
    ],
  });
  expect(await balances()).toEqual({
    'package/pkg_1': 2n,
    'quota/message/2026-11': 3n,
    'wallet/additional': 10n,
    'wallet/initial': 4n,
  });
  expect(await day()).toEqual(['2026-11-10 message 0 0 0 0']);
});

test('the event and its transfers stay, and the correction points at them both ways', async () => {
  await record(messages(1, 4n));
  await cancel(1, 'sent to the wrong list');
  const { rows } = await owner.query<Record<string, string>>(
    `select t.kind, t.debit, t.credit, t.amount, t.reference, t.reason from transfers t join ledgers l on l.id = t.ledger_id
      where l.account_id = $1 and t.kind in ('usage', 'rerating') order by t.number`,
    [accountId],
  );
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
    'usage quota/message/2026-11 consumption/message 3 batch ',
    'usage package/pkg_1 consumption/message 1 batch ',
    `rerating consumption/message package/pkg_1 1 cancel/${uuidOf(1)} sent to the wrong list`,
    `rerating consumption/message quota/message/2026-11 3 cancel/${uuidOf(1)} sent to the wrong list`,
  ]);
  const kept = await owner.query(
    `select u.event_id, u.quantity::int from usage_events u join usage_corrections c using (ledger_id, key)
       join ledgers l on l.id = u.ledger_id where l.account_id = $1`,
    [accountId],
  );
  expect(kept.rows).toEqual([{ event_id: 'evt_1', quantity: 4 }]);
});

test('twice changes nothing and answers the first', async () => {
  await record(messages(1, 12n));
  const first = await cancel(1, 'the first reason');
  const before = await balances();
  const second = await cancel(1, 'another reason');
  expect(second).toMatchObject({ isRepeat: true, correction: first.correction });
  expect(await balances()).toEqual(before);
  expect(await record(messages(1, 12n))).toEqual(['replayed']);
});

test('eight at once are one', async () => {
  await record(messages(1, 12n));
  const before = await Promise.all(Array.from({ length: 8 }, () => cancel(1)));
  expect(before.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
  expect(await balances()).toMatchObject({ 'wallet/additional': 10n, 'package/pkg_1': 2n });
});

test('what came from a bucket that has closed goes to breakage, and money returns', async () => {
  await record(messages(1, 12n));
  await changeLedger(test_.database, { accountId, reference: 'op', at: LATER }, (plan, ledger) => {
    const bucket = findBucket(ledger, 'package/pkg_1');
    if (bucket === undefined) throw new Error('the package is open');
    forfeitBucket(plan, ledger, { code: bucket.code, at: LATER, reference: 'end' });
    closeMonthsBefore(plan, ledger, { month: '2026-12', at: '2026-11-30T17:00:00.000Z' });
  });
  const { correction } = await cancel(1, 'late', '2026-12-02T00:00:00.000Z');
  expect(correction.parts).toMatchObject([
    { bucket: 'wallet/additional', amount: -3n, isExpired: false },
    { bucket: 'wallet/initial', amount: -4n, isExpired: false },
    { bucket: 'package/pkg_1', amount: -2n, isExpired: true },
    { bucket: 'quota/message/2026-11', amount: -3n, isExpired: true },
  ]);
  const { rows } = await owner.query<{ amount: string }>(
    `select amount::text from transfers t join ledgers l on l.id = t.ledger_id
      where l.account_id = $1 and t.debit = 'consumption/message' and t.credit = 'breakage/message'`,
    [accountId],
  );
  expect(rows).toEqual([{ amount: '5' }]);
  expect(await balances()).toMatchObject({ 'wallet/additional': 10n, 'wallet/initial': 4n });
});

test('R3.15 money that returns lessens a debt, and the other wallet settles the rest', async () => {
  await record(messages(1, 9n), messages(2, 20n));
  expect(await balances()).toMatchObject({ 'wallet/additional': -10n, 'wallet/initial': 0n });
  // The first took 4 from the initial wallet, which now pay a part of the debt.
  await cancel(1);
  expect(await balances()).toEqual({
    'package/pkg_1': 2n,
    'quota/message/2026-11': 3n,
    'wallet/additional': -6n,
    'wallet/initial': 0n,
  });
});

test('R3.11 what the new visitor paid returns, and the visitor stays known for the month', async () => {
  const visitor = '00000000-0000-4000-8000-0000000000aa';
  await changeLedger(test_.database, { accountId, reference: 'op', at: AT }, (plan, ledger) => {
    setAllowance(plan, ledger, {
      asset: 'unique_visitor',
      fromMonth: '2026-11',
      quantity: 5n,
      at: AT,
    });
  });
  await record(messages(1, 1n, { visitor }));
  expect(await balances()).toMatchObject({ 'quota/unique_visitor/2026-11': 4n });
  expect(await day()).toEqual(['2026-11-10 message 1 1 1 0']);
  await cancel(1);
  expect(await balances()).toMatchObject({ 'quota/unique_visitor/2026-11': 5n });
  expect(await day()).toEqual(['2026-11-10 message 0 0 0 0']);
  await record(messages(2, 1n, { visitor }));
  expect(await balances()).toMatchObject({ 'quota/unique_visitor/2026-11': 5n });
});

test('there is nothing to cancel where no such event was told', async () => {
  await record(messages(1, 1n));
  await expect(cancel(2)).rejects.toMatchObject({ code: 'not_found' });
});

test(`cancelling all that was charged leaves every bucket as it was, whatever paid (seed ${SEED})`, async () => {
  const amount = (max: number) => fc.bigInt({ min: 0n, max: BigInt(max) });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        quota: amount(5),
        packaged: amount(5),
        initial: amount(5),
        additional: amount(5),
      }),
      fc.array(fc.bigInt({ min: 1n, max: 9n }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
      async (means, quantities, order) => {
        await newAccount(means);
        const before = await balances();
        await record(...quantities.map((quantity, index) => messages(index + 1, quantity)));
        const numbers = quantities
          .map((_, index) => index + 1)
          .sort((left, right) => (order[left - 1] ?? 0) - (order[right - 1] ?? 0));
        for (const number of numbers) await cancel(number);
        const after = await balances();
        const sumOfMoney = (of: Record<string, bigint>) =>
          (of['wallet/initial'] ?? 0n) + (of['wallet/additional'] ?? 0n);
        expect(after['package/pkg_1']).toBe(before['package/pkg_1']);
        expect(after['quota/message/2026-11'] ?? 0n).toBe(means.quota);
        expect(sumOfMoney(after)).toBe(sumOfMoney(before));
        expect(await findViolations(owner, [accountId])).toEqual([]);
      },
    ),
    { numRuns: 15 * RUNS_SCALE, seed: SEED },
  );
});

test('the document of an open month says less, by the units that money paid for', async () => {
  await record(messages(1, 12n), messages(2, 3n));
  const charges = async () => {
    const { rows } = await owner.query<{ quantity: string; amount: string }>(
      `select c.quantity::text, c.amount::text from usage_charges c join ledgers l on l.id = c.ledger_id
        where l.account_id = $1`,
      [accountId],
    );
    return rows.map(({ quantity, amount }) => `${quantity} for ${amount}`);
  };
  // 7 of the first and all of the second are paid by money.
  expect(await charges()).toEqual(['10 for 10']);
  await cancel(1);
  expect(await charges()).toEqual(['3 for 3']);
  await cancel(2);
  expect(await charges()).toEqual(['0 for 0']);
});

describe('R3.11 a visitor who stayed paid for the event in the place of the first', () => {
  const visitor = '00000000-0000-4000-8000-0000000000aa';
  const other = '00000000-0000-4000-8000-0000000000bb';

  async function amend(number: number, event: UsageEvent) {
    const asked = { accountId, key: uuidOf(number), reason: 'wrong', at: LATER, recordedAt: LATER };
    const { amend: run } = createUsageAmendments(createRateCardCache());
    return withTransaction(test_.database, SYSTEM, (trx) => run(trx, { ...asked, event }));
  }

  async function visitorsLeft(): Promise<bigint | undefined> {
    return (await balances())['quota/unique_visitor/2026-11'];
  }

  beforeEach(async () => {
    await changeLedger(test_.database, { accountId, reference: 'op', at: AT }, (plan, ledger) => {
      setAllowance(plan, ledger, {
        asset: 'unique_visitor',
        fromMonth: '2026-11',
        quantity: 5n,
        at: AT,
      });
    });
    await record(messages(1, 1n, { visitor }));
    await amend(1, messages(2, 1n, { visitor }));
    expect(await visitorsLeft()).toBe(4n);
  });

  test('is taken back with it, once', async () => {
    const first = await cancel(2);
    expect(await visitorsLeft()).toBe(5n);
    expect(await day()).toEqual(['2026-11-10 message 0 0 0 0']);
    expect(first.visitor).toMatchObject({
      eventId: 'evt_1',
      kind: 'visitor_cancellation',
      visitors: -1n,
      parts: [{ bucket: 'quota/unique_visitor/2026-11', amount: -1n }],
    });
    const second = await cancel(2);
    expect(second).toMatchObject({ isRepeat: true, visitor: first.visitor });
    expect(await visitorsLeft()).toBe(5n);
  });

  test('stays paid as long as the next one has them, and goes with the last', async () => {
    await amend(2, messages(3, 2n, { visitor }));
    await amend(3, messages(4, 3n, { visitor }));
    expect(await visitorsLeft()).toBe(4n);
    expect(await day()).toEqual(['2026-11-10 message 1 3 1 0']);
    await cancel(4);
    expect(await visitorsLeft()).toBe(5n);
    expect(await day()).toEqual(['2026-11-10 message 0 0 0 0']);
  });

  test('goes when another visitor takes their place, who is paid', async () => {
    await amend(2, messages(3, 1n, { visitor: other }));
    expect(await visitorsLeft()).toBe(4n);
    expect(await day()).toEqual(['2026-11-10 message 1 1 1 0']);
    await cancel(3);
    expect(await visitorsLeft()).toBe(5n);
  });

  test('goes when the next one is of another month, and nobody names them', async () => {
    const october = { occurredAt: '2026-10-31T09:00:00.000Z', receivedAt: LATER };
    await amend(2, messages(3, 1n, { visitor, ...october }));
    expect(await visitorsLeft()).toBe(5n);
  });
});
