import type { DueAction } from '../../../domain/next-action';
import { DEFAULT_DUNNING_POLICY } from '../../../domain/dunning';
import { decideDue } from '../../../domain/subscription/decide-due';
import type { SubscriptionActionKind } from '../../../domain/subscription/decide-next';
import { fundsOf, growth, inr, RETRY_SCHEDULE, paidPeriodOf, startWalk } from './subscription-walk';

const JANUARY_31 = '2026-01-31T07:00:00.000Z';
const FEBRUARY_28 = '2026-02-28T07:00:00.000Z';

describe('renewal', () => {
  it('R1.08 falls on the last day of a short month and goes back to the 31st', () => {
    const walk = startWalk(growth(), JANUARY_31, '10000.00').advanceTo('2026-05-31T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-01-31T07:00:00.000Z start 999.00 month 1 active',
      '2026-02-28T07:00:00.000Z renew 999.00 month 2 active',
      '2026-03-31T07:00:00.000Z renew 999.00 month 3 active',
      '2026-04-30T07:00:00.000Z renew 999.00 month 4 active',
      '2026-05-31T07:00:00.000Z renew 999.00 month 5 active',
    ]);
    expect(walk.wallet()).toBe('5005.00');
  });

  it('keeps the local date of the account although it is another date in UTC', () => {
    // 31 January, 00:30 in Istanbul.
    const walk = startWalk(growth(), '2026-01-30T21:30:00.000Z', '5000.00');
    walk.advanceTo('2026-03-31T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-01-30T21:30:00.000Z start 999.00 month 1 active',
      '2026-02-27T21:30:00.000Z renew 999.00 month 2 active',
      '2026-03-30T21:30:00.000Z renew 999.00 month 3 active',
    ]);
  });

  it('keeps the local time of day of the account over a change of clocks', () => {
    // 10:00 in New York is 15:00Z in winter and 14:00Z from 8 March 2026 on.
    const walk = startWalk(
      growth({ timeZone: 'America/New_York' }),
      '2026-01-15T15:00:00.000Z',
      '5000.00',
    );
    walk.advanceTo('2026-04-01T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-01-15T15:00:00.000Z start 999.00 month 1 active',
      '2026-02-15T15:00:00.000Z renew 999.00 month 2 active',
      '2026-03-15T14:00:00.000Z renew 999.00 month 3 active',
    ]);
  });

  it('takes the whole price and not a paisa more', () => {
    const walk = startWalk(growth(), JANUARY_31, '1998.00').advanceTo(FEBRUARY_28);
    expect(walk.wallet()).toBe('0.00');
    expect(walk.subscription().status).toBe('active');
  });

  it('R1.08 one paisa short takes nothing and is past due', () => {
    const walk = startWalk(growth(), JANUARY_31, '1997.99').advanceTo(FEBRUARY_28);
    expect(walk.story()).toEqual([
      '2026-01-31T07:00:00.000Z start 999.00 month 1 active',
      '2026-02-28T07:00:00.000Z renew past_due',
    ]);
    expect(walk.wallet()).toBe('998.99');
    expect(walk.next()).toEqual({
      kind: 'retry_payment',
      at: '2026-03-01T07:00:00.000Z',
      reason: 'unpaid since 2026-02-28T07:00:00.000Z; retry 1 of 4',
    });
  });

  it('leaves the last paid period in place while the new one is unpaid', () => {
    const walk = startWalk(growth(), JANUARY_31, '999.00').advanceTo(FEBRUARY_28);
    expect(walk.subscription().period).toEqual({
      number: 0,
      startsAt: '2026-01-31T07:00:00.000Z',
      endsAt: '2026-02-28T07:00:00.000Z',
    });
    expect(walk.subscription().dueSince).toBe('2026-02-28T07:00:00.000Z');
  });

  it('charges each of three renewals once when the worker was away for three months', () => {
    const walk = startWalk(growth(), JANUARY_31, '10000.00');
    walk.story();
    walk.advanceTo('2026-05-02T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-28T07:00:00.000Z renew 999.00 month 2 active',
      '2026-03-31T07:00:00.000Z renew 999.00 month 3 active',
      '2026-04-30T07:00:00.000Z renew 999.00 month 4 active',
    ]);
    expect(walk.steps.map(({ decision }) => paidPeriodOf(decision))).toEqual([0, 1, 2, 3]);
    expect(walk.wallet()).toBe('6004.00');
  });

  it('goes past due at the first of three late renewals the wallet does not cover', () => {
    const walk = startWalk(growth(), JANUARY_31, '2500.00');
    walk.story();
    walk.advanceTo('2026-04-07T06:59:59.999Z');
    expect(walk.story()).toEqual([
      '2026-02-28T07:00:00.000Z renew 999.00 month 2 active',
      '2026-03-31T07:00:00.000Z renew past_due',
      '2026-04-01T07:00:00.000Z retry_payment past_due',
      '2026-04-03T07:00:00.000Z retry_payment past_due',
      '2026-04-05T07:00:00.000Z retry_payment past_due',
    ]);
    expect(walk.wallet()).toBe('502.00');
  });

  it('tells what happened in words: started, renewed, which period is paid', () => {
    const walk = startWalk(growth(), JANUARY_31, '5000.00').advanceTo(FEBRUARY_28);
    expect(walk.steps.flatMap(({ decision }) => decision.events)).toEqual([
      { type: 'subscription.started', reason: 'growth monthly starts, period 1 is paid' },
      { type: 'subscription.renewed', reason: 'period 2 is paid' },
    ]);
  });
});

