import fc from 'fast-check';
import { formatAmount, parseMoney, type Money } from '../../../domain/money';
import {
  computeLeft,
  mirrorSale,
  takePart,
  takeStretch,
  untaxed,
  withLine,
} from '../../../domain/refund/split-refund';
import { computeTax, type TaxedSale } from '../../../domain/tax/compute-tax';
import { UNTAXED, type TaxComponent, type Taxation } from '../../../domain/tax/taxation';

const inr = (amount: string): Money => parseMoney({ amount, currency: 'INR' });
const component = (code: TaxComponent['component'], rate: string): TaxComponent => ({
  component: code,
  rate,
  baseNumerator: 1n,
  baseDenominator: 1n,
});
const INDIA: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [component('CGST', '9'), component('SGST', '9')],
  taxPoint: 'top_up',
  totalStepMicros: 1_000_000n,
};
const INDONESIA: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'PPN', rate: '12', baseNumerator: 11n, baseDenominator: 12n }],
};

function sell(taxation: Taxation, amount: Money): TaxedSale {
  return computeTax(taxation, [{ description: 'It', quantity: 1n, unitAmount: amount, amount }]);
}

/** "total = net + tax + tax (round-off)". */
function spell({ total, subtotal, taxLines, roundOff }: TaxedSale): string {
  const taxes = taxLines.map(({ amount }) => ` + ${formatAmount(amount)}`).join('');
  return `${formatAmount(total)} = ${formatAmount(subtotal)}${taxes} (${formatAmount(roundOff)})`;
}

/** Takes these parts one after the other, each of what the ones before left. */
function takeAll(sale: TaxedSale, totals: readonly bigint[]): TaxedSale[] {
  const taken: TaxedSale[] = [];
  for (const total of totals) {
    const left = computeLeft(sale, taken);
    if (left === null) throw new Error('nothing is left');
    taken.push(takePart(left, total));
  }
  return taken;
}

describe('a part of a sale', () => {
  it.each([
    ['1000.00', ['1180.00'], ['1180.00 = 1000.00 + 90.00 + 90.00 (0.00)']],
    [
      '1000.00',
      ['100.00', '1080.00'],
      ['100.00 = 84.74 + 7.63 + 7.63 (0.00)', '1080.00 = 915.26 + 82.37 + 82.37 (0.00)'],
    ],
    [
      '999.50',
      ['590.00', '589.00'],
      ['590.00 = 500.00 + 45.00 + 45.00 (0.00)', '589.00 = 499.50 + 44.96 + 44.96 (-0.42)'],
    ],
    [
      '1147.00',
      ['1237.82', '115.18'],
      ['1237.82 = 1049.00 + 94.41 + 94.41 (0.00)', '115.18 = 98.00 + 8.82 + 8.82 (-0.46)'],
    ],
    [
      '99.99',
      ['117.99', '0.01'],
      ['117.99 = 99.99 + 9.00 + 9.00 (0.00)', '0.01 = 0.00 + 0.00 + 0.00 (0.01)'],
    ],
    [
      '1.00',
      ['0.01', '0.99'],
      ['0.01 = 0.01 + 0.00 + 0.00 (0.00)', '0.99 = 0.99 + 0.09 + 0.09 (-0.18)'],
    ],
  ])('of %s INR with GST splits %j into net and equal taxes', (price, parts, spelled) => {
    const sale = sell(INDIA, inr(price));
    const taken = takeAll(
      sale,
      parts.map((part) => inr(part).amountMicros),
    );
    expect(taken.map(spell)).toEqual(spelled);
  });

  it('keeps the share of the price that is taxed where that is 11/12 of it', () => {
    const rupiah = (amount: string): Money => parseMoney({ amount, currency: 'IDR' });
    const sale = sell(INDONESIA, rupiah('120000'));
    expect(spell(sale)).toBe('133200.00 = 120000.00 + 13200.00 (0.00)');
    const [part] = takeAll(sale, [rupiah('66600').amountMicros]);
    expect(part?.taxLines).toEqual([
      { component: 'PPN', rate: '12', taxable: rupiah('55000'), amount: rupiah('6600') },
    ]);
  });

  it('is split by the sale when credits of another make-up left less tax than they should', () => {
    const sale = sell(INDIA, inr('1000.00'));
    const credited = [untaxed(takePart(sale, inr('1100.00').amountMicros))];
    const left = computeLeft(sale, credited);
    expect(left && spell(left)).toBe('80.00 = 67.80 + 6.10 + 6.10 (0.00)');
  });

  it('is nothing once all was taken', () => {
    const sale = sell(INDIA, inr('1000.00'));
    expect(computeLeft(sale, [sale])).toBeNull();
  });

  it('shows the price it was sold at as its line: with the tax where prices include it', () => {
    const line = { description: 'Refund of RCV-1', sac: '998315' };
    const part = takePart(sell(INDIA, inr('1000.00')), inr('118.00').amountMicros);
    expect(withLine(part, { ...line, includesTax: false }).lines).toEqual([
      { ...line, quantity: 1n, unitAmount: inr('100.00'), amount: inr('100.00') },
    ]);
    expect(withLine(part, { ...line, includesTax: true }).lines).toEqual([
      { ...line, quantity: 1n, unitAmount: inr('118.00'), amount: inr('118.00') },
    ]);
  });

  it('mirrored is below zero throughout, mirrored again itself', () => {
    const sale = sell(INDIA, inr('99.99'));
    expect(spell(mirrorSale(sale))).toBe('-118.00 = -99.99 + -9.00 + -9.00 (-0.01)');
    expect(mirrorSale(mirrorSale(sale))).toEqual(sale);
  });
});

