import { burn, giveBack, type Part, payUnits, priceOf } from '../../../domain/ledger/burn';
import { toEpochMs } from '../../../domain/instant';
import { compareBurnOrder } from '../../../domain/ledger/ledger-state';
import { AT, balancesOf, buildBucket, buildLedger, MONTH } from '../../support/build-ledger';

const want = (amount: bigint, at = AT, month = MONTH) => ({
  asset: 'message',
  amount,
  atMs: toEpochMs(at),
  month,
});

const taken = (parts: readonly Part[]) => parts.map((p) => `${p.bucket.code} ${p.amount}`);

test('R0.13 burns the quota, then packages by earliest expiry, oldest, code, then the wallets', () => {
  const buckets = [
    buildBucket({ code: 'wallet/additional', source: 'wallet_additional' }),
    buildBucket({ code: 'wallet/initial', source: 'wallet_initial' }),
    buildBucket({ code: 'package/never_ends', startsAt: '2026-01-01T00:00:00.000Z' }),
    buildBucket({
      code: 'package/b',
      startsAt: '2026-02-01T00:00:00.000Z',
      expiresAt: '2027-01-01T00:00:00.000Z',
    }),
    buildBucket({
      code: 'package/a',
      startsAt: '2026-02-01T00:00:00.000Z',
      expiresAt: '2027-01-01T00:00:00.000Z',
    }),
    buildBucket({
      code: 'package/older',
      startsAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2027-01-01T00:00:00.000Z',
    }),
    buildBucket({ code: 'package/soon', expiresAt: '2026-12-01T00:00:00.000Z' }),
    buildBucket({ code: 'quota_top_up/message', source: 'quota_top_up' }),
    buildBucket({ code: 'quota/message/2026-11', source: 'plan_quota', month: '2026-11' }),
  ];
  expect(buckets.sort(compareBurnOrder).map(({ code }) => code)).toEqual([
    'quota/message/2026-11',
    'quota_top_up/message',
    'package/soon',
    'package/older',
    'package/a',
    'package/b',
    'package/never_ends',
    'wallet/initial',
    'wallet/additional',
  ]);
});

test('R0.14 falls through from an empty package to the next, and answers what is missing', () => {
  const ledger = buildLedger({
    buckets: [
      buildBucket({ code: 'package/a', posted: 0n }),
      buildBucket({ code: 'package/b', posted: 2n }),
      buildBucket({ code: 'package/c', posted: 5n }),
    ],
  });
  const parts: Part[] = [];
  expect(burn(ledger, want(4n), parts)).toBe(0n);
  expect(taken(parts)).toEqual(['package/b 2', 'package/c 2']);
  expect(burn(ledger, want(4n), parts)).toBe(1n);
  expect(taken(parts)).toEqual(['package/b 2', 'package/c 5']);
});

test('what was taken can be given back', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 5n })] });
  const before = balancesOf(ledger);
  const parts: Part[] = [];
  burn(ledger, want(9n), parts);
  expect(balancesOf(ledger)).not.toEqual(before);
  giveBack(parts);
  expect(balancesOf(ledger)).toEqual(before);
});

test.each([
  ['the millisecond before its start', '2026-11-09T23:59:59.999Z', 1n],
  ['its start', '2026-11-10T00:00:00.000Z', 0n],
  ['the millisecond before its expiry', '2026-11-30T23:59:59.999Z', 0n],
  ['its expiry', '2026-12-01T00:00:00.000Z', 1n],
])('R0.15 a package of 10 to 30 November, asked at %s, leaves %s missing', (_, at, missing) => {
  const ledger = buildLedger({
    buckets: [
      buildBucket({
        posted: 1n,
        startsAt: '2026-11-10T00:00:00.000Z',
        expiresAt: '2026-12-01T00:00:00.000Z',
      }),
    ],
  });
  expect(burn(ledger, want(1n, at), [])).toBe(missing);
});

test('a quota pays only for its own local month', () => {
  const quota = { code: 'quota/message/2026-11', source: 'plan_quota', month: '2026-11' } as const;
  const ledger = buildLedger({ buckets: [buildBucket({ ...quota, posted: 5n })] });
  expect(burn(ledger, want(1n, AT, '2026-12'), [])).toBe(1n);
  expect(burn(ledger, want(1n, AT, '2026-10'), [])).toBe(1n);
  expect(burn(ledger, want(1n, AT, '2026-11'), [])).toBe(0n);
});

test('what is held is not taken, and a credit limit adds to what can be', () => {
  const ledger = buildLedger({
    buckets: [buildBucket({ posted: 10n, held: 8n, creditLimit: 1n })],
  });
  const parts: Part[] = [];
  expect(burn(ledger, want(10n), parts)).toBe(7n);
  expect(taken(parts)).toEqual(['package/pkg_1 3']);
});

test.each([
  // 0.45 per message, as in R0.01.
  [4_500_000_000n, 1n, 450_000n],
  // A third of a micro rounds down, half a micro up, each once over the whole quantity.
  [3_333n, 1n, 0n],
  [3_333n, 3n, 1n],
  [5_000n, 1n, 1n],
  [4_999n, 1n, 0n],
  [123_456_789n, 1_000_000n, 12_345_678_900n],
])('a price of %d e-10 for %d units is %d micros', (unitPrice, quantity, micros) => {
  expect(priceOf(unitPrice, quantity)).toBe(micros);
});

describe('R0.16 two broadcasts of 80 on a package with 100 left, at 1.00 a message', () => {
  const broadcast = {
    asset: 'message',
    quantity: 80n,
    unitPrice: 10_000_000_000n,
    atMs: toEpochMs(AT),
    month: MONTH,
    mayOverdraw: false,
  };

  test('the second takes the last 20 and pays 60 with money', () => {
    const ledger = buildLedger({
      additionalMicros: 100_000_000n,
      buckets: [buildBucket({ posted: 100n })],
    });
    expect(payUnits(ledger, broadcast, [])).toBeNull();
    const parts: Part[] = [];
    expect(payUnits(ledger, broadcast, parts)).toBeNull();
    expect(taken(parts)).toEqual(['package/pkg_1 20', 'wallet/additional 60000000']);
  });

  test('without enough money it says how much is missing', () => {
    const ledger = buildLedger({
      additionalMicros: 50_000_000n,
      buckets: [buildBucket({ posted: 20n })],
    });
    expect(payUnits(ledger, broadcast, [])).toEqual({
      reason: 'insufficient_balance',
      missing: 10_000_000n,
    });
  });

  test('without a price the units alone must do', () => {
    const ledger = buildLedger({ buckets: [buildBucket({ posted: 20n })] });
    expect(payUnits(ledger, { ...broadcast, unitPrice: null }, [])).toEqual({
      reason: 'quota_exhausted',
      missing: 60n,
    });
  });

  test('when it already happened the additional wallet goes into the red', () => {
    const ledger = buildLedger({ initialMicros: 10_000_000n });
    expect(payUnits(ledger, { ...broadcast, mayOverdraw: true }, [])).toBeNull();
    expect(balancesOf(ledger)).toEqual({
      'wallet/initial': 0n,
      'wallet/additional': -70_000_000n,
    });
  });
});