describe('longer cycles', () => {
  it('R1.11 a quarterly plan is charged each quarter and grants allowances each month', () => {
    const walk = startWalk(
      growth({ cycle: 'quarterly', price: inr('2697.00') }),
      '2025-11-30T07:00:00.000Z',
      '10000.00',
    );
    walk.advanceTo('2026-05-30T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2025-11-30T07:00:00.000Z start 2697.00 month 1 active',
      '2025-12-30T07:00:00.000Z grant_allowances month 2 active',
      '2026-01-30T07:00:00.000Z grant_allowances month 3 active',
      '2026-02-28T07:00:00.000Z renew 2697.00 month 4 active',
      '2026-03-30T07:00:00.000Z grant_allowances month 5 active',
      '2026-04-30T07:00:00.000Z grant_allowances month 6 active',
      '2026-05-30T07:00:00.000Z renew 2697.00 month 7 active',
    ]);
    expect(walk.wallet()).toBe('1909.00');
  });

  it('R1.11 a yearly plan is charged once and grants the allowances of twelve months', () => {
    const walk = startWalk(
      growth({ cycle: 'yearly', price: inr('9990.00') }),
      '2028-02-29T07:00:00.000Z',
      '20000.00',
    );
    walk.advanceTo('2029-02-28T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2028-02-29T07:00:00.000Z start 9990.00 month 1 active',
      '2028-03-29T07:00:00.000Z grant_allowances month 2 active',
      '2028-04-29T07:00:00.000Z grant_allowances month 3 active',
      '2028-05-29T07:00:00.000Z grant_allowances month 4 active',
      '2028-06-29T07:00:00.000Z grant_allowances month 5 active',
      '2028-07-29T07:00:00.000Z grant_allowances month 6 active',
      '2028-08-29T07:00:00.000Z grant_allowances month 7 active',
      '2028-09-29T07:00:00.000Z grant_allowances month 8 active',
      '2028-10-29T07:00:00.000Z grant_allowances month 9 active',
      '2028-11-29T07:00:00.000Z grant_allowances month 10 active',
      '2028-12-29T07:00:00.000Z grant_allowances month 11 active',
      '2029-01-29T07:00:00.000Z grant_allowances month 12 active',
      '2029-02-28T07:00:00.000Z renew 9990.00 month 13 active',
    ]);
    expect(walk.wallet()).toBe('20.00');
  });

  it('goes on granting months after a cancellation for the end of the year', () => {
    const walk = startWalk(
      growth({ cycle: 'quarterly', price: inr('2697.00') }),
      '2026-01-01T07:00:00.000Z',
      '10000.00',
    );
    expect(
      walk.cancel({ at: 'period_end', reason: 'moved' }, '2026-01-10T00:00:00.000Z'),
    ).toBeNull();
    walk.story();
    walk.advanceTo('2027-01-01T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-01T07:00:00.000Z grant_allowances month 2 active',
      '2026-03-01T07:00:00.000Z grant_allowances month 3 active',
      '2026-04-01T07:00:00.000Z end_at_period_end ended',
    ]);
    expect(walk.wallet()).toBe('7303.00');
  });
});

