import { DEFAULT_CHANGE_POLICY, type ChangePolicy } from '../../../domain/change-policy';
import { formatAmount } from '../../../domain/money';
import type { PlanTerms } from '../../../domain/plan';
import { decideChange } from '../../../domain/subscription/decide-change';
import { decideStart, type StartTerms } from '../../../domain/subscription/decide-command';
import { decideDue } from '../../../domain/subscription/decide-due';
import { decideSchedule, decideUnschedule } from '../../../domain/subscription/decide-schedule';
import { listChangeLines } from '../../../domain/subscription/sale';
import { decideNextAction } from '../../../domain/subscription/decide-next';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Subscription } from '../../../domain/subscription/subscription';
import type { SubscriptionRefusal } from '../../../domain/subscription/refusal';
import { fundsOf, growth, inr } from './subscription-walk';

/** Midnight in Istanbul. */
function day(date: string): string {
  return new Date(`${date}T00:00:00+03:00`).toISOString();
}

const FEBRUARY_1 = day('2026-02-01');
const MARCH_1 = day('2026-03-01');
const RICH = fundsOf(100_000_000_000n);

function terms(change: Partial<PlanTerms> = {}): PlanTerms {
  const { planCode, planName, planVersion, cycle, price, bearsTax, dunning } = growth();
  const own = { planCode, planName, planVersion, cycle, price, bearsTax, dunning };
  return { ...own, changePolicy: DEFAULT_CHANGE_POLICY, ...change };
}

const ENTERPRISE = terms({
  planCode: 'enterprise',
  planName: 'Enterprise',
  price: inr('4999.00'),
});
const FREE = terms({ planCode: 'basic', planName: 'Basic', price: inr('0.00') });

function started(change: Partial<StartTerms> = {}, at = FEBRUARY_1): Subscription {
  return decided(decideStart(growth(change), { now: at, funds: RICH })).subscription;
}

function decided(decision: SubscriptionDecision | SubscriptionRefusal): SubscriptionDecision {
  if (decision.kind === 'refused') throw new Error(`${decision.code}: ${decision.message}`);
  return decision;
}

function change(
  subscription: Subscription,
  target: PlanTerms,
  at: string,
  { isForced = false, funds = RICH } = {},
) {
  return decideChange(subscription, { target, isForced }, { now: at, funds });
}

/** "proration_credit -499.50" */
function linesOf({ sale }: SubscriptionDecision): string[] {
  return listChangeLines(sale).map(({ kind, amount }) => `${kind} ${amount}`);
}

function totalOf({ sale }: SubscriptionDecision): string {
  return sale === null ? 'nothing' : formatAmount(sale.total);
}

function eventsOf({ events }: SubscriptionDecision): string[] {
  return events.map(({ type, reason }) => `${type}: ${reason}`);
}

