import fc from 'fast-check';
import { formatAmount, parseMoney } from '../../../domain/money';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { noteRefunded } from '../../../domain/subscription/note-refunded';
import { decideResume, decideStart } from '../../../domain/subscription/decide-command';
import { decideDue } from '../../../domain/subscription/decide-due';
import { decidePause, type PauseRequest } from '../../../domain/subscription/decide-pause';
import type { SubscriptionRefusal } from '../../../domain/subscription/refusal';
import { decideNextAction } from '../../../domain/subscription/decide-next';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED } from '../../../domain/tax/taxation';
import { fundsOf, growth } from './subscription-walk';

const RICH = fundsOf(100_000_000_000n);
const POOR = fundsOf(0n);

/** Midnight in Istanbul. */
function day(date: string): string {
  return new Date(`${date}T00:00:00+03:00`).toISOString();
}

function decided(decision: SubscriptionDecision | SubscriptionRefusal): SubscriptionDecision {
  if (decision.kind === 'refused') throw new Error(`${decision.code}: ${decision.message}`);
  return decision;
}

function started(): Subscription {
  return decided(decideStart(growth(), { now: day('2026-02-01'), funds: RICH })).subscription;
}

function pause(
  request: PauseRequest,
  { at = day('2026-02-15'), subscription = started() } = {},
): SubscriptionDecision | SubscriptionRefusal {
  return decidePause(subscription, request, { now: at, funds: RICH });
}

function refundOf(amount: string) {
  return buildTopUpTerms(UNTAXED, parseMoney({ amount, currency: 'INR' }));
}

function eventsOf({ events }: SubscriptionDecision): string[] {
  return events.map(({ type, reason }) => `${type}: ${reason}`);
}

/** What happens next, carried out. */
function carryOut(subscription: Subscription, funds = RICH): SubscriptionDecision {
  const next = decideNextAction(subscription);
  if (!('at' in next)) throw new Error(`${next.kind} is next`);
  return decideDue(subscription, next, funds);
}

describe('a pause now', () => {
  it('credits the unused days, forfeits the month and waits for somebody', () => {
    const decision = decided(pause({ at: 'now', resumesAt: null }));
    expect(decision.sale && formatAmount(decision.sale.total)).toBe('-499.50');
    expect(decision).toMatchObject({ forfeits: 'all', calendarQuotas: 'off' });
    expect(decision.subscription).toMatchObject({
      status: 'paused',
      pausedAt: day('2026-02-15'),
    });
    expect(decideNextAction(decision.subscription)).toEqual({
      kind: 'rest',
      reason: `paused since ${day('2026-02-15')}, until somebody resumes it`,
    });
  });

  it('after a refund credits the days that are left at what the period cost with it', () => {
    const now = day('2026-03-01');
    const march = decided(decideStart(growth(), { now, funds: RICH })).subscription;
    const pausedAfter = (refunded: string) => {
      const { sale, taxation } = refundOf(refunded);
      const moment = { invoicedAt: now, isUndone: false, isSuperseded: false };
      const subscription =
        noteRefunded(march, { sale, taxation, requestedAt: now }, moment) ?? march;
      const asked = pause({ at: 'now', resumesAt: null }, { subscription, at: day('2026-03-11') });
      const { sale: credit } = decided(asked);
      return credit && formatAmount(credit.total);
    };
    // 21 of 31 days of 999.00, of 399.00, of 0.01 and of nothing.
    expect(pausedAfter('0.00')).toBe('-676.74');
    expect(pausedAfter('600.00')).toBe('-270.29');
    expect(pausedAfter('998.99')).toBe('-0.01');
    expect(pausedAfter('999.00')).toBeNull();
  });

  it('and refunds before it never sum to more than was paid', () => {
    const paid = 999_000_000n;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_900 }),
        fc.integer({ min: 1, max: 28 }),
        (paise, on) => {
          const refunded = BigInt(paise) * 10_000n;
          const subscription = {
            ...started(),
            paid: { amountMicros: paid - refunded, currency: 'INR' } as const,
          };
          const at = day(`2026-02-${String(on).padStart(2, '0')}`);
          const { sale } = decided(pause({ at: 'now', resumesAt: null }, { subscription, at }));
          const credited = -(sale?.total.amountMicros ?? 0n);
          expect(credited).toBeGreaterThanOrEqual(0n);
          expect(refunded + credited).toBeLessThanOrEqual(paid);
        },
      ),
    );
  });

  it('withdraws what was planned, and says so', () => {
    const subscription: Subscription = { ...started(), cancelsAtPeriodEnd: true };
    const decision = decided(pause({ at: 'now', resumesAt: null }, { subscription }));
    expect(eventsOf(decision)).toEqual([
      'subscription.paused: paused until somebody resumes it',
      'subscription.cancellation_withdrawn: the cancellation is withdrawn',
    ]);
  });

  it('of one that is not active is refused', () => {
    const subscription: Subscription = { ...started(), status: 'suspended' };
    expect(pause({ at: 'now', resumesAt: null }, { subscription })).toMatchObject({
      code: 'invalid_state',
      message: 'the subscription is suspended; it cannot pause',
    });
  });

  it('that would end before it begins is refused', () => {
    const request = { at: 'period_end', resumesAt: day('2026-03-01') } as const;
    expect(pause(request)).toMatchObject({ code: 'scheduled_in_past' });
  });
});

