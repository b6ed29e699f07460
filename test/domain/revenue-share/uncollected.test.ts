import fc from 'fast-check';
import { allocateUncollected, type OpenCharge } from '../../../domain/revenue-share/uncollected';

const RUPEE = 1_000_000n;
const NOTHING = {
  collectedMicros: 0n,
  taxMicros: 0n,
  totalMicros: 0n,
  feeMicros: 0n,
  shareMicros: 0n,
};

function charge(invoiceId: string, net: bigint, tax = 0n, taken = 0n): OpenCharge {
  const amounts = {
    ...NOTHING,
    collectedMicros: net * RUPEE,
    taxMicros: tax * RUPEE,
    totalMicros: (net + tax) * RUPEE,
  };
  const takenBack = { ...NOTHING, collectedMicros: taken * RUPEE, totalMicros: taken * RUPEE };
  return { invoiceId, currency: 'INR', charge: amounts, takenBack };
}

const say = (parts: ReturnType<typeof allocateUncollected>): string[] =>
  parts.map(
    ({ invoiceId, collectedMicros, taxMicros }) =>
      `${invoiceId} ${collectedMicros / RUPEE} + ${taxMicros / RUPEE}`,
  );

it('lays what is owed on the newest charge first, each up to what is left of it', () => {
  const charges = [
    charge('april', 999n),
    charge('march', 999n, 0n, 500n),
    charge('february', 999n),
  ];
  expect(say(allocateUncollected(charges, 498n * RUPEE))).toEqual(['april 498 + 0']);
  expect(say(allocateUncollected(charges, 1_600n * RUPEE))).toEqual([
    'april 999 + 0',
    'march 499 + 0',
    'february 102 + 0',
  ]);
  expect(allocateUncollected(charges, 0n)).toEqual([]);
});

it('splits a part into net and tax as the charge is', () => {
  const charges = [charge('april', 1_000n, 180n)];
  expect(say(allocateUncollected(charges, 590n * RUPEE))).toEqual(['april 500 + 90']);
});

it('never lays on more than is owed or than the charges are, and parts sum up', () => {
  const amounts = fc.bigInt({ min: 0n, max: 5_000n });
  fc.assert(
    fc.property(fc.array(fc.tuple(amounts, amounts), { maxLength: 6 }), amounts, (sold, owed) => {
      const charges = sold.map(([net, tax], index) => charge(`inv_${index}`, net, tax));
      const whole = charges.reduce((sum, { charge: of }) => sum + of.totalMicros, 0n);
      const parts = allocateUncollected(charges, owed * RUPEE);
      const laid = parts.reduce((sum, { totalMicros }) => sum + totalMicros, 0n);
      expect(laid).toBe(whole < owed * RUPEE ? whole : owed * RUPEE);
      for (const { collectedMicros, taxMicros, totalMicros } of parts) {
        expect(collectedMicros + taxMicros).toBe(totalMicros);
        expect(taxMicros >= 0n && collectedMicros >= 0n).toBe(true);
      }
    }),
  );
});