describe('a free plan', () => {
  const free = growth({ planCode: 'basic', price: inr('0.00') });

  it('R1.14 starts and renews with an empty wallet', () => {
    const walk = startWalk(free, JANUARY_31, '0.00').advanceTo('2026-03-31T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-01-31T07:00:00.000Z start 0.00 month 1 active',
      '2026-02-28T07:00:00.000Z renew 0.00 month 2 active',
      '2026-03-31T07:00:00.000Z renew 0.00 month 3 active',
    ]);
    expect(walk.wallet()).toBe('0.00');
  });

  it('R1.14 renews although the wallet is overdrawn: it owes nothing itself', () => {
    const walk = startWalk(free, JANUARY_31, '0.00').changeWallet('-12.50').advanceTo(FEBRUARY_28);
    expect(walk.story()).toEqual([
      '2026-01-31T07:00:00.000Z start 0.00 month 1 active',
      '2026-02-28T07:00:00.000Z renew 0.00 month 2 active',
    ]);
    expect(walk.wallet()).toBe('-12.50');
  });

  it('R1.14 starts although the wallet is overdrawn', () => {
    expect(startWalk(free, JANUARY_31, '-12.50').story()).toEqual([
      '2026-01-31T07:00:00.000Z start 0.00 month 1 active',
    ]);
  });
});

