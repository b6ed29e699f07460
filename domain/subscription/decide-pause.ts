/**
 * Owns: a subscription's pause: now or at the period's end, for a time or until somebody ends it.
 * Does not own: suspension, which is for those who owe (decide-payment.ts).
 * Rules: ADR 0019. A pause takes nothing that was paid: at the period's end it was used, now what is
 * unused is credited to the wallet (give-up-period.ts). What is left of the month's allowances goes.
 * Resuming starts a new anchor: a whole period is paid and its allowances are granted.
 * Example: Growth from 1 February paused on 15 February: 499.50 come back; resumed on 10 April, 999.00
 * are charged for 10 April to 10 May.
 */
import { isAtOrBefore, type Instant } from '../instant';
import { reanchor, reanchorUnpaid } from './anchor';
import { giveUpPeriod } from './give-up-period';
import { fallBehind } from './decide-payment';
import { withdrawPlans, withoutPlans } from './decide-schedule';
import { covers, type Funds } from './funds';
import { refuseForMoney, refuseForState, type SubscriptionRefusal } from './refusal';
import { buildPeriodSale } from './sale';
import { keepSubscription, type SubscriptionDecision } from './decision';
import type { Subscription } from './subscription';

export interface PauseRequest {
  readonly at: 'now' | 'period_end';
  /** When it goes on by itself; null: when somebody resumes it. */
  readonly resumesAt: Instant | null;
}

/** Pauses now, with the unused days credited, or at the end of the paid period. */
export function decidePause(
  subscription: Subscription,
  { at, resumesAt }: PauseRequest,
  { now, funds }: { readonly now: Instant; readonly funds: Funds },
): SubscriptionDecision | SubscriptionRefusal {
  const { status, period } = subscription;
  if (status !== 'active') return refuseForState(`the subscription is ${status}; it cannot pause`);
  const pausesAt = at === 'now' ? now : period.endsAt;
  if (resumesAt !== null && isAtOrBefore(resumesAt, pausesAt)) {
    const message = `the pause begins at ${pausesAt}; it must end later`;
    return { kind: 'refused', code: 'scheduled_in_past', message };
  }
  const withdrawn = withdrawPlans({ ...subscription, pausesAtPeriodEnd: false });
  const planned: Subscription = { ...withoutPlans(subscription), resumesAt };
  if (at === 'period_end') {
    return {
      ...keepSubscription(subscription, now),
      subscription: { ...planned, pausesAtPeriodEnd: true },
      events: [
        {
          type: 'subscription.pause_scheduled',
          reason: `to pause at ${period.endsAt}`,
          data: { resumes_at: resumesAt },
        },
        ...withdrawn,
      ],
    };
  }
  const stopped = giveUpPeriod(subscription, pause(planned, now), funds);
  return { ...stopped, events: [...stopped.events, ...withdrawn] };
}

/** The pause begins: service stops and nothing is charged. */
export function pause(subscription: Subscription, at: Instant): SubscriptionDecision {
  const until = subscription.resumesAt ?? 'somebody resumes it';
  const told = { resumes_at: subscription.resumesAt };
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...subscription, status: 'paused', pausesAtPeriodEnd: false, pausedAt: at },
    forfeits: 'all',
    calendarQuotas: 'off',
    events: [{ type: 'subscription.paused', reason: `paused until ${until}`, data: told }],
  };
}

/** Somebody ends the pause: a whole period is paid from now on, or the pause stays. */
export function resumeAfterPause(
  subscription: Subscription,
  now: Instant,
  funds: Funds,
): SubscriptionDecision | SubscriptionRefusal {
  const resumed = reanchor({ ...subscription, changesMade: subscription.changesMade + 1 }, now);
  const sale = buildPeriodSale(resumed, resumed.period, funds.taxation);
  if (!covers(funds, sale)) return refuseForMoney(sale);
  return {
    ...keepSubscription(resumed, now),
    sale,
    grantsMonth: 0,
    forfeits: 'all',
    calendarQuotas: 'on',
    events: [{ type: 'subscription.resumed', reason: 'the pause is over; a new period is paid' }],
  };
}

/** The pause ends by itself. What the wallet does not cover is owed from that instant on. */
export function decideEndOfPause(
  subscription: Subscription,
  at: Instant,
  funds: Funds,
): SubscriptionDecision {
  const decision = resumeAfterPause(subscription, at, funds);
  if (decision.kind === 'decided') return decision;
  const owing = reanchorUnpaid({ ...subscription, changesMade: subscription.changesMade + 1 }, at);
  return fallBehind(
    owing,
    { at, funds },
    'the pause is over and the wallet does not cover the next period',
  );
}