describe('R1.12 a change now within the cycle', () => {
  it('credits the unused days, charges them at the new price and keeps the period', () => {
    const before = started();
    const decision = decided(change(before, ENTERPRISE, day('2026-02-15')));
    expect(linesOf(decision)).toEqual(['proration_credit -499.50', 'proration_charge 2499.50']);
    expect(totalOf(decision)).toBe('2000.00');
    expect(decision.subscription).toMatchObject({
      planCode: 'enterprise',
      price: inr('4999.00'),
      period: before.period,
      anchorAt: FEBRUARY_1,
      paid: inr('2499.50'),
    });
    expect(decideNextAction(decision.subscription)).toMatchObject({ kind: 'renew', at: MARCH_1 });
    expect(eventsOf(decision)).toEqual([
      'subscription.changed: growth monthly becomes enterprise monthly; 2000.00 INR charged',
    ]);
  });

  it('to a cheaper plan credits the difference to the wallet', () => {
    const before = started({ planCode: 'enterprise', price: inr('4999.00') });
    const decision = decided(change(before, terms(), day('2026-02-15')));
    expect(totalOf(decision)).toBe('-2000.00');
    expect(eventsOf(decision)).toEqual([
      'subscription.changed: enterprise monthly becomes growth monthly; 2000.00 INR credited to the wallet',
    ]);
  });

  it('at the same price moves no money', () => {
    const target = terms({ planCode: 'growth_eu', planName: 'Growth EU' });
    const decision = decided(change(started(), target, day('2026-02-15')));
    expect(totalOf(decision)).toBe('0.00');
    expect(eventsOf(decision)).toEqual([
      'subscription.changed: growth monthly becomes growth_eu monthly; no money moves',
    ]);
  });

  it('there and back on one day is net zero', () => {
    const there = decided(change(started(), ENTERPRISE, day('2026-02-10')));
    const back = decided(change(there.subscription, terms(), day('2026-02-10')));
    expect([totalOf(there), totalOf(back)]).toEqual(['2714.29', '-2714.29']);
    expect(back.subscription.paid).toEqual(inr('677.89'));
  });

  it('twice in one period never credits more than was paid', () => {
    const first = decided(change(started(), ENTERPRISE, day('2026-02-10')));
    const second = decided(change(first.subscription, terms(), day('2026-02-20')));
    // 9 of 28 days of 4 999.00 come back, of the 19 days of it that were paid.
    expect(linesOf(second)).toEqual(['proration_credit -1606.82', 'proration_charge 321.11']);
  });

  it('credits what was paid and not refunded, for 9 of the 19 days it was paid for', () => {
    const first = decided(change(started(), ENTERPRISE, day('2026-02-10')));
    const cheap: Subscription = { ...first.subscription, paid: inr('100.00') };
    const second = decided(change(cheap, terms(), day('2026-02-20')));
    expect(linesOf(second)[0]).toBe('proration_credit -47.37');
  });

  it('by days finds nothing to credit of what was bought on the day the period ends', () => {
    const now = '2026-02-01T07:00:00.000Z';
    const { subscription } = decided(decideStart(growth(), { now, funds: RICH }));
    const bySeconds = { ...DEFAULT_CHANGE_POLICY, proration: 'seconds' } as const;
    const target = { ...ENTERPRISE, changePolicy: bySeconds };
    const first = decided(change(subscription, target, '2026-03-01T05:00:00.000Z'));
    expect(linesOf(first)).toEqual(['proration_credit -2.97', 'proration_charge 14.88']);
    const second = decided(change(first.subscription, terms(), '2026-03-01T06:00:00.000Z'));
    expect(linesOf(second)).toEqual([]);
  });

  it('after one that prorated nothing, credits days at the price they were paid at', () => {
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, proration: 'none' } as const;
    const target = { ...ENTERPRISE, changePolicy };
    const silent = decided(change(started(), target, day('2026-02-01'))).subscription;
    const back = decided(change(silent, terms(), day('2026-02-15')));
    expect(linesOf(back)).toEqual(['proration_credit -499.50', 'proration_charge 499.50']);
  });

  it('on the last day moves what one day is worth', () => {
    const decision = decided(change(started(), ENTERPRISE, day('2026-02-28')));
    expect(linesOf(decision)).toEqual(['proration_credit -35.68', 'proration_charge 178.54']);
  });

  it('that the wallet does not cover is refused with what it takes', () => {
    const funds = fundsOf(1_999_990_000n);
    expect(change(started(), ENTERPRISE, day('2026-02-15'), { funds })).toEqual({
      kind: 'refused',
      code: 'insufficient_balance',
      message: 'the wallet does not cover the price',
      requiredMicros: 2_000_000_000n,
    });
  });

  it('to the plan it is on is refused', () => {
    expect(change(started(), terms(), day('2026-02-15'))).toMatchObject({ code: 'same_plan' });
  });

  it('on a subscription that ended is refused', () => {
    const ended: Subscription = { ...started(), status: 'ended', endedAt: day('2026-02-10') };
    expect(change(ended, ENTERPRISE, day('2026-02-15'))).toMatchObject({ code: 'invalid_state' });
  });

  it('withdraws a pending cancellation and a scheduled change, and says so', () => {
    const waiting = decided(
      decideSchedule(started(), { target: FREE, effectiveAt: MARCH_1 }, day('2026-02-02')),
    ).subscription;
    const decision = decided(change(waiting, ENTERPRISE, day('2026-02-15')));
    expect(decision.subscription.scheduledChange).toBeNull();
    expect(eventsOf(decision)[1]).toBe(
      'subscription.scheduled_change_withdrawn: the scheduled change to basic was cancelled',
    );
    const leaving: Subscription = { ...started(), cancelsAtPeriodEnd: true, cancelReason: 'dear' };
    const staying = decided(change(leaving, ENTERPRISE, day('2026-02-15')));
    expect(staying.subscription.cancelsAtPeriodEnd).toBe(false);
    expect(eventsOf(staying)[1]).toBe(
      'subscription.cancellation_withdrawn: the cancellation is withdrawn',
    );
  });

  it.each<[ChangePolicy['proration'], string[]]>([
    ['seconds', ['proration_credit -481.66', 'proration_charge 2410.23']],
    ['none', []],
  ])('of a plan that prorates by %s', (proration, lines) => {
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, proration };
    const target = { ...ENTERPRISE, changePolicy };
    const decision = decided(change(started(), target, '2026-02-15T09:00:00.000Z'));
    expect(linesOf(decision)).toEqual(lines);
  });
});

