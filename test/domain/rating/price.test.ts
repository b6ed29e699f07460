import { computePrice, type PricedUnits } from '../../../domain/rating/price';
import { parseRate } from '../../../domain/money';
import { rowOf } from '../../support/build-usage';

const PER_MESSAGE = { tierMode: null, ratePer: 1n } as const;
const PER_MINUTE = { tierMode: null, ratePer: 60n } as const;
const PERCENT = 10_000_000_000n;

function units(row: PricedUnits['row'], quantity: bigint, usedBefore = 0n): PricedUnits[] {
  return [{ row, quantity, usedBefore }];
}

test.each([
  [1n, 100n],
  [2n, 199n],
  [3n, 299n],
  [4n, 398n],
])('%d units at 0.0000995 are rounded half up once, not per unit', (quantity, micros) => {
  const row = rowOf({ rate: parseRate('0.0000995') });
  expect(computePrice(units(row, quantity), PER_MESSAGE).baseMicros).toBe(micros);
});

test.each([
  [90n, 900_000n],
  [59n, 590_000n],
  [1n, 10_000n],
  [61n, 610_000n],
])('%d seconds at 0.60 a minute cost %d micros', (seconds, micros) => {
  const row = rowOf({ rate: parseRate('0.60') });
  expect(computePrice(units(row, seconds), PER_MINUTE).baseMicros).toBe(micros);
});

test('R3.28 the fee is fixed per unit and a percentage of the price, and is kept apart', () => {
  const fee = { fixed: parseRate('25'), percent: 10n * PERCENT };
  const row = rowOf({ rate: parseRate('597.32'), fee });
  expect(computePrice(units(row, 100n), PER_MESSAGE)).toEqual({
    baseMicros: 59_732_000_000n,
    feeMicros: 2_500_000_000n + 5_973_200_000n,
    unitRate: 5_973_200_000_000n,
  });
});

test('a fee of half a micro is rounded up, once for all units', () => {
  const row = rowOf({ rate: parseRate('0.000010'), fee: { fixed: 0n, percent: 5n * PERCENT } });
  expect(computePrice(units(row, 1n), PER_MESSAGE).feeMicros).toBe(1n);
  expect(computePrice(units(row, 3n), PER_MESSAGE).feeMicros).toBe(2n);
});

test('the fixed fee of a call is per minute, like its rate', () => {
  const row = rowOf({ rate: parseRate('0.60'), fee: { fixed: parseRate('0.10'), percent: 0n } });
  expect(computePrice(units(row, 90n), PER_MINUTE).feeMicros).toBe(150_000n);
});

const TIERS = rowOf({
  rate: parseRate('10'),
  tiers: [
    { fromQuantity: 100n, rate: parseRate('8') },
    { fromQuantity: 1_000n, rate: parseRate('5') },
  ],
});

describe('tiers', () => {
  test.each([
    [0n, 100n, '1000'],
    [99n, 2n, '18'],
    [100n, 1n, '8'],
    [50n, 1_000n, '7950'],
    [1_000n, 1n, '5'],
  ])('graduated: after %d, %d more cost %s', (usedBefore, quantity, cost) => {
    const graduated = { tierMode: 'graduated', ratePer: 1n } as const;
    const { baseMicros } = computePrice(units(TIERS, quantity, usedBefore), graduated);
    expect(baseMicros).toBe(BigInt(cost) * 1_000_000n);
  });

  test.each([
    [0n, 100n, '1000'],
    [99n, 2n, '16'],
    [0n, 101n, '808'],
    [999n, 1n, '8'],
    [999n, 2n, '10'],
  ])(
    'volume: after %d, %d more cost %s, all at the tier they reach',
    (usedBefore, quantity, cost) => {
      const volume = { tierMode: 'volume', ratePer: 1n } as const;
      const { baseMicros } = computePrice(units(TIERS, quantity, usedBefore), volume);
      expect(baseMicros).toBe(BigInt(cost) * 1_000_000n);
    },
  );

  test('of calls count minutes: the 101st minute is the first of its tier', () => {
    const graduated = { tierMode: 'graduated', ratePer: 60n } as const;
    expect(computePrice(units(TIERS, 120n, 5_940n), graduated)).toMatchObject({
      baseMicros: 18_000_000n,
      unitRate: null,
    });
  });

  test('one rate is told, two are not', () => {
    const graduated = { tierMode: 'graduated', ratePer: 1n } as const;
    expect(computePrice(units(TIERS, 1n), graduated).unitRate).toBe(parseRate('10'));
    expect(computePrice(units(TIERS, 2n, 99n), graduated).unitRate).toBeNull();
  });
});
