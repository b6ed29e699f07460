import fc from 'fast-check';
import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import { InvariantViolation } from '../../domain/invariant';
import {
  addMoney,
  allocate,
  compareMoney,
  formatAmount,
  formatRate,
  type Money,
  multiplyByRatio,
  multiplyRate,
  parseAmount,
  parseMoney,
  parseRate,
  type Rounding,
  roundToChargeStep,
  roundToMinorUnit,
  subtractMoney,
  toWireMoney,
} from '../../domain/money';

const ROUNDINGS: readonly Rounding[] = ['half_up', 'down', 'up', 'half_even'];
const LARGEST_AMOUNT_MICROS = 999_999_999_999_999_999n;

const amounts = fc.bigInt({ min: -LARGEST_AMOUNT_MICROS, max: LARGEST_AMOUNT_MICROS });
const currencies = fc.constantFrom<CurrencyCode>('INR', 'TRY', 'IDR', 'JPY', 'KWD', 'UYW');
const roundings = fc.constantFrom(...ROUNDINGS);

function money(amountMicros: bigint, currency: CurrencyCode): Money {
  return { amountMicros, currency };
}

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('parsing', () => {
  it.each([
    ['600.00', 600_000_000n],
    ['600', 600_000_000n],
    ['0', 0n],
    ['-0', 0n],
    ['-0.5', -500_000n],
    ['0.000001', 1n],
    ['0.115', 115_000n],
    ['999999999999.999999', LARGEST_AMOUNT_MICROS],
    ['-999999999999.999999', -LARGEST_AMOUNT_MICROS],
  ])('reads %s exactly', (amount, amountMicros) => {
    expect(parseAmount(amount)).toBe(amountMicros);
  });

  it.each([
    '',
    ' ',
    '.5',
    '5.',
    '+5',
    '--5',
    '05',
    '00',
    '1e3',
    '1,000',
    '1 000',
    '0x10',
    'NaN',
    'Infinity',
    '5.0000001',
    '1000000000000',
    '5\n',
    ' 5',
    '5.0.0',
    '٥',
    '−5',
  ])('refuses %j as an amount', (amount) => {
    expect(caught(() => parseAmount(amount))).toMatchObject({
      code: 'invalid_amount',
      details: { field: 'amount' },
    });
  });

  it('refuses an amount of a megabyte without reading it', () => {
    expect(() => parseAmount('1'.repeat(1_000_000))).toThrow(BillingError);
  });

  it('names the field of a nested amount', () => {
    const work = () => parseMoney({ amount: 'ten', currency: 'INR' }, 'prices.0');
    expect(caught(work)).toMatchObject({ details: { field: 'prices.0.amount' } });
  });

  it.each(['inr', 'RUPEE', '', 'XAU', 'BGN', 'toString'])(
    'refuses %j as a currency',
    (currency) => {
      expect(caught(() => parseMoney({ amount: '1', currency }))).toMatchObject({
        code: 'invalid_currency',
        details: { field: 'currency' },
      });
    },
  );
});

describe('formatting', () => {
  it.each<[bigint, CurrencyCode, string]>([
    [600_000_000n, 'INR', '600.00'],
    [115_000n, 'INR', '0.115'],
    [-500_000n, 'INR', '-0.50'],
    [-1n, 'INR', '-0.000001'],
    [0n, 'INR', '0.00'],
    [500_000_000n, 'JPY', '500'],
    [500_500_000n, 'JPY', '500.5'],
    [0n, 'JPY', '0'],
    [295_990_000n, 'KWD', '295.990'],
    [1_500_000_000_000n, 'IDR', '1500000.00'],
    [1_000_000n, 'UYW', '1.0000'],
    [9_223_372_036_854_775_807n, 'USD', '9223372036854.775807'],
  ])('writes %s micros of %s as %s', (amountMicros, currency, text) => {
    expect(formatAmount(money(amountMicros, currency))).toBe(text);
  });

  it('is undone by parsing, for every amount and currency', () => {
    fc.assert(
      fc.property(amounts, currencies, (amountMicros, currency) => {
        const value = money(amountMicros, currency);
        expect(parseMoney(toWireMoney(value))).toEqual(value);
      }),
    );
  });
});

