import * as fc from 'fast-check';
import {
  findRechargeTerms,
  type RechargeFacts,
} from '../../../domain/auto-recharge/recharge-terms';
import { formatAmount } from '../../../domain/money';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { IGST, inr } from './recharge-walk';

const INCLUSIVE: Taxation = { ...IGST, includesTax: true };

function facts(given: Partial<RechargeFacts> = {}): RechargeFacts {
  return {
    gap: inr(380),
    amount: inr(200),
    capLeft: inr(5_000),
    topUpTaxation: UNTAXED,
    min: inr(1),
    max: inr(100_000),
    ...given,
  };
}

/** "charge 400.00 for 400.00", or why nothing is charged. */
function told(given: Partial<RechargeFacts>): string {
  const found = findRechargeTerms(facts(given));
  if (found.kind !== 'charge') return found.kind;
  const { total, sale } = found.terms;
  return `charge ${formatAmount(total)} for ${formatAmount(sale.subtotal)}`;
}

describe('what an auto-recharge charges', () => {
  it.each([
    ['a gap of less than one increment is one', { gap: inr(0.01) }, 'charge 200.00 for 200.00'],
    ['a gap of exactly one increment is one', { gap: inr(200) }, 'charge 200.00 for 200.00'],
    ['a gap of a paisa more is two', { gap: inr(200.01) }, 'charge 400.00 for 400.00'],
    ['tax comes on top', { topUpTaxation: IGST }, 'charge 472.00 for 400.00'],
    // 200.00 with tax in it bring 169.49: two bring 338.98, three 508.47.
    ['tax may be in it', { topUpTaxation: INCLUSIVE }, 'charge 600.00 for 508.47'],
    ['the cap leaves room for one', { capLeft: inr(399.99) }, 'charge 200.00 for 200.00'],
    ['the cap leaves exactly enough', { capLeft: inr(400) }, 'charge 400.00 for 400.00'],
    ['the cap leaves none', { capLeft: inr(199.99) }, 'cap_reached'],
    ['the cap counts tax', { capLeft: inr(235.99), topUpTaxation: IGST }, 'cap_reached'],
    ['a bank paid late, beyond the cap', { capLeft: inr(-100) }, 'cap_reached'],
    ['the method takes one at a time', { max: inr(300) }, 'charge 200.00 for 200.00'],
    ['the method takes not even one', { max: inr(199) }, 'above_max'],
    ['a gateway takes no less than three', { min: inr(450) }, 'charge 600.00 for 600.00'],
    [
      'the cap leaves less than a gateway takes',
      { min: inr(450), capLeft: inr(500) },
      'cap_reached',
    ],
  ])('%s', (_, given, expected) => {
    expect(told(given)).toBe(expected);
  });

  it('is found at once for a million increments', () => {
    const found = told({ gap: inr(10_000_000), amount: inr(10), capLeft: inr(1e9), max: inr(1e9) });
    expect(found).toBe('charge 10000000.00 for 10000000.00');
  });
});

it('charges whole increments, never above cap or method, and closes the gap where they allow it', () => {
  const rupees = fc.integer({ min: 1, max: 3_000_000 }).map((paise) => inr(paise / 100));
  const given = fc.record({
    gap: rupees,
    amount: rupees,
    capLeft: rupees,
    topUpTaxation: fc.constantFrom(UNTAXED, IGST, INCLUSIVE),
    max: rupees,
  });
  fc.assert(
    fc.property(given, (asked) => {
      const least = { ...asked, min: inr(0.01) };
      const found = findRechargeTerms(facts(least));
      const one = findRechargeTerms(facts({ ...least, gap: inr(0.01) }));
      if (found.kind !== 'charge') {
        expect(one.kind).toBe(found.kind);
        return;
      }
      const { total, sale } = found.terms;
      expect(total.amountMicros <= asked.capLeft.amountMicros).toBe(true);
      expect(total.amountMicros <= asked.max.amountMicros).toBe(true);
      const bought = sale.lines.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
      expect(bought % asked.amount.amountMicros).toBe(0n);
      const isClosed = sale.subtotal.amountMicros >= asked.gap.amountMicros;
      const count = bought / asked.amount.amountMicros;
      const amountMicros = asked.amount.amountMicros * (isClosed ? count - 1n : count + 1n);
      if (amountMicros === 0n) return;
      const neighbour = findRechargeTerms(
        facts({ ...least, amount: { ...asked.amount, amountMicros }, gap: inr(0.01) }),
      );
      if (isClosed) {
        // One less would not have been enough.
        const isEnough =
          neighbour.kind === 'charge' &&
          neighbour.terms.sale.subtotal.amountMicros >= asked.gap.amountMicros;
        expect(isEnough).toBe(false);
      } else {
        // One more would not have been allowed.
        expect(neighbour.kind).not.toBe('charge');
      }
    }),
    { numRuns: 500 },
  );
});