describe('the retry schedule', () => {
  it('R1.08 tries again after 1, 3, 5 and 7 days, then suspends, and ends 30 days later', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '1119.00');
    walk.advanceTo('2027-02-01T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-01T07:00:00.000Z start 999.00 month 1 active',
      '2026-03-01T07:00:00.000Z renew past_due',
      '2026-03-02T07:00:00.000Z retry_payment past_due',
      '2026-03-04T07:00:00.000Z retry_payment past_due',
      '2026-03-06T07:00:00.000Z retry_payment past_due',
      '2026-03-08T07:00:00.000Z retry_payment suspended',
      '2026-04-07T07:00:00.000Z end_unpaid ended',
    ]);
    expect(walk.wallet()).toBe('120.00');
    expect(walk.next()).toEqual({ kind: 'end', reason: 'the subscription ended' });
    expect(walk.subscription().endReason).toBe('not paid within the time the plan allows');
  });

  it('shows each rung before it comes', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    const shown = [
      '2026-03-01T07:00:00.000Z',
      '2026-03-02T07:00:00.000Z',
      '2026-03-06T07:00:00.000Z',
      '2026-03-08T07:00:00.000Z',
    ].map((at) => walk.advanceTo(at).next());
    expect(shown).toEqual([
      {
        kind: 'retry_payment',
        at: '2026-03-02T07:00:00.000Z',
        reason: 'unpaid since 2026-03-01T07:00:00.000Z; retry 1 of 4',
      },
      {
        kind: 'retry_payment',
        at: '2026-03-04T07:00:00.000Z',
        reason: 'unpaid since 2026-03-01T07:00:00.000Z; retry 2 of 4',
      },
      {
        kind: 'retry_payment',
        at: '2026-03-08T07:00:00.000Z',
        reason: 'unpaid since 2026-03-01T07:00:00.000Z; retry 4 of 4',
      },
      {
        kind: 'end_unpaid',
        at: '2026-04-07T07:00:00.000Z',
        reason: 'suspended since 2026-03-08T07:00:00.000Z; a top-up before then resumes it',
      },
    ]);
  });

  it('a rung pays with money nobody told it of, and the next renewal keeps its day', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-04T07:00:00.000Z').changeWallet('2000.00');
    walk.story();
    walk.advanceTo('2026-04-01T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-06T07:00:00.000Z retry_payment 999.00 month 2 active',
      '2026-04-01T07:00:00.000Z renew 999.00 month 3 active',
    ]);
  });

  it('counts its days on the wall of the account, over a change of clocks', () => {
    const walk = startWalk(
      growth({ timeZone: 'America/New_York' }),
      '2026-02-07T15:00:00.000Z',
      '999.00',
    );
    walk.advanceTo('2026-03-08T14:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-07T15:00:00.000Z start 999.00 month 1 active',
      '2026-03-07T15:00:00.000Z renew past_due',
      '2026-03-08T14:00:00.000Z retry_payment past_due',
    ]);
  });

  it('an empty retry schedule suspends on the due date', () => {
    const dunning = { ...RETRY_SCHEDULE, retryAfterDays: [] };
    const walk = startWalk(growth({ dunning }), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-12-01T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-01T07:00:00.000Z start 999.00 month 1 active',
      '2026-03-01T07:00:00.000Z renew suspended',
      '2026-03-31T07:00:00.000Z end_unpaid ended',
    ]);
  });

  it('a policy that keeps it leaves it suspended for ever, and money still resumes it', () => {
    const dunning = { ...RETRY_SCHEDULE, retryAfterDays: [], final: 'keep' } as const;
    const walk = startWalk(growth({ dunning }), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2029-02-10T00:00:00.000Z');
    expect(walk.next()).toEqual({
      kind: 'rest',
      reason: 'suspended until money comes in; kept by the plan’s policy',
    });
    walk.story();
    walk.topUp('1000.00', '2029-02-10T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2029-02-10T00:00:00.000Z retry_after_top_up 999.00 month 37 active',
    ]);
    expect(walk.next()).toMatchObject({ kind: 'renew', at: '2029-03-01T07:00:00.000Z' });
  });

  it('an end after zero days comes with the suspension', () => {
    const dunning = { ...RETRY_SCHEDULE, retryAfterDays: [2], endsAfterDays: 0 };
    const walk = startWalk(growth({ dunning }), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-03T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-01T07:00:00.000Z start 999.00 month 1 active',
      '2026-03-01T07:00:00.000Z renew past_due',
      '2026-03-03T07:00:00.000Z retry_payment suspended',
      '2026-03-03T07:00:00.000Z end_unpaid ended',
    ]);
  });

  it('is the usual one unless a plan says otherwise: 1, 3, 5, 7 days, then 30 days to the end', () => {
    expect(DEFAULT_DUNNING_POLICY).toMatchObject({
      retryAfterDays: [1, 3, 5, 7],
      final: 'end',
      endsAfterDays: 30,
    });
  });
});