describe('R1.11 R1.12 a change of cycle', () => {
  it('starts a new anchor at the change, with a whole price and the unused days credited', () => {
    const yearly = terms({ cycle: 'yearly', price: inr('9990.00') });
    const decision = decided(change(started(), yearly, day('2026-02-15')));
    expect(linesOf(decision)).toEqual(['proration_credit -499.50', 'plan_charge 9990.00']);
    expect(decision.subscription).toMatchObject({
      anchorAt: day('2026-02-15'),
      periodsBefore: 1,
      period: { number: 0, startsAt: day('2026-02-15'), endsAt: day('2027-02-15') },
    });
    expect(decision).toMatchObject({ grantsMonth: 0, forfeits: 'all' });
  });

  it('yearly to monthly gives most of a year back to the wallet', () => {
    const before = started({ cycle: 'yearly', price: inr('9990.00') }, day('2026-01-01'));
    const decision = decided(change(before, terms(), day('2026-11-21')));
    expect(linesOf(decision)).toEqual(['proration_credit -1122.16', 'plan_charge 999.00']);
    expect(totalOf(decision)).toBe('-123.16');
  });

  it('numbers periods on through the life: no two are charged under one name', () => {
    const quarterly = terms({ cycle: 'quarterly', price: inr('2900.00') });
    const changed = decided(change(started(), quarterly, day('2026-02-15'))).subscription;
    const next = decideNextAction(changed);
    expect(next).toMatchObject({ kind: 'grant_allowances', at: day('2026-03-15') });
    const renewal = { kind: 'renew', at: changed.period.endsAt, reason: '' } as const;
    expect(decideDue(changed, renewal, RICH).sale?.reference).toBe(
      'subscription/sub_00000001/period/3',
    );
  });
});

describe('R1.14 a change to a plan that costs nothing', () => {
  it('waits for the end of the paid period', () => {
    const decision = decided(change(started(), FREE, day('2026-02-15')));
    expect(totalOf(decision)).toBe('nothing');
    expect(decision.subscription).toMatchObject({
      planCode: 'growth',
      scheduledChange: { target: { planCode: 'basic' }, effectiveAt: MARCH_1 },
    });
    expect(decideNextAction(decision.subscription)).toEqual({
      kind: 'apply_scheduled_change',
      at: MARCH_1,
      reason: `basic monthly begins, as scheduled on ${day('2026-02-15')}`,
    });
  });

  it('forced, comes at once and the unused days are credited', () => {
    const decision = decided(change(started(), FREE, day('2026-02-15'), { isForced: true }));
    expect(linesOf(decision)).toEqual(['proration_credit -499.50']);
    expect(decision.subscription.planCode).toBe('basic');
  });

  it('and from it, charges the days that are left of the period', () => {
    const free = started({ planCode: 'basic', price: inr('0.00') });
    const decision = decided(change(free, terms(), day('2026-02-15')));
    expect(linesOf(decision)).toEqual(['proration_charge 499.50']);
  });
});

