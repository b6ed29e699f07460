import { forfeitBucket } from '../../../domain/ledger/expiry';
import { grantUnits } from '../../../domain/ledger/grant';
import {
  allowanceOf,
  closeMonthsBefore,
  openMonths,
  setAllowance,
} from '../../../domain/ledger/month';
import { toEpochMs } from '../../../domain/instant';
import {
  type Bucket,
  covers,
  findBucket,
  type LedgerState,
} from '../../../domain/ledger/ledger-state';
import {
  AT,
  balancesOf,
  buildBucket,
  buildLedger,
  buildPlan,
  MONTH,
  transfersOf,
} from '../../support/build-ledger';

const conflict = expect.objectContaining({ code: 'conflict' });

const messages = {
  code: 'package/pkg_9',
  asset: 'message',
  source: 'package',
  quantity: 10_000n,
  startsAt: AT,
  expiresAt: '2027-11-10T09:00:00.000Z',
  at: AT,
  reference: 'ord_1',
} as const;

function bucketOf(ledger: LedgerState): Bucket {
  const bucket = findBucket(ledger, 'package/pkg_1');
  if (!bucket) throw new Error('no package');
  return bucket;
}

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('granting units', () => {
  test('R0.09 opens the package and grants it once', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    expect(grantUnits(plan, ledger, messages).isRepeat).toBe(false);
    expect(grantUnits(plan, ledger, messages).isRepeat).toBe(true);
    expect(plan.opened).toHaveLength(1);
    expect(transfersOf(plan)).toEqual(['grant issuance/message > package/pkg_9 10000 ord_1']);
    expect(ledger.buckets[0]).toMatchObject({ granted: 10_000n, posted: 10_000n });
  });

  test('another reference adds to the same bucket', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    grantUnits(plan, ledger, messages);
    grantUnits(plan, ledger, { ...messages, quantity: 5n, reference: 'ord_2' });
    expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_9': 10_005n });
  });

  test.each([
    ['the same reference with another quantity', { quantity: 9_999n }],
    ['the same reference with another asset', { asset: 'call_second' }],
    ['another reference with another asset', { asset: 'call_second', reference: 'ord_2' }],
    ['another reference with another end', { expiresAt: null, reference: 'ord_2' }],
    ['another reference with another start', { startsAt: null, reference: 'ord_2' }],
    ['another reference with another month', { month: '2026-11', reference: 'ord_2' }],
    ['another reference with another source', { source: 'quota_top_up', reference: 'ord_2' }],
  ] as const)('%s is an alarm', (_, other) => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    grantUnits(plan, ledger, messages);
    expect(caught(() => grantUnits(plan, ledger, { ...messages, ...other }))).toEqual(conflict);
    expect(plan.transfers).toHaveLength(1);
  });
});

describe('the end of a bucket', () => {
  test('R0.15 forfeits what is left to breakage and closes it; twice changes nothing', () => {
    const ledger = buildLedger({ buckets: [buildBucket({ posted: 200n })] });
    const plan = buildPlan(ledger);
    const end = { code: 'package/pkg_1', at: AT, reference: 'pkg_1' };
    expect(forfeitBucket(plan, ledger, end)).toEqual({ forfeited: 200n, isClosed: true });
    expect(forfeitBucket(plan, ledger, end)).toEqual({ forfeited: 0n, isClosed: true });
    expect(transfersOf(plan)).toEqual(['expiry package/pkg_1 > breakage/message 200 pkg_1']);
    expect(plan.ended).toEqual([
      { ledgerId: 1n, code: 'package/pkg_1', endedAtMs: 1_794_301_200_000 },
    ]);
    expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 0n, 'wallet/additional': 0n });
  });

  test('R0.12 an exhausted bucket closes without a transfer', () => {
    const ledger = buildLedger({ buckets: [buildBucket()] });
    const plan = buildPlan(ledger);
    forfeitBucket(plan, ledger, { code: 'package/pkg_1', at: AT, reference: 'pkg_1' });
    expect(plan.transfers).toEqual([]);
    expect(plan.ended).toHaveLength(1);
  });

  test('what is held stays until its hold ends', () => {
    const ledger = buildLedger({ buckets: [buildBucket({ posted: 200n, held: 30n })] });
    const plan = buildPlan(ledger);
    const end = { code: 'package/pkg_1', at: AT, reference: 'pkg_1' };
    expect(forfeitBucket(plan, ledger, end)).toEqual({ forfeited: 170n, isClosed: false });
    expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 30n });
    expect(covers(bucketOf(ledger), toEpochMs(AT), MONTH)).toBe(false);
  });

  test('a wallet has no end', () => {
    const ledger = buildLedger();
    const end = { code: 'wallet/initial', at: AT, reference: 'x' };
    expect(() => forfeitBucket(buildPlan(ledger), ledger, end)).toThrow('a wallet does not expire');
  });
});