describe('a pause at the period’s end', () => {
  it('serves what is paid and credits nothing', () => {
    const planned = decided(pause({ at: 'period_end', resumesAt: null }));
    expect(planned.sale).toBeNull();
    expect(decideNextAction(planned.subscription)).toEqual({
      kind: 'pause_at_period_end',
      at: day('2026-03-01'),
      reason: 'to pause at the end of the paid period',
    });
    const paused = carryOut(planned.subscription);
    expect(paused.sale).toBeNull();
    expect(paused.subscription).toMatchObject({ status: 'paused', pausesAtPeriodEnd: false });
  });

  it('is withdrawn by resuming before', () => {
    const planned = decided(pause({ at: 'period_end', resumesAt: null })).subscription;
    const moment = { now: day('2026-02-20'), funds: RICH };
    const resumed = decided(decideResume(planned, moment));
    expect(eventsOf(resumed)).toEqual(['subscription.pause_withdrawn: the pause was withdrawn']);
    expect(decideNextAction(resumed.subscription).kind).toBe('renew');
  });
});

describe('the end of a pause', () => {
  const paused = () => decided(pause({ at: 'now', resumesAt: null })).subscription;

  it('by a person pays a whole period from that day on', () => {
    const moment = { now: day('2026-04-10'), funds: RICH };
    const resumed = decided(decideResume(paused(), moment));
    expect(resumed.sale).toMatchObject({ reference: 'subscription/sub_00000001/period/2' });
    expect(resumed.subscription).toMatchObject({
      status: 'active',
      anchorAt: day('2026-04-10'),
      period: { startsAt: day('2026-04-10'), endsAt: day('2026-05-10') },
      pausedAt: null,
    });
    expect(resumed.grantsMonth).toBe(0);
  });

  it('by a person without the money is refused and stays a pause', () => {
    const moment = { now: day('2026-04-10'), funds: POOR };
    expect(decideResume(paused(), moment)).toMatchObject({
      code: 'insufficient_balance',
      requiredMicros: 999_000_000n,
    });
  });

  it('by itself comes on its day', () => {
    const request = { at: 'now', resumesAt: day('2026-04-01') } as const;
    const waiting = decided(pause(request)).subscription;
    expect(decideNextAction(waiting)).toEqual({
      kind: 'resume_after_pause',
      at: day('2026-04-01'),
      reason: `paused since ${day('2026-02-15')}, for a time`,
    });
    expect(carryOut(waiting).subscription).toMatchObject({
      status: 'active',
      anchorAt: day('2026-04-01'),
    });
  });

  it('R1.08 by itself without the money is past due, and a top-up pays the period that is owed', () => {
    const request = { at: 'now', resumesAt: day('2026-04-01') } as const;
    const waiting = decided(pause(request)).subscription;
    const owing = carryOut(waiting, POOR);
    expect(owing.subscription).toMatchObject({ status: 'past_due', dueSince: day('2026-04-01') });
    const action = { kind: 'retry_after_top_up', at: day('2026-04-03'), reason: '' } as const;
    const paid = decideDue(owing.subscription, action, RICH);
    expect(paid.sale?.reference).toBe('subscription/sub_00000001/period/2');
    expect(paid.subscription.period).toMatchObject({ startsAt: day('2026-04-01') });
  });
});