describe('R1.13 a scheduled change', () => {
  const schedule = (effectiveAt: string, target = ENTERPRISE, at = day('2026-02-10')) =>
    decideSchedule(started(), { target, effectiveAt }, at);

  it('is what happens next, at its instant', () => {
    const decision = decided(schedule(day('2026-02-20')));
    expect(decideNextAction(decision.subscription)).toMatchObject({
      kind: 'apply_scheduled_change',
      at: day('2026-02-20'),
    });
    expect(eventsOf(decision)).toEqual([
      `subscription.change_scheduled: enterprise monthly from ${day('2026-02-20')} on`,
    ]);
  });

  it.each([
    ['the past', day('2026-02-09'), 'scheduled_in_past'],
    ['now', day('2026-02-10'), 'scheduled_in_past'],
    ['25 months ahead', day('2028-03-10'), 'scheduled_too_far'],
  ])('for %s is refused', (_, effectiveAt, code) => {
    expect(schedule(effectiveAt)).toMatchObject({ kind: 'refused', code });
  });

  it('takes the place of the one that is there', () => {
    const first = decided(schedule(day('2026-02-20'))).subscription;
    const request = { target: FREE, effectiveAt: MARCH_1 };
    const second = decided(decideSchedule(first, request, day('2026-02-11')));
    expect(second.subscription.scheduledChange).toMatchObject({ effectiveAt: MARCH_1 });
    expect(eventsOf(second)).toEqual([
      `subscription.change_scheduled: basic monthly from ${MARCH_1} on, in place of enterprise`,
    ]);
  });

  it('is taken off, once', () => {
    const waiting = decided(schedule(MARCH_1)).subscription;
    const off = decided(decideUnschedule(waiting, day('2026-02-12'))).subscription;
    expect(off.scheduledChange).toBeNull();
    expect(decideUnschedule(off, day('2026-02-12'))).toMatchObject({ code: 'invalid_state' });
  });

  it('within the period is settled like a change on that day', () => {
    const waiting = decided(schedule(day('2026-02-15'))).subscription;
    const decision = carryOut(waiting, RICH);
    expect(linesOf(decision)).toEqual(['proration_credit -499.50', 'proration_charge 2499.50']);
    expect(decision.subscription).toMatchObject({ planCode: 'enterprise', scheduledChange: null });
  });

  it('on a renewal pays the new price and keeps the anchor: no drift from the 31st', () => {
    const before = started({}, day('2026-01-31'));
    const end = before.period.endsAt;
    const request = { target: ENTERPRISE, effectiveAt: end };
    const waiting = decided(decideSchedule(before, request, day('2026-02-10'))).subscription;
    const decision = carryOut(waiting, RICH);
    expect(totalOf(decision)).toBe('4999.00');
    expect(decision.subscription.anchorAt).toBe(day('2026-01-31'));
    expect(decision.subscription.period.endsAt).toBe(day('2026-03-31'));
    expect(eventsOf(decision)).toEqual([
      'subscription.changed: growth monthly becomes enterprise monthly; 4999.00 INR charged',
      'subscription.renewed: period 2 is paid',
    ]);
  });

  it('keeps the price of the day it was scheduled', () => {
    const waiting = decided(schedule(MARCH_1)).subscription;
    expect(waiting.scheduledChange?.target).toMatchObject({
      planVersion: 1,
      price: inr('4999.00'),
    });
  });

  it('that cannot be paid is dropped by default, and the old plan renews', () => {
    const waiting = decided(schedule(MARCH_1)).subscription;
    const decision = carryOut(waiting, fundsOf(999_000_000n));
    expect(eventsOf(decision)).toEqual([
      'subscription.scheduled_change_failed: the wallet does not cover the change to enterprise; growth goes on',
    ]);
    expect(decision.subscription).toMatchObject({ planCode: 'growth', scheduledChange: null });
    expect(decideNextAction(decision.subscription)).toMatchObject({ kind: 'renew', at: MARCH_1 });
  });

  describe('of a plan that wants to be owed', () => {
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, unpaidSchedule: 'owe_new_plan' } as const;
    const wanted = { ...ENTERPRISE, changePolicy };

    it('falls past due on the new plan at the renewal', () => {
      const waiting = decided(schedule(MARCH_1, wanted)).subscription;
      const decision = carryOut(waiting, fundsOf(0n));
      expect(decision.subscription).toMatchObject({
        planCode: 'enterprise',
        status: 'past_due',
        dueSince: MARCH_1,
        anchorAt: FEBRUARY_1,
      });
      expect(decision.events.map(({ type }) => type)).toEqual([
        'subscription.scheduled_change_failed',
        'subscription.past_due',
      ]);
    });

    it('within the period credits what is left of the old plan and owes the new from that day', () => {
      const waiting = decided(schedule(day('2026-02-15'), wanted)).subscription;
      const decision = carryOut(waiting, fundsOf(0n));
      expect(linesOf(decision)).toEqual(['proration_credit -499.50']);
      expect(decision.subscription).toMatchObject({
        status: 'past_due',
        anchorAt: day('2026-02-15'),
        period: { number: -1, endsAt: day('2026-02-15') },
        paid: inr('0.00'),
      });
      const retry = decideNextAction(decision.subscription);
      expect(retry).toMatchObject({ kind: 'retry_payment', at: day('2026-02-16') });
      const paid = decideDue(
        decision.subscription,
        { kind: 'retry_payment', at: day('2026-02-16'), reason: '' },
        RICH,
      );
      expect(paid.sale?.reference).toBe('subscription/sub_00000001/period/2');
      expect(paid.subscription.period).toMatchObject({ number: 0, startsAt: day('2026-02-15') });
    });
  });
});

function carryOut(waiting: Subscription, funds: typeof RICH): SubscriptionDecision {
  const next = decideNextAction(waiting);
  if (next.kind !== 'apply_scheduled_change') throw new Error(`${next.kind} is next`);
  return decideDue(waiting, next, funds);
}