describe('rates', () => {
  it.each([
    ['0', 0n, '0'],
    ['597.3200', 5_973_200_000_000n, '597.32'],
    ['0.115', 1_150_000_000n, '0.115'],
    ['0.0000000001', 1n, '0.0000000001'],
    ['9999999999.9999999999', 99_999_999_999_999_999_999n, '9999999999.9999999999'],
  ])('reads %s to ten decimals and writes what it needs', (text, rate, written) => {
    expect(parseRate(text)).toBe(rate);
    expect(formatRate(rate)).toBe(written);
  });

  it('writes a difference with its sign, and at least the decimals asked for', () => {
    expect(formatRate(-785_000_000n)).toBe('-0.0785');
    expect(formatRate(3_500_000_000_000n, 2)).toBe('350.00');
    expect(formatRate(0n, 2)).toBe('0.00');
  });

  it.each(['', '-1', '+1', '1,5', '.5', '1.', '1e3', '01', '0.12345678901', '10000000000'])(
    'refuses %j',
    (text) => {
      expect(caught(() => parseRate(text, 'rows.0.rate'))).toMatchObject({
        code: 'invalid_amount',
        details: { field: 'rows.0.rate' },
      });
    },
  );
});

describe('adding and comparing', () => {
  it('adds, subtracts and compares amounts of one currency', () => {
    expect(addMoney(money(3n, 'INR'), money(-5n, 'INR'))).toEqual(money(-2n, 'INR'));
    expect(subtractMoney(money(3n, 'INR'), money(5n, 'INR'))).toEqual(money(-2n, 'INR'));
    expect(compareMoney(money(3n, 'INR'), money(5n, 'INR'))).toBe(-1);
    expect(compareMoney(money(5n, 'INR'), money(3n, 'INR'))).toBe(1);
    expect(compareMoney(money(5n, 'INR'), money(5n, 'INR'))).toBe(0);
  });

  it.each([addMoney, subtractMoney, compareMoney])('never mixes currencies (%p)', (operation) => {
    const work = () => operation(money(1n, 'INR'), money(1n, 'TRY'));
    expect(work).toThrow(InvariantViolation);
  });

  it('subtracts what was added', () => {
    fc.assert(
      fc.property(amounts, amounts, (left, right) => {
        const sum = addMoney(money(left, 'TRY'), money(right, 'TRY'));
        expect(subtractMoney(sum, money(right, 'TRY'))).toEqual(money(left, 'TRY'));
      }),
    );
  });
});

