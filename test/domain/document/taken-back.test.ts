import fc from 'fast-check';
import { findSold, findTakenBack } from '../../../domain/document/taken-back';
import { formatAmount, type Money } from '../../../domain/money';
import { computeLeft } from '../../../domain/refund/split-refund';
import { computeTax, type SaleLine, type TaxedSale } from '../../../domain/tax/compute-tax';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

const RUPEE = 1_000_000n;
const PAISA = 10_000n;
const half = { rate: '9', baseNumerator: 1n, baseDenominator: 1n } as const;
const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [
    { component: 'CGST', ...half },
    { component: 'SGST', ...half },
  ],
  totalStepMicros: RUPEE,
};
const TAXATIONS = [UNTAXED, GST, { ...GST, includesTax: true, totalStepMicros: null }];

function sell(taxation: Taxation, ...paise: number[]): TaxedSale {
  const lines = paise.map((amount): SaleLine => {
    const money: Money = { amountMicros: BigInt(amount) * PAISA, currency: 'INR' };
    return { description: 'It', quantity: 1n, unitAmount: money, amount: money };
  });
  return computeTax(taxation, lines);
}

/** An invoice that names so much of earlier ones. */
const invoiceOf = (taxation: Taxation, sale: TaxedSale, namedMicros: bigint) => ({
  sale,
  taxation,
  references: [
    {
      id: 'inv_1',
      number: 'INV-1',
      issuedAt: '2027-02-01T00:00:00.000Z',
      amount: { ...sale.total, amountMicros: namedMicros },
    },
  ],
});

/** "589.00 = 499.50 + 89.92 (-0.42)" */
function spell(sale: TaxedSale | null): string {
  if (sale === null) return 'nothing';
  const { total, subtotal, taxTotal, roundOff } = sale;
  return `${formatAmount(total)} = ${formatAmount(subtotal)} + ${formatAmount(taxTotal)} (${formatAmount(roundOff)})`;
}

describe('what a document takes back', () => {
  it.each([
    ['an invoice of charges alone', UNTAXED, [999_000], 'nothing'],
    ['an invoice that nets a credit', UNTAXED, [-49_950, 999_000], '499.50 = 499.50 + 0.00 (0.00)'],
    ['one with tax', GST, [-49_950, 249_950], '589.00 = 499.50 + 89.92 (-0.42)'],
    ['a credit note', GST, [-49_950], '589.00 = 499.50 + 89.92 (-0.42)'],
    ['one that nets a charge', UNTAXED, [-249_950, 49_950], '2000.00 = 2000.00 + 0.00 (0.00)'],
    ['what is rounded to nothing', GST, [-30], 'nothing'],
  ] as const)('%s', (_, taxation, paise, spelt) => {
    expect(spell(findTakenBack(sell(taxation, ...paise), taxation))).toBe(spelt);
  });

  it('together with what it charges is what it sells, tax by tax, whatever of it is credited', () => {
    const amounts = fc.record({
      credit: fc.integer({ min: 1, max: 1_000_000 }),
      charge: fc.integer({ min: 1, max: 1_000_000 }),
      taxation: fc.constantFrom(...TAXATIONS),
    });
    fc.assert(
      fc.property(amounts, ({ credit, charge, taxation }) => {
        const sale = sell(taxation, -credit, charge + credit);
        const taken = findTakenBack(sale, taxation);
        const sold = sell(taxation, charge + credit);
        const namedMicros = taken?.total.amountMicros ?? 0n;
        expect(sale.total.amountMicros + namedMicros).toBe(sold.total.amountMicros);
        const all = findSold(invoiceOf(taxation, sale, namedMicros));
        expect({ ...all, lines: [] }).toEqual({
          ...(taken === null ? sale : sold),
          lines: [],
        });
        // What a note names of it at once is all there is.
        expect(computeLeft(all, [sold])).toBeNull();
      }),
    );
  });

  it('is less where the earlier invoices had less left', () => {
    const sale = sell(UNTAXED, -49_950, 999_000);
    expect(spell(findSold(invoiceOf(UNTAXED, sale, 100n * RUPEE)))).toBe(
      '9590.50 = 9590.50 + 0.00 (0.00)',
    );
  });
});
