import { DEFAULT_CHANGE_POLICY } from '../../../domain/change-policy';
import { formatAmount } from '../../../domain/money';
import { NOTHING_COLLECTED } from '../../../domain/collection/collection';
import { decideStart } from '../../../domain/subscription/decide-command';
import { findSubscriptionCharge } from '../../../domain/outlook/subscription-charge';
import type { UpcomingCharge } from '../../../domain/outlook/upcoming-charge';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { fundsOf, growth, inr, RETRY_SCHEDULE } from '../subscription/subscription-walk';

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
function tell(charge: UpcomingCharge | null): string {
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
    bearsTax: true,
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
    expect(tell(findSubscriptionCharge(started(changes), UNTAXED))).toBe(told);
  });

  it('is with tax, for that is what leaves the wallet', () => {
    expect(tell(findSubscriptionCharge(started(), KDV))).toBe(`growth 1198.80 ${MARCH_1}`);
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
  it.each<[string, Partial<Subscription>, UpcomingCharge['backing'] | undefined]>([
    ['a saved method, by the default policy', {}, 'saved_method'],
    [
      'nobody, where the plan says so',
      { dunning: { ...RETRY_SCHEDULE, collection: 'wallet_only' } },
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
    expect(findSubscriptionCharge(started(changes), UNTAXED)?.backing).toBe(backing);
  });
});