describe('monthly quotas', () => {
  const atMs = toEpochMs(AT);
  const thousand = { asset: 'message', fromMonth: '2026-10', quantity: 1_000n };

  test('the allowance with the latest first month counts', () => {
    const ledger = buildLedger({
      allowances: [
        { ...thousand, fromMonth: '2026-12', quantity: 500n },
        thousand,
        { ...thousand, fromMonth: '2026-11', quantity: 0n },
        { ...thousand, asset: 'call_second', quantity: 7n },
      ],
    });
    const months = ['2026-09', '2026-10', '2026-11', '2026-12', '2027-12'];
    expect(months.map((month) => allowanceOf(ledger, 'message', month))).toEqual([
      0n,
      1_000n,
      0n,
      500n,
      500n,
    ]);
  });

  test('R3.14 the first use of a month opens its quotas, named after themselves', () => {
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [thousand] });
    const plan = buildPlan(ledger);
    openMonths(plan, ledger, { month: '2026-11', atMs });
    openMonths(plan, ledger, { month: '2026-11', atMs });
    expect(transfersOf(plan)).toEqual([
      'grant issuance/message > quota/message/2026-11 1000 quota/message/2026-11',
    ]);
    expect(ledger.openMonth).toBe('2026-11');
    expect([...plan.months]).toEqual([[1n, '2026-11']]);
  });

  test('opens the month before as well when nobody used it, for its late events, but no older one', () => {
    const ledger = buildLedger({ openMonth: '2025-09', allowances: [thousand] });
    const plan = buildPlan(ledger);
    openMonths(plan, ledger, { month: '2027-01', atMs });
    expect(plan.opened.map(({ bucket }) => bucket.code)).toEqual([
      'quota/message/2026-12',
      'quota/message/2027-01',
    ]);
  });

  test('two months opened in one plan are one row for the ledger', () => {
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [thousand] });
    const plan = buildPlan(ledger);
    openMonths(plan, ledger, { month: '2026-11', atMs });
    openMonths(plan, ledger, { month: '2026-12', atMs });
    expect([...plan.months]).toEqual([[1n, '2026-12']]);
  });

  test('an allowance set before its month opens grants nothing yet', () => {
    const ledger = buildLedger({ openMonth: '2026-10' });
    const plan = buildPlan(ledger);
    const now = { asset: 'message', fromMonth: '2026-11', quantity: 1_000n, at: AT };
    expect(setAllowance(plan, ledger, now)).toEqual({ grantedNow: 0n });
    expect([...plan.allowances.values()]).toEqual([
      { ledgerId: 1n, asset: 'message', fromMonth: '2026-11', quantity: 1_000n },
    ]);
    openMonths(plan, ledger, { month: '2026-11', atMs });
    expect(balancesOf(ledger)).toMatchObject({ 'quota/message/2026-11': 1_000n });
  });

  test('a raise in an open month grants the difference at once, lowering and raising again nothing', () => {
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [thousand] });
    const plan = buildPlan(ledger);
    openMonths(plan, ledger, { month: '2026-11', atMs });
    const set = (quantity: bigint, reference: string) =>
      setAllowance(plan, ledger, {
        asset: 'message',
        fromMonth: '2026-11',
        quantity,
        at: AT,
        reference,
      }).grantedNow;
    expect(set(5_000n, 'upgrade')).toBe(4_000n);
    expect(set(5_000n, 'upgrade')).toBe(0n);
    expect(set(1_000n, 'downgrade')).toBe(0n);
    expect(set(5_000n, 'upgrade_2')).toBe(0n);
    expect(set(5_001n, 'upgrade_3')).toBe(1n);
    expect(balancesOf(ledger)).toMatchObject({ 'quota/message/2026-11': 5_001n });
  });

  test('an allowance of zero from the next month on ends the quota', () => {
    const ledger = buildLedger({ allowances: [thousand] });
    const plan = buildPlan(ledger);
    const end = { asset: 'message', fromMonth: '2026-12', quantity: 0n, at: AT };
    expect(setAllowance(plan, ledger, end)).toEqual({ grantedNow: 0n });
    openMonths(plan, ledger, { month: '2026-12', atMs });
    expect(plan.opened).toEqual([]);
  });

  test('R3.14 a month that is closed forfeits its quotas and keeps the money', () => {
    const quota = { source: 'plan_quota', posted: 40n } as const;
    const ledger = buildLedger({
      initialMicros: 9n,
      additionalMicros: -5n,
      buckets: [
        buildBucket({ ...quota, code: 'quota/message/2026-10', month: '2026-10' }),
        buildBucket({ ...quota, code: 'quota/message/2026-11', month: '2026-11' }),
        buildBucket({ posted: 7n }),
      ],
    });
    const plan = buildPlan(ledger);
    const close = { month: '2026-11', at: AT };
    expect(closeMonthsBefore(plan, ledger, close).forfeited).toEqual([
      { code: 'quota/message/2026-10', asset: 'message', amount: 40n },
    ]);
    expect(closeMonthsBefore(plan, ledger, close).forfeited).toEqual([]);
    expect(balancesOf(ledger)).toEqual({
      'quota/message/2026-11': 40n,
      'package/pkg_1': 7n,
      'wallet/initial': 4n,
      'wallet/additional': 0n,
    });
    expect(plan.transfers).toHaveLength(2);
  });
});