describe('a top-up while a payment is owed', () => {
  it('R1.08 resumes a past due subscription at once, and the renewal keeps its day', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '1119.00');
    walk.advanceTo('2026-03-03T00:00:00.000Z');
    walk.story();
    walk.topUp('900.00', '2026-03-03T09:41:00.000Z').advanceTo('2026-04-01T06:59:59.999Z');
    expect(walk.story()).toEqual([
      '2026-03-03T09:41:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
    expect(walk.wallet()).toBe('21.00');
    expect(walk.next()).toEqual({
      kind: 'renew',
      at: '2026-04-01T07:00:00.000Z',
      reason: 'period 3 begins',
    });
  });

  it('R1.08 that is too small is tried, says so, and uses up no attempt', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-02T07:00:00.000Z');
    walk.story();
    walk.topUp('500.00', '2026-03-02T12:00:00.000Z');
    expect(walk.story()).toEqual(['2026-03-02T12:00:00.000Z retry_after_top_up past_due']);
    expect(walk.steps.at(-1)?.decision.events).toEqual([
      {
        type: 'subscription.payment_retried',
        reason: 'the wallet still does not cover the price',
      },
    ]);
    expect(walk.next()).toEqual({
      kind: 'retry_payment',
      at: '2026-03-04T07:00:00.000Z',
      reason: 'unpaid since 2026-03-01T07:00:00.000Z; retry 2 of 4',
    });
    walk.topUp('499.00', '2026-03-03T12:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-03T12:00:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
    expect(walk.wallet()).toBe('0.00');
  });

  it('R1.08 resumes a suspended subscription in the period it is suspended in', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-09T00:00:00.000Z');
    walk.story();
    walk.topUp('1000.00', '2026-03-20T10:00:00.000Z').advanceTo('2026-03-31T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-20T10:00:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
    expect(walk.subscription()).toMatchObject({
      period: {
        number: 1,
        startsAt: '2026-03-01T07:00:00.000Z',
        endsAt: '2026-04-01T07:00:00.000Z',
      },
      dueSince: null,
      suspendedAt: null,
      retriesMade: 0,
      moneyArrivedAt: null,
    });
  });

  it('R1.08 in a later period pays only that one; the anchor stays', () => {
    // Anchor 31 January 10:00 in Istanbul; unpaid from 28 February, suspended on 7 March.
    const walk = startWalk(growth(), JANUARY_31, '999.00');
    walk.advanceTo('2026-03-08T00:00:00.000Z');
    walk.story();
    walk.topUp('3000.00', '2026-04-02T08:00:00.000Z').advanceTo('2026-05-31T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-04-02T08:00:00.000Z retry_after_top_up 999.00 month 3 active',
      '2026-04-30T07:00:00.000Z renew 999.00 month 4 active',
      '2026-05-31T07:00:00.000Z renew 999.00 month 5 active',
    ]);
    expect(walk.steps.map(({ decision }) => paidPeriodOf(decision))).toEqual([
      0, // January
      null, // the renewal of 28 February and its four retries
      null,
      null,
      null,
      null,
      2, // 31 March to 30 April: February's period is never charged
      3,
      4,
    ]);
    expect(walk.subscription().anchorAt).toBe('2026-01-31T07:00:00.000Z');
  });

  it('finds its month of the year when a yearly plan is resumed late', () => {
    const dunning = { ...RETRY_SCHEDULE, final: 'keep' } as const;
    const walk = startWalk(
      growth({ cycle: 'yearly', price: inr('9990.00'), dunning }),
      JANUARY_31,
      '9990.00',
    );
    walk.advanceTo('2027-04-15T00:00:00.000Z');
    walk.story();
    walk.topUp('10000.00', '2027-04-15T00:00:00.000Z').advanceTo('2027-04-30T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2027-04-15T00:00:00.000Z retry_after_top_up 9990.00 month 15 active',
      '2027-04-30T07:00:00.000Z grant_allowances month 16 active',
    ]);
    expect(walk.subscription().period).toEqual({
      number: 1,
      startsAt: '2027-01-31T07:00:00.000Z',
      endsAt: '2028-01-31T07:00:00.000Z',
    });
  });

  it('on the very day of the end comes first and resumes', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-04-07T06:59:59.999Z');
    walk.story();
    walk.topUpUnseen('1000.00', '2026-04-07T07:00:00.000Z').advanceTo('2026-04-07T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-04-07T07:00:00.000Z retry_after_top_up 999.00 month 3 active',
    ]);
  });

  it('of a moment before the renewal pays the new period, never the old one again', () => {
    // The renewal failed at 07:00; the payment of 06:59:59 was recorded after it.
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-01T07:00:00.000Z');
    walk.story();
    walk.topUpUnseen('1000.00', '2026-03-01T06:59:59.000Z').advanceTo('2026-03-01T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-01T07:00:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
    expect(walk.subscription().period.number).toBe(1);
  });

  it('of a moment before the suspension resumes it, no earlier than it was suspended', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-08T07:00:00.000Z');
    walk.story();
    walk.topUpUnseen('1000.00', '2026-03-08T06:59:00.000Z').advanceTo('2026-03-08T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-08T07:00:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
  });

  it('recorded while the worker slept lets the rungs before it be tried first', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-01T07:00:00.000Z').topUpUnseen('500.00', '2026-03-05T00:00:00.000Z');
    walk.story();
    walk.advanceTo('2026-03-07T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-02T07:00:00.000Z retry_payment past_due',
      '2026-03-04T07:00:00.000Z retry_payment past_due',
      '2026-03-05T00:00:00.000Z retry_after_top_up past_due',
      '2026-03-06T07:00:00.000Z retry_payment past_due',
    ]);
  });

  it('recorded while the worker slept pays when it came, not at a rung before it', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-01T07:00:00.000Z').topUpUnseen('999.00', '2026-03-05T00:00:00.000Z');
    walk.story();
    walk.advanceTo('2026-03-07T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-02T07:00:00.000Z retry_payment past_due',
      '2026-03-04T07:00:00.000Z retry_payment past_due',
      '2026-03-05T00:00:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
  });

  it('that came after the end does not undo it because the worker slept; it stays in the wallet', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-08T07:00:00.000Z').topUpUnseen('999.00', '2026-04-08T00:00:00.000Z');
    walk.story();
    walk.advanceTo('2026-04-09T00:00:00.000Z');
    expect(walk.story()).toEqual(['2026-04-07T07:00:00.000Z end_unpaid ended']);
    expect(walk.subscription().moneyArrivedAt).toBeNull();
    expect(walk.wallet()).toBe('999.00');
  });

  it.each([
    ['2026-03-01T08:00:00.000Z', '2026-03-01T09:00:00.000Z'],
    ['2026-03-01T09:00:00.000Z', '2026-03-01T08:00:00.000Z'],
  ])('counts from the earliest of two that came while the worker slept', (first, second) => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-01T07:00:00.000Z');
    walk.topUpUnseen('600.00', first).topUpUnseen('600.00', second);
    walk.story();
    walk.advanceTo('2026-03-01T10:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-03-01T08:00:00.000Z retry_after_top_up 999.00 month 2 active',
    ]);
    expect(walk.wallet()).toBe('201.00');
  });

  it('changes nothing for a subscription that owes nothing or has ended', () => {
    const walk = startWalk(growth(), JANUARY_31, '999.00');
    const before = walk.next();
    walk.topUp('5000.00', '2026-02-10T00:00:00.000Z');
    expect(walk.next()).toEqual(before);
    walk.cancel({ at: 'now', reason: 'moved' }, '2026-02-11T00:00:00.000Z');
    walk.story();
    walk.topUp('5000.00', '2026-02-12T00:00:00.000Z');
    expect(walk.story()).toEqual([]);
    expect(walk.next()).toEqual({ kind: 'end', reason: 'the subscription ended' });
  });
});

