import fc from 'fast-check';
import { allocateCredit, type CreditableInvoice } from '../../../domain/document/allocate-credit';
import { UNTAXED } from '../../../domain/tax/taxation';

const CENT = 10_000n;
const invoice = (id: string, left: number): CreditableInvoice => ({
  id,
  taxation: UNTAXED,
  leftMicros: BigInt(left) * CENT,
});

/** "2: 2000.00, 1: 499.50" in cents. */
function named(amount: number, invoices: readonly CreditableInvoice[]): string {
  return allocateCredit(BigInt(amount) * CENT, invoices)
    .map(({ id, amountMicros }) => `${id}: ${amountMicros / CENT}`)
    .join(', ');
}

describe('a credit', () => {
  const PERIOD = invoice('period', 99_900);
  const CHANGE = invoice('change', 200_000);

  it('takes the newest invoice first, and of the one before what is missing', () => {
    expect(named(249_950, [CHANGE, PERIOD])).toBe('change: 200000, period: 49950');
  });

  it('that the newest has left names that one alone', () => {
    expect(named(200_000, [CHANGE, PERIOD])).toBe('change: 200000');
    expect(named(1, [CHANGE, PERIOD])).toBe('change: 1');
  });

  it('passes over an invoice of which nothing is left', () => {
    expect(named(500, [invoice('refunded', 0), invoice('over', -5), PERIOD])).toBe('period: 500');
  });

  it('above all that is left names all of it and no more', () => {
    expect(named(299_901, [CHANGE, PERIOD])).toBe('change: 200000, period: 99900');
    expect(named(100, [])).toBe('');
  });

  it('sums to itself or to all that is left, within what each has, the same way each time', () => {
    const lefts = fc.array(fc.integer({ min: -10, max: 100_000 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500_000 }), lefts, (amount, cents) => {
        const invoices = cents.map((left, index) => invoice(`inv_${index}`, left));
        const micros = BigInt(amount) * CENT;
        const parts = allocateCredit(micros, invoices);
        const all = invoices.reduce((sum, { leftMicros: l }) => sum + (l > 0n ? l : 0n), 0n);
        const sum = parts.reduce((total, { amountMicros }) => total + amountMicros, 0n);
        expect(sum).toBe(micros < all ? micros : all);
        for (const { id, amountMicros } of parts) {
          const left = invoices.find((one) => one.id === id)?.leftMicros ?? 0n;
          expect(amountMicros > 0n && amountMicros <= left).toBe(true);
        }
        // Only the last one named is not taken back whole.
        for (const { id, amountMicros } of parts.slice(0, -1)) {
          expect(amountMicros).toBe(invoices.find((one) => one.id === id)?.leftMicros);
        }
        expect(allocateCredit(micros, invoices)).toEqual(parts);
      }),
    );
  });
});
