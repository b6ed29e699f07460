import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { findBalanceWarnings } from '../../domain/balance-warning';
import { formatAmount } from '../../domain/money';
import { NOTHING_COLLECTED } from '../../domain/collection/collection';
import { decideStart } from '../../domain/subscription/decide-command';
import { findNextCharge, type NextCharge } from '../../domain/subscription/next-charge';
import type { Subscription } from '../../domain/subscription/subscription';
import { UNTAXED, type Taxation } from '../../domain/tax/taxation';
import { fundsOf, growth, inr, LADDER } from './subscription/subscription-walk';

const FEBRUARY_1 = '2026-01-31T21:00:00.000Z'; // midnight in Istanbul
const FEBRUARY_15 = '2026-02-14T21:00:00.000Z';
const MARCH_1 = '2026-02-28T21:00:00.000Z';

const KDV: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'KDV', rate: '20', baseNumerator: 1n, baseDenominator: 1n }],
};

function started(changes: Partial<Subscription> = {}): Subscription {
  const decision = decideStart(growth(), { now: FEBRUARY_1, funds: fundsOf(10n ** 12n) });
  if (decision.kind === 'refused') throw new Error(decision.message);
  return { ...decision.subscription, ...changes };
}

/** "growth 999.00 2026-02-28T21:00:00.000Z" */
function tell(charge: NextCharge | null): string {
  if (charge === null) return 'nothing';
  const { planCode, total, at, isOwed } = charge;
  return `${planCode} ${formatAmount(total)} ${at}${isOwed ? ' owed' : ''}`;
}

function schedule(effectiveAt: string, price: string): Pick<Subscription, 'scheduledChange'> {
  const { planName, planVersion, cycle, dunning } = growth();
  const target = {
    planCode: 'other',
    planName,
    planVersion,
    cycle,
    price: inr(price),
    dunning,
    changePolicy: DEFAULT_CHANGE_POLICY,
  };
  return { scheduledChange: { target, effectiveAt, scheduledAt: FEBRUARY_1 } };
}

describe('R1.02 the next charge', () => {
  it.each<[string, Partial<Subscription>, string]>([
    ['of an active subscription is its renewal', {}, `growth 999.00 ${MARCH_1}`],
    ['is none after a cancellation', { cancelsAtPeriodEnd: true }, 'nothing'],
    ['is none before a pause', { pausesAtPeriodEnd: true }, 'nothing'],
    ['is none while paused for good', { status: 'paused' }, 'nothing'],
    [
      'while paused for a time is at the end of the pause',
      { status: 'paused', resumesAt: '2026-05-01T00:00:00.000Z' },
      'growth 999.00 2026-05-01T00:00:00.000Z',
    ],
    [
      'that fell due is owed',
      { status: 'past_due', dueSince: MARCH_1 },
      `growth 999.00 ${MARCH_1} owed`,
    ],
    ['of a plan that costs nothing is none', { price: inr('0.00') }, 'nothing'],
    ['of one that ended is none', { status: 'ended' }, 'nothing'],
    [
      'with an upgrade on the schedule is the difference on its day',
      schedule(FEBRUARY_15, '4999.00'),
      `other 2000.00 ${FEBRUARY_15}`,
    ],
    [
      'with a downgrade on the schedule is the new price at the renewal',
      schedule(FEBRUARY_15, '499.00'),
      `other 499.00 ${MARCH_1}`,
    ],
    [
      'with a change on the renewal is the new price',
      schedule(MARCH_1, '4999.00'),
      `other 4999.00 ${MARCH_1}`,
    ],
  ])('%s', (_, changes, told) => {
    expect(tell(findNextCharge(started(changes), UNTAXED))).toBe(told);
  });

  it('is with tax, for that is what leaves the wallet', () => {
    expect(tell(findNextCharge(started(), KDV))).toBe(`growth 1198.80 ${MARCH_1}`);
  });
});

