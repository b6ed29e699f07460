/**
 * Owns: what time brings to a subscription: renewal, monthly allowances, retries, suspension, the end.
 * Does not own: which of them is next (subscription.ts) or what a person asks for (decide-command.ts).
 * Rules: R1.08, I9 and the retry ladder of dunning.ts.
 * Example: 999.00 INR is due on 1 March, the wallet holds 120.00: past due; 900.00 come in on 3 March:
 * the period from 1 March is paid on 3 March and the next renewal stays on 1 April.
 */
import { findPeriodAt } from '../billing-period';
import { findNextRetryDay } from '../dunning';
import type { Instant } from '../instant';
import type { DueAction } from '../next-action';
import {
  isCovered,
  keepSubscription,
  periodOf,
  type Subscription,
  type SubscriptionActionKind,
  type SubscriptionDecision,
  type SubscriptionEvent,
} from './subscription';

/** Carries out the action that `decideNextAction` named, at the instant it named. */
export function decideDue(
  subscription: Subscription,
  action: DueAction<SubscriptionActionKind>,
  availableMicros: bigint,
): SubscriptionDecision {
  switch (action.kind) {
    case 'grant_allowances':
      return decideAllowances(subscription, action.at);
    case 'renew':
      return decideRenewal(subscription, action.at, availableMicros);
    case 'retry_payment':
    case 'retry_after_top_up':
      return decideRetry(subscription, action, availableMicros);
    case 'end_at_period_end':
      return decideEnd(subscription, action.at, subscription.cancelReason ?? 'cancelled');
    case 'end_unpaid':
      return decideEnd(subscription, action.at, 'not paid within the time the plan allows');
  }
}

function decideAllowances(subscription: Subscription, at: Instant): SubscriptionDecision {
  const month = subscription.allowanceMonth + 1;
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...subscription, allowanceMonth: month },
    grantsMonth: month,
    calendarQuotas: 'on',
    events: [
      {
        type: 'subscription.allowances_granted',
        reason: `allowances of month ${month + 1} granted`,
      },
    ],
  };
}

function decideRenewal(
  subscription: Subscription,
  at: Instant,
  availableMicros: bigint,
): SubscriptionDecision {
  if (isCovered(subscription, availableMicros)) {
    const period = periodOf(subscription, at);
    return decidePaidPeriod(subscription, at, {
      type: 'subscription.renewed',
      reason: `period ${period.number + 1} is paid`,
    });
  }
  const unpaid: Subscription = { ...subscription, dueSince: at, retriesMade: 0 };
  const hasLadder = findNextRetryDay(subscription.dunning, 0) !== null;
  if (!hasLadder) return decideSuspension(unpaid, at);
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...unpaid, status: 'past_due' },
    events: [
      {
        type: 'subscription.past_due',
        reason: 'the wallet does not cover the renewal; a top-up pays it at once',
      },
    ],
  };
}

function decideRetry(
  subscription: Subscription,
  action: DueAction<SubscriptionActionKind>,
  availableMicros: bigint,
): SubscriptionDecision {
  // Money that is known to have come after this rung cannot have paid for it.
  const isTooEarly = action.kind === 'retry_payment' && subscription.moneyArrivedAt !== null;
  if (!isTooEarly && isCovered(subscription, availableMicros)) {
    return decideResumption(subscription, action.at);
  }
  const retried: SubscriptionEvent = {
    type: 'subscription.payment_retried',
    reason: 'the wallet still does not cover the price',
  };
  // A top-up that is too small uses up no rung of the ladder.
  if (action.kind === 'retry_after_top_up') {
    const tried: Subscription = { ...subscription, moneyArrivedAt: null };
    return { ...keepSubscription(tried, action.at), events: [retried] };
  }
  const counted: Subscription = { ...subscription, retriesMade: subscription.retriesMade + 1 };
  const isLast = findNextRetryDay(counted.dunning, counted.retriesMade) === null;
  if (isLast) return decideSuspension(counted, action.at);
  return { ...keepSubscription(counted, action.at), events: [retried] };
}

/** Pays the period that holds `at` and goes on; earlier unpaid periods are not charged (ADR 0005). */
export function decideResumption(subscription: Subscription, at: Instant): SubscriptionDecision {
  const period = periodOf(subscription, at);
  return decidePaidPeriod(subscription, at, {
    type: 'subscription.resumed',
    reason: `period ${period.number + 1} is paid; service goes on`,
  });
}

function decidePaidPeriod(
  subscription: Subscription,
  at: Instant,
  event: SubscriptionEvent,
): SubscriptionDecision {
  const period = periodOf(subscription, at);
  const { anchorAt, timeZone } = subscription;
  const month = findPeriodAt({ anchorAt, cycle: 'monthly', timeZone }, at)?.number ?? 0;
  return {
    kind: 'decided',
    subscription: {
      ...subscription,
      status: 'active',
      period,
      allowanceMonth: month,
      dueSince: null,
      retriesMade: 0,
      moneyArrivedAt: null,
      suspendedAt: null,
    },
    at,
    charge: { amountMicros: subscription.price.amountMicros, period },
    grantsMonth: month,
    forfeits: 'expired',
    calendarQuotas: 'on',
    events: [event],
  };
}

function decideSuspension(subscription: Subscription, at: Instant): SubscriptionDecision {
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...subscription, status: 'suspended', suspendedAt: at },
    calendarQuotas: 'off',
    events: [
      {
        type: 'subscription.suspended',
        reason: 'not paid after the last retry; a top-up resumes it',
      },
    ],
  };
}

/** Ends it: what is left of its allowances is forfeited. */
export function decideEnd(
  subscription: Subscription,
  at: Instant,
  reason: string,
): SubscriptionDecision {
  return {
    ...keepSubscription(subscription, at),
    subscription: {
      ...subscription,
      status: 'ended',
      endedAt: at,
      endReason: reason,
      moneyArrivedAt: null,
    },
    forfeits: 'all',
    calendarQuotas: 'off',
    events: [{ type: 'subscription.ended', reason }],
  };
}
