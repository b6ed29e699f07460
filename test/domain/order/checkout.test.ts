import fc from 'fast-check';
import { formatAmount } from '../../../domain/money';
import { buildCheckoutLines } from '../../../domain/order/checkout';
import { buildPurchaseTerms } from '../../../domain/order/price';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { GST, inr, numberItem, packageItem } from './purchase-in-hand';

const INCLUDED: Taxation = { ...GST, includesTax: true, totalStepMicros: null };

/** "Bulk, 1000 messages 400.00" */
function tell(lines: ReturnType<typeof buildCheckoutLines>): string[] {
  return lines.map(({ description, amount }) => `${description} ${formatAmount(amount)}`);
}

describe('what the hosted page shows', () => {
  it('R2.09 is each thing that is bought, then each tax', () => {
    const { sale } = buildPurchaseTerms(GST, [numberItem(), packageItem()]);
    expect(tell(buildCheckoutLines(sale))).toEqual([
      '+918000000001, first month 500.00',
      '+918000000001, up-front fee 100.00',
      'Bulk, 1000 messages 400.00',
      'CGST 9% 90.00',
      'SGST 9% 90.00',
    ]);
  });

  it('is without its tax where prices include it, in amounts that can be paid', () => {
    const { sale } = buildPurchaseTerms(INCLUDED, [numberItem()]);
    expect(tell(buildCheckoutLines(sale))).toEqual([
      '+918000000001, first month 423.73',
      '+918000000001, up-front fee 84.75',
      'CGST 9% 45.76',
      'SGST 9% 45.76',
    ]);
  });

  it('R1.04 of a top-up is the balance, its tax and the round-off', () => {
    const { sale } = buildTopUpTerms(GST, inr(999_500_000n));
    expect(tell(buildCheckoutLines(sale))).toEqual([
      'Balance top-up 999.50',
      'CGST 9% 89.96',
      'SGST 9% 89.96',
      'Round-off -0.42',
    ]);
  });

  it('always sums to the total', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 10_000_000_000n }), { minLength: 1, maxLength: 10 }),
        fc.constantFrom(UNTAXED, GST, INCLUDED),
        (prices, taxation) => {
          const items = prices.map((price) => packageItem({ price: inr(price) }));
          const { sale } = buildPurchaseTerms(taxation, items);
          const sum = buildCheckoutLines(sale).reduce(
            (micros, { amount }) => micros + amount.amountMicros,
            0n,
          );
          expect(sum).toBe(sale.total.amountMicros);
        },
      ),
    );
  });
});