describe('R1.08 warnings', () => {
  const plan: NextCharge = {
    subscriptionId: 'sub_plan',
    planCode: 'growth',
    at: MARCH_1,
    total: inr('999.00'),
    isOwed: false,
    backing: 'saved_method',
  };
  const support: NextCharge = {
    subscriptionId: 'sub_support',
    planCode: 'priority',
    at: FEBRUARY_15,
    total: inr('200.00'),
    isOwed: false,
    backing: 'saved_method',
  };

  const wallet = (availableMicros: bigint) => ({ availableMicros, keepsMethod: false });

  it('count money meant for one charge not again for the next', () => {
    expect(findBalanceWarnings([plan, support], wallet(1_000_000_000n))).toEqual([
      {
        code: 'renewal_not_covered',
        subscriptionId: 'sub_plan',
        missing: inr('199.00'),
        at: MARCH_1,
        message: `growth renews at ${MARCH_1} and the balance does not cover it: 199.00 INR are missing.`,
      },
    ]);
  });

  it('R2.20 count the rents of phone numbers that fall due before', () => {
    const otherCharges = [
      { at: FEBRUARY_15, total: inr('500.00') },
      { at: '2026-04-01T00:00:00.000Z', total: inr('500.00') },
    ];
    const backing = { ...wallet(1_000_000_000n), otherCharges };
    expect(findBalanceWarnings([plan], backing)).toMatchObject([
      { subscriptionId: 'sub_plan', missing: inr('499.00') },
    ]);
  });

  it('are none while the balance covers all', () => {
    expect(findBalanceWarnings([plan, support], wallet(1_199_000_000n))).toEqual([]);
  });

  it('of an owed charge say since when, and count no debt as money', () => {
    const owed: NextCharge = { ...plan, isOwed: true, backing: 'nobody' };
    expect(
      findBalanceWarnings([owed], { ...wallet(-5_000_000n), keepsMethod: true }),
    ).toMatchObject([
      {
        code: 'payment_owed',
        missing: inr('999.00'),
        message: `growth is unpaid since ${MARCH_1}: top up 999.00 INR to go on.`,
      },
    ]);
  });

  it.each<[string, Partial<NextCharge>, boolean, string[]]>([
    ['a renewal that a saved method will pay', {}, true, []],
    ['a renewal, with no method kept', {}, false, ['renewal_not_covered']],
    ['a renewal that the wallet pays alone', { backing: 'nobody' }, true, ['renewal_not_covered']],
    ['a method being charged', { isOwed: true, backing: 'charge_under_way' }, true, []],
    ['a method that did not pay', { isOwed: true, backing: 'nobody' }, true, ['payment_owed']],
  ])('%s', (_, changes, keepsMethod, codes) => {
    const warnings = findBalanceWarnings([{ ...plan, ...changes }], {
      availableMicros: 0n,
      keepsMethod,
    });
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });
});

describe('R1.08 who pays what the wallet lacks', () => {
  const planned = {
    stage: 'planned',
    cause: 'renewal',
    chargesAt: MARCH_1,
    isPostponed: false,
  } as const;
  const unpaid = { status: 'past_due', dueSince: MARCH_1 } as const;
  it.each<[string, Partial<Subscription>, NextCharge['backing'] | undefined]>([
    ['a saved method, by the default policy', {}, 'saved_method'],
    [
      'nobody, where the plan says so',
      { dunning: { ...LADDER, collection: 'wallet_only' } },
      'nobody',
    ],
    ['nobody, between two rungs', unpaid, 'nobody'],
    [
      'a method that is being charged',
      { ...unpaid, collection: { ...NOTHING_COLLECTED, charge: planned } },
      'charge_under_way',
    ],
    ['nobody, for a scheduled change that may fail', schedule(MARCH_1, '4999.00'), 'nobody'],
  ])('is %s', (_, changes, backing) => {
    expect(findNextCharge(started(changes), UNTAXED)?.backing).toBe(backing);
  });
});
