import fc from 'fast-check';
import {
  baseOf,
  computeClawback,
  computeShare,
  sumShared,
  type SharedAmounts,
} from '../../../domain/revenue-share/share';
import { takePart } from '../../../domain/refund/split-refund';
import { parseMoney, type Money } from '../../../domain/money';
import { computeTax, type TaxedSale } from '../../../domain/tax/compute-tax';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

const inr = (amount: string): Money => parseMoney({ amount, currency: 'INR' });
const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
};

function saleOf(amount: Money, taxation = UNTAXED): TaxedSale {
  return computeTax(taxation, [
    { description: 'Growth', quantity: 1n, unitAmount: amount, amount },
  ]);
}
const rate = (shareBps: number, gatewayFeeBps = 0) => ({ shareBps, gatewayFeeBps });
const spell = (amounts: SharedAmounts): string =>
  [amounts.collectedMicros, amounts.taxMicros, amounts.feeMicros, amounts.shareMicros]
    .map((micros) => (Number(micros) / 1e6).toFixed(2))
    .join(' ');

describe('what a reseller earns of a charge (R4.10)', () => {
  it('is its part of the price, net of tax', () => {
    expect(spell(computeShare(saleOf(inr('999.00'), IGST), rate(2_000)))).toBe(
      '999.00 179.82 0.00 199.80',
    );
  });

  it('is taken of what the gateway leaves, where the partner bears its fee', () => {
    expect(spell(computeShare(saleOf(inr('999.00')), rate(2_000, 200)))).toBe(
      '999.00 0.00 19.98 195.80',
    );
  });

  it('is rounded half up to the paisa, once', () => {
    const shares = ['0.01', '0.02', '0.03', '0.05'].map((amount) =>
      spell(computeShare(saleOf(inr(amount)), rate(3_000))),
    );
    expect(shares).toEqual([
      '0.01 0.00 0.00 0.00',
      '0.02 0.00 0.00 0.01',
      '0.03 0.00 0.00 0.01',
      '0.05 0.00 0.00 0.02',
    ]);
    // 0.00499... is below half a paisa, however it is written.
    expect(spell(computeShare(saleOf(inr('49.99')), rate(1)))).toBe('49.99 0.00 0.00 0.00');
  });

  it('is a whole rupiah where nothing smaller is paid', () => {
    const amount = parseMoney({ amount: '99999', currency: 'IDR' });
    expect(computeShare(saleOf(amount), rate(1_500)).shareMicros).toBe(15_000_000_000n);
  });
});

describe('what goes back when a charge is taken back (R4.10)', () => {
  const sale = saleOf(inr('999.00'), IGST);
  const charge = { ...computeShare(sale, rate(2_000)), currency: 'INR' as const };

  it('is counted from the charge on: the parts of a full refund are all that was earned', () => {
    const first = computeClawback(
      charge,
      sumShared([]),
      takePart(sale, inr('393.33').amountMicros),
    );
    expect(spell(first)).toBe('333.33 60.00 0.00 66.67');
    const rest = {
      subtotal: inr('665.67'),
      taxTotal: inr('119.82'),
      total: inr('785.49'),
    };
    expect(spell(computeClawback(charge, sumShared([first]), rest))).toBe(
      '665.67 119.82 0.00 133.13',
    );
  });

  it('is all of it once nothing is left, whatever was rounded on the way', () => {
    const back = computeClawback(charge, sumShared([]), sale);
    expect(spell(back)).toBe('999.00 179.82 0.00 199.80');
  });
});

describe('over random charges and histories', () => {
  const amounts = fc.record({
    paise: fc.integer({ min: 1, max: 10_000_000 }),
    shareBps: fc.integer({ min: 1, max: 10_000 }),
    gatewayFeeBps: fc.integer({ min: 0, max: 10_000 }),
    taxation: fc.constantFrom(UNTAXED, IGST),
    cuts: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 8 }),
    isWhole: fc.boolean(),
  });

  it('share and owner’s part are the base to the paisa; clawbacks never exceed what was earned', () => {
    fc.assert(
      fc.property(amounts, ({ paise, shareBps, gatewayFeeBps, taxation, cuts, isWhole }) => {
        const price = { amountMicros: BigInt(paise) * 10_000n, currency: 'INR' as const };
        const sale = saleOf(price, taxation);
        const charge = {
          ...computeShare(sale, { shareBps, gatewayFeeBps }),
          currency: price.currency,
        };
        const ownersMicros = baseOf(charge) - charge.shareMicros;
        expect(ownersMicros >= 0n && charge.shareMicros >= 0n).toBe(true);
        expect(charge.shareMicros + ownersMicros + charge.feeMicros).toBe(price.amountMicros);
        expect(charge.shareMicros % 10_000n).toBe(0n);

        const taken: SharedAmounts[] = [];
        let left = sale;
        for (const [index, cut] of cuts.entries()) {
          const isLast = isWhole && index === cuts.length - 1;
          const paiseLeft = left.total.amountMicros / 10_000n;
          const share = isLast ? paiseLeft : (paiseLeft * BigInt(cut)) / 1_001n;
          if (share === 0n) continue;
          const part = takePart(left, share * 10_000n);
          taken.push(computeClawback(charge, sumShared(taken), part));
          const minus = (of: Money, by: Money) => ({
            ...of,
            amountMicros: of.amountMicros - by.amountMicros,
          });
          left = {
            ...left,
            subtotal: minus(left.subtotal, part.subtotal),
            taxTotal: minus(left.taxTotal, part.taxTotal),
            total: minus(left.total, part.total),
            roundOff: minus(left.roundOff, part.roundOff),
            taxLines: left.taxLines.map((line, at) => ({
              ...line,
              amount: minus(line.amount, part.taxLines[at]?.amount ?? line.amount),
            })),
          };
        }
        const sum = sumShared(taken);
        expect(taken.every(({ shareMicros }) => shareMicros >= 0n)).toBe(true);
        expect(sum.shareMicros <= charge.shareMicros).toBe(true);
        expect(sum.feeMicros <= charge.feeMicros).toBe(true);
        if (left.total.amountMicros === 0n) expect(sum.shareMicros).toBe(charge.shareMicros);
      }),
      { numRuns: 500 },
    );
  });
});