/** A price and how its total falls into parts that can be paid. */
const stories = fc
  .record({
    paise: fc.integer({ min: 100, max: 10_000_000 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    isGross: fc.boolean(),
    hasTax: fc.boolean(),
  })
  .map(({ paise, cuts, isGross, hasTax }) => {
    const price = { amountMicros: BigInt(paise) * 10_000n, currency: 'INR' } as const;
    const sale = sell(hasTax ? { ...INDIA, includesTax: isGross } : UNTAXED, price);
    const steps = Number(sale.total.amountMicros / 10_000n);
    const places = [...cuts.map((cut) => Math.round(cut * steps)), 0, steps];
    const ordered = [...new Set(places)].toSorted((left, right) => left - right);
    const parts = ordered.slice(1).map((place, index) => place - (ordered[index] ?? 0));
    return { sale, totals: parts.map((part) => BigInt(part) * 10_000n) };
  });

const sumOf = (parts: readonly TaxedSale[], amountOf: (part: TaxedSale) => Money): bigint =>
  parts.reduce((sum, part) => sum + amountOf(part).amountMicros, 0n);

describe('the parts of a sale, however it is cut', () => {
  it('sum to the sale in total, net, round-off and each tax', () => {
    fc.assert(
      fc.property(stories, ({ sale, totals }) => {
        const parts = takeAll(sale, totals);
        expect(sumOf(parts, ({ total }) => total)).toBe(sale.total.amountMicros);
        expect(sumOf(parts, ({ subtotal }) => subtotal)).toBe(sale.subtotal.amountMicros);
        expect(sumOf(parts, ({ roundOff }) => roundOff)).toBe(sale.roundOff.amountMicros);
        for (const [index, line] of sale.taxLines.entries()) {
          const taxOf = ({ taxLines }: TaxedSale): Money => taxLines[index]?.amount ?? inr('0');
          expect(sumOf(parts, taxOf)).toBe(line.amount.amountMicros);
        }
        expect(computeLeft(sale, parts)).toBeNull();
      }),
    );
  });

  it('each add up, are never below zero, and give back tax in paise', () => {
    fc.assert(
      fc.property(stories, ({ sale, totals }) => {
        for (const { total, subtotal, taxTotal, roundOff, taxLines } of takeAll(sale, totals)) {
          const { amountMicros } = total;
          const sum = subtotal.amountMicros + taxTotal.amountMicros + roundOff.amountMicros;
          expect(sum).toBe(amountMicros);
          expect(subtotal.amountMicros >= 0n).toBe(true);
          for (const { amount } of taxLines) {
            expect(amount.amountMicros >= 0n && amount.amountMicros % 10_000n === 0n).toBe(true);
          }
        }
      }),
    );
  });
});

describe('stretches of a sale that follow each other', () => {
  it('sum to it, tax by tax, wherever it is cut', () => {
    const amounts = fc.record({
      price: fc.integer({ min: 100, max: 1_000_000 }),
      cuts: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(
        amounts,
        fc.constantFrom(INDIA, UNTAXED, INDONESIA),
        ({ price, cuts }, taxation) => {
          const sale = sell(taxation, {
            amountMicros: BigInt(price) * 1_000_000n,
            currency: 'INR',
          });
          const whole = sale.total.amountMicros;
          const at = [...new Set(cuts)].map((cut) => (whole * BigInt(cut)) / 1000n);
          const ends = [...at.toSorted((left, right) => Number(left - right)), whole];
          const parts = ends.map((end, index) => takeStretch(sale, ends[index - 1] ?? 0n, end));
          const sumOf = (amountOf: (part: TaxedSale) => bigint) =>
            parts.reduce((sum, part) => sum + amountOf(part), 0n);
          expect(sumOf(({ total }) => total.amountMicros)).toBe(whole);
          expect(sumOf(({ taxTotal }) => taxTotal.amountMicros)).toBe(sale.taxTotal.amountMicros);
          expect(sumOf(({ subtotal }) => subtotal.amountMicros)).toBe(sale.subtotal.amountMicros);
          for (const { total, taxTotal, subtotal, roundOff } of parts) {
            const sum = subtotal.amountMicros + taxTotal.amountMicros + roundOff.amountMicros;
            expect(sum).toBe(total.amountMicros);
          }
        },
      ),
    );
  });
});