describe('rounding', () => {
  // Paise, from the amount in micros to the amount rounded to the minor unit.
  it.each<[Rounding, bigint, bigint]>([
    ['half_up', 4_999n, 0n],
    ['half_up', 5_000n, 10_000n],
    ['half_up', 15_000n, 20_000n],
    ['half_up', -5_000n, -10_000n],
    ['half_even', 5_000n, 0n],
    ['half_even', 5_001n, 10_000n],
    ['half_even', 15_000n, 20_000n],
    ['half_even', 25_000n, 20_000n],
    ['half_even', -25_000n, -20_000n],
    ['down', 9_999n, 0n],
    ['down', -9_999n, 0n],
    ['up', 1n, 10_000n],
    ['up', -1n, -10_000n],
    ['up', 10_000n, 10_000n],
  ])('%s takes %s micros of INR to %s', (rounding, amountMicros, rounded) => {
    expect(roundToMinorUnit(money(amountMicros, 'INR'), rounding)).toEqual(money(rounded, 'INR'));
  });

  it.each<[CurrencyCode, bigint, bigint]>([
    ['JPY', 1_499_999n, 1_000_000n],
    ['KWD', 1_499n, 1_000n],
    ['UYW', 149n, 100n],
    ['IDR', 14_999n, 10_000n],
  ])('rounds %s to its own minor unit', (currency, amountMicros, rounded) => {
    const value = money(amountMicros, currency);
    expect(roundToMinorUnit(value, 'half_up')).toEqual(money(rounded, currency));
  });

  it('charges whole rupiah, three-decimal dinar that end in 0, and plain minor units else', () => {
    const charged = (amount: string, currency: CurrencyCode) =>
      formatAmount(roundToChargeStep(parseMoney({ amount, currency }), 'half_up'));
    expect(charged('150000.49', 'IDR')).toBe('150000.00');
    expect(charged('150000.50', 'IDR')).toBe('150001.00');
    expect(charged('295.994', 'KWD')).toBe('295.990');
    expect(charged('295.995', 'KWD')).toBe('296.000');
    expect(charged('99.994', 'INR')).toBe('99.99');
    expect(charged('99.5', 'JPY')).toBe('100');
  });

  it('mirrors a negative amount in every mode', () => {
    fc.assert(
      fc.property(amounts, currencies, roundings, (amountMicros, currency, rounding) => {
        const debit = roundToMinorUnit(money(amountMicros, currency), rounding);
        const credit = roundToMinorUnit(money(-amountMicros, currency), rounding);
        expect(debit.amountMicros + credit.amountMicros).toBe(0n);
      }),
    );
  });

  it('moves an amount by less than one charge step, and a payable amount not at all', () => {
    fc.assert(
      fc.property(amounts, roundings, (amountMicros, rounding) => {
        const rounded = roundToChargeStep(money(amountMicros, 'IDR'), rounding);
        const moved = rounded.amountMicros - amountMicros;
        expect(rounded.amountMicros % 1_000_000n).toBe(0n);
        expect(moved > -1_000_000n && moved < 1_000_000n).toBe(true);
        expect(roundToChargeStep(rounded, rounding)).toEqual(rounded);
      }),
    );
  });
});

describe('ratios', () => {
  // Paise, from the proration table of the domain: price, days left, days in the period, credit.
  it.each([
    [99_900n, 14n, 28n, 49_950n],
    [299_900n, 18n, 28n, 192_793n],
    [299_900n, 15n, 31n, 145_113n],
    [1_000_000n, 41n, 365n, 112_329n],
    [100_000n, 47n, 92n, 51_087n],
  ])('%s × %s/%s is %s, rounded half up', (amountMicros, numerator, denominator, expected) => {
    const ratio = { amountMicros, numerator, denominator, rounding: 'half_up' as const };
    expect(multiplyByRatio(ratio)).toBe(expected);
  });

  it.each([0n, -1n])('takes no denominator of %s', (denominator) => {
    const ratio = { amountMicros: 1n, numerator: 1n, denominator, rounding: 'down' as const };
    expect(() => multiplyByRatio(ratio)).toThrow(InvariantViolation);
  });

  it('mirrors a negative amount and a negative numerator', () => {
    const ratios = fc.record({
      amountMicros: amounts,
      numerator: fc.bigInt({ min: -10_000n, max: 10_000n }),
      denominator: fc.bigInt({ min: 1n, max: 10_000n }),
      rounding: roundings,
    });
    fc.assert(
      fc.property(ratios, (ratio) => {
        const mirrored = multiplyByRatio({ ...ratio, amountMicros: -ratio.amountMicros });
        const turned = multiplyByRatio({ ...ratio, numerator: -ratio.numerator });
        expect(mirrored + multiplyByRatio(ratio)).toBe(0n);
        expect(turned).toBe(mirrored);
      }),
    );
  });
});