describe('what is left of allowances and calendar quotas', () => {
  const quotas = (walk: ReturnType<typeof startWalk>): string[] =>
    walk.steps.map(
      ({ did, decision }) =>
        `${did}: quotas ${decision.calendarQuotas}, forfeits ${decision.forfeits}`,
    );

  it('quotas start with the subscription, stop with its suspension, come back with the money', () => {
    const dunning = { ...RETRY_SCHEDULE, retryAfterDays: [1] };
    const walk = startWalk(growth({ dunning }), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-05T00:00:00.000Z').topUp('1998.00', '2026-03-05T00:00:00.000Z');
    walk.advanceTo('2026-04-01T07:00:00.000Z');
    walk.cancel({ at: 'now', reason: 'moved' }, '2026-04-02T00:00:00.000Z');
    expect(quotas(walk)).toEqual([
      'start: quotas on, forfeits expired',
      'renew: quotas unchanged, forfeits expired',
      'retry_payment: quotas off, forfeits expired',
      'retry_after_top_up: quotas on, forfeits expired',
      'renew: quotas on, forfeits expired',
      'cancel: quotas off, forfeits all',
    ]);
  });

  it('quotas stay as they are while past due, and each grant says them again', () => {
    const walk = startWalk(growth(), '2026-02-01T07:00:00.000Z', '999.00');
    walk.advanceTo('2026-03-01T07:00:00.000Z').topUp('999.00', '2026-03-01T08:00:00.000Z');
    expect(quotas(walk)).toEqual([
      'start: quotas on, forfeits expired',
      'renew: quotas unchanged, forfeits expired',
      'retry_after_top_up: quotas on, forfeits expired',
    ]);
  });
});

describe('the worked example of the document', () => {
  it('R1.08 goes from a start over a dry wallet to a late resumption and an end', () => {
    // 10:00 in Mumbai is 04:30Z.
    const office = growth({ timeZone: 'Asia/Kolkata' });
    const walk = startWalk(office, '2026-01-31T04:30:00.000Z', '3000.00');
    const told: string[] = [];
    const tell = (): void => void told.push(...walk.story(), `wallet ${walk.wallet()}`);
    walk.advanceTo('2026-05-02T09:49:59.000Z');
    tell();
    walk.topUp('500.00', '2026-05-02T09:50:00.000Z').advanceTo('2026-06-01T00:00:00.000Z');
    tell();
    walk.topUp('1000.00', '2026-06-02T03:30:00.000Z').advanceTo('2026-06-30T04:30:00.000Z');
    tell();
    walk.cancel({ at: 'period_end', reason: 'closing' }, '2026-06-30T12:00:00.000Z');
    tell();
    expect(told).toEqual([
      '2026-01-31T04:30:00.000Z start 999.00 month 1 active',
      '2026-02-28T04:30:00.000Z renew 999.00 month 2 active',
      '2026-03-31T04:30:00.000Z renew 999.00 month 3 active',
      '2026-04-30T04:30:00.000Z renew past_due',
      '2026-05-01T04:30:00.000Z retry_payment past_due',
      'wallet 3.00',
      '2026-05-02T09:50:00.000Z retry_after_top_up past_due',
      '2026-05-03T04:30:00.000Z retry_payment past_due',
      '2026-05-05T04:30:00.000Z retry_payment past_due',
      '2026-05-07T04:30:00.000Z retry_payment suspended',
      'wallet 503.00',
      '2026-06-02T03:30:00.000Z retry_after_top_up 999.00 month 5 active',
      '2026-06-30T04:30:00.000Z renew past_due',
      'wallet 504.00',
      '2026-06-30T12:00:00.000Z cancel ended',
      'wallet 504.00',
    ]);
  });
});

describe('a decision about the same action', () => {
  it('is the same twice: the decision is a value and changes nothing', () => {
    const walk = startWalk(growth(), JANUARY_31, '5000.00');
    const subscription = Object.freeze({ ...walk.subscription() });
    const action: DueAction<SubscriptionActionKind> = {
      kind: 'renew',
      at: FEBRUARY_28,
      reason: 'period 2 begins',
    };
    const first = decideDue(subscription, action, fundsOf(999_000_000n));
    expect(decideDue(subscription, action, fundsOf(999_000_000n))).toEqual(first);
    expect(walk.subscription()).toEqual(subscription);
  });

  it('never pays a period twice: a retry inside the paid period is a broken invariant', () => {
    const walk = startWalk(growth(), JANUARY_31, '999.00').advanceTo(FEBRUARY_28);
    const action: DueAction<SubscriptionActionKind> = {
      kind: 'retry_after_top_up',
      at: '2026-02-28T06:59:59.000Z',
      reason: 'a clock that ran behind',
    };
    expect(() => decideDue(walk.subscription(), action, fundsOf(999_000_000n))).toThrow(
      'a period is never paid twice',
    );
  });
});
