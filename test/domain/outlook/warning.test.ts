import { coverCharges, type UpcomingCharge } from '../../../domain/outlook/upcoming-charge';
import { warnOfSubscriptions } from '../../../domain/outlook/warning';
import { inr } from '../subscription/subscription-walk';

const FEBRUARY_15 = '2026-02-14T21:00:00.000Z';
const MARCH_1 = '2026-02-28T21:00:00.000Z';

/** What is warned of when the wallet has `availableMicros` for these charges. */
function warn(charges: readonly UpcomingCharge[], availableMicros: bigint, keepsMethod = false) {
  return warnOfSubscriptions(coverCharges(charges, availableMicros), keepsMethod);
}

describe('R1.08 warnings', () => {
  const plan: UpcomingCharge = {
    kind: 'subscription',
    id: 'sub_plan',
    planCode: 'growth',
    at: MARCH_1,
    total: inr('999.00'),
    isOwed: false,
    backing: 'saved_method',
  };
  const support: UpcomingCharge = {
    kind: 'subscription',
    id: 'sub_support',
    planCode: 'priority',
    at: FEBRUARY_15,
    total: inr('200.00'),
    isOwed: false,
    backing: 'saved_method',
  };

  it('count money meant for one charge not again for the next', () => {
    expect(warn([plan, support], 1_000_000_000n)).toEqual([
      {
        code: 'renewal_not_covered',
        subscriptionId: 'sub_plan',
        missing: inr('199.00'),
        at: MARCH_1,
        message: `growth renews on ${MARCH_1}, but the balance is 199.00 INR short.`,
      },
    ]);
  });

  it('R2.20 count the rents of phone numbers that fall due before', () => {
    const rent: UpcomingCharge = {
      kind: 'phone_number',
      id: 'num_1',
      planCode: null,
      at: FEBRUARY_15,
      total: inr('500.00'),
      isOwed: false,
      backing: 'saved_method',
    };
    const later = { ...rent, at: '2026-04-01T00:00:00.000Z' };
    expect(warn([plan, rent, later], 1_000_000_000n)).toMatchObject([
      { subscriptionId: 'sub_plan', missing: inr('499.00') },
    ]);
  });

  it('are none while the balance covers all', () => {
    expect(warn([plan, support], 1_199_000_000n)).toEqual([]);
  });

  it('of an owed charge say since when, and count no debt as money', () => {
    const owed: UpcomingCharge = { ...plan, isOwed: true, backing: 'nobody' };
    expect(warn([owed], -5_000_000n, true)).toMatchObject([
      {
        code: 'payment_owed',
        missing: inr('999.00'),
        message: `growth has been unpaid since ${MARCH_1}. Top up 999.00 INR to keep it running.`,
      },
    ]);
  });

  it.each<[string, Partial<UpcomingCharge>, boolean, string[]]>([
    ['a renewal that a saved method will pay', {}, true, []],
    ['a renewal, with no method kept', {}, false, ['renewal_not_covered']],
    ['a renewal that the wallet pays alone', { backing: 'nobody' }, true, ['renewal_not_covered']],
    ['a method being charged', { isOwed: true, backing: 'charge_under_way' }, true, []],
    ['a method that did not pay', { isOwed: true, backing: 'nobody' }, true, ['payment_owed']],
  ])('%s', (_, changes, keepsMethod, codes) => {
    const warnings = warn([{ ...plan, ...changes }], 0n, keepsMethod);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });
});