describe('rates', () => {
  it.each([
    ['0.0034', 1_000_000n, 3_400_000_000n],
    ['0.0034', 1n, 3_400n],
    ['0.1150000000', 3n, 345_000n],
    ['0.8631', 10_000n, 8_631_000_000n],
    ['0.0000000001', 1n, 0n],
    ['0.0000004999', 1n, 0n],
    ['0.0000005', 1n, 1n],
    ['0.0000005', -1n, -1n],
    ['0.0000000001', 1_000_000n, 100n],
    ['9999999999.9999999999', 1n, 10_000_000_000_000_000n],
    ['5', 0n, 0n],
    ['0', 1_000n, 0n],
  ])('%s for %s units is %s micros', (rate, quantity, amountMicros) => {
    expect(multiplyRate({ rate, quantity })).toBe(amountMicros);
  });

  it.each(['', '-1', '+1', '1e-3', '.5', '01', '0.00000000001', '10000000000'])(
    'refuses %j as a rate',
    (rate) => {
      expect(caught(() => multiplyRate({ rate, quantity: 1n }))).toMatchObject({
        code: 'invalid_amount',
        details: { field: 'rate' },
      });
    },
  );

  it('prices a batch as the sum of its parts whenever the rate has six decimals or fewer', () => {
    const rates = fc.bigInt({ min: 0n, max: 10_000_000n });
    const quantities = fc.bigInt({ min: 0n, max: 1_000_000n });
    fc.assert(
      fc.property(rates, quantities, quantities, (rateMicros, first, second) => {
        const rate = formatAmount(money(rateMicros, 'JPY'));
        const parts =
          multiplyRate({ rate, quantity: first }) + multiplyRate({ rate, quantity: second });
        expect(multiplyRate({ rate, quantity: first + second })).toBe(parts);
      }),
    );
  });
});

describe('allocating', () => {
  it.each([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [5n, [70n, 30n], [4n, 1n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [100n, [1n, 0n, 1n, 1n], [34n, 0n, 33n, 33n]],
    [1n, [0n, 1n, 1n], [0n, 1n, 0n]],
    // Shares 1.2, 1.2, 3.6: the last has the largest remainder, though the first come first.
    [6n, [1n, 1n, 3n], [1n, 1n, 4n]],
    [0n, [1n, 2n], [0n, 0n]],
    [7n, [5n], [7n]],
  ])('%s over %j is %j', (total, weights, parts) => {
    expect(allocate(total, weights)).toEqual(parts);
  });

  it.each([[[]], [[0n, 0n]], [[2n, -1n]]])('takes no weights like %j', (weights: bigint[]) => {
    expect(() => allocate(100n, weights)).toThrow(InvariantViolation);
  });

  const weightLists = fc
    .array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 20 })
    .filter((weights) => weights.some((weight) => weight > 0n));

  it('gives parts that sum to the whole', () => {
    fc.assert(
      fc.property(amounts, weightLists, (total, weights) => {
        const parts = allocate(total, weights);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(total);
      }),
    );
  });

  it('gives every part its exact share to less than one unit, and nothing to a weight of zero', () => {
    fc.assert(
      fc.property(amounts, weightLists, (total, weights) => {
        const weightSum = weights.reduce((sum, weight) => sum + weight, 0n);
        allocate(total, weights).forEach((part, index) => {
          const weight = weights[index] ?? 0n;
          const distance = part * weightSum - total * weight;
          expect(distance < weightSum && distance > -weightSum).toBe(true);
          if (weight === 0n) expect(part).toBe(0n);
        });
      }),
    );
  });

  it('mirrors a negative total', () => {
    fc.assert(
      fc.property(amounts, weightLists, (total, weights) => {
        const mirrored = allocate(-total, weights).map((part) => -part);
        expect(mirrored.map(String)).toEqual(allocate(total, weights).map(String));
      }),
    );
  });
});

describe('any text at all', () => {
  it('is an amount of at most 12 digits or a BillingError, nothing else', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e') }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const error = caught(() => parseAmount(text));
        if (error === undefined) {
          expect(text).toMatch(/^-?\d{1,12}(\.\d{1,6})?$/);
        } else {
          expect(error).toBeInstanceOf(BillingError);
        }
      }),
    );
  });
});
