/**
 * Owns: what a person, or money coming in, does to a subscription: start, cancel, resume.
 * Does not own: what time brings (decide-due.ts).
 * Rules: R1.09 to R1.13; refused commands change nothing.
 * Example: cancelling at the period's end on 10 March with a period until 1 April serves until
 * 1 April and charges nothing more; resuming on 20 March withdraws that.
 */
import { computePeriod, type BillingCycle } from '../billing-period';
import type { DunningPolicy } from '../dunning';
import { earlierOf, laterOf, type Instant } from '../instant';
import type { Money } from '../money';
import type { Track } from '../plan';
import { decideEnd, decideResumption } from './decide-due';
import {
  isCovered,
  keepSubscription,
  lastTriedAt,
  type Subscription,
  type SubscriptionDecision,
  type SubscriptionRefusal,
} from './subscription';

/** Who asks for what, with the plan's terms already looked up. */
export interface StartTerms {
  readonly id: string;
  readonly accountId: string;
  readonly track: Track;
  readonly planCode: string;
  readonly planVersion: number;
  readonly cycle: BillingCycle;
  readonly price: Money;
  readonly timeZone: string;
  readonly dunning: DunningPolicy;
}

/** Starts a subscription at `now`: the first period is paid from the wallet, or nothing starts. */
export function decideStart(
  terms: StartTerms,
  { now, availableMicros }: { readonly now: Instant; readonly availableMicros: bigint },
): SubscriptionDecision | SubscriptionRefusal {
  if (!isCovered(terms, availableMicros)) return refuseForMoney(terms.price);
  const { cycle, timeZone } = terms;
  const period = computePeriod({ anchorAt: now, cycle, timeZone, number: 0 });
  const subscription: Subscription = {
    ...terms,
    anchorAt: now,
    period,
    allowanceMonth: 0,
    status: 'active',
    cancelsAtPeriodEnd: false,
    cancelReason: null,
    dueSince: null,
    retriesMade: 0,
    moneyArrivedAt: null,
    suspendedAt: null,
    endedAt: null,
    endReason: null,
  };
  return {
    kind: 'decided',
    subscription,
    at: now,
    charge: { amountMicros: terms.price.amountMicros, period },
    grantsMonth: 0,
    forfeits: 'expired',
    calendarQuotas: 'on',
    events: [
      {
        type: 'subscription.started',
        reason: `${terms.planCode} ${cycle} starts, period 1 is paid`,
      },
    ],
  };
}

export interface CancelRequest {
  readonly at: 'now' | 'period_end';
  readonly reason: string;
}

/** Cancels now or at the end of the paid period. An unpaid period gives nothing to wait for. */
export function decideCancel(
  subscription: Subscription,
  request: CancelRequest,
  now: Instant,
): SubscriptionDecision | SubscriptionRefusal {
  if (subscription.status === 'ended') return refuseForState('the subscription has ended');
  if (request.at === 'now' || subscription.status !== 'active') {
    return decideEnd(subscription, now, request.reason);
  }
  return {
    ...keepSubscription(subscription, now),
    subscription: { ...subscription, cancelsAtPeriodEnd: true, cancelReason: request.reason },
    events: [{ type: 'subscription.cancellation_scheduled', reason: request.reason }],
  };
}

/** Withdraws a pending cancellation, or pays what is owed now and goes on. */
export function decideResume(
  subscription: Subscription,
  { now, availableMicros }: { readonly now: Instant; readonly availableMicros: bigint },
): SubscriptionDecision | SubscriptionRefusal {
  switch (subscription.status) {
    case 'ended':
      return refuseForState('the subscription has ended; start a new one');
    case 'active':
      if (!subscription.cancelsAtPeriodEnd) {
        return refuseForState('the subscription is active; there is nothing to resume');
      }
      return {
        ...keepSubscription(subscription, now),
        subscription: { ...subscription, cancelsAtPeriodEnd: false, cancelReason: null },
        events: [
          { type: 'subscription.cancellation_withdrawn', reason: 'the cancellation was withdrawn' },
        ],
      };
    case 'past_due':
    case 'suspended':
      if (!isCovered(subscription, availableMicros)) return refuseForMoney(subscription.price);
      return decideResumption(subscription, now);
  }
}

/**
 * Notes that money came in. Only who owes a payment is woken; the earliest unserved arrival counts.
 * A payment may be recorded after a renewal it came before: it pays what is owed now, from then on.
 */
export function noteMoneyArrived(subscription: Subscription, at: Instant): Subscription | null {
  const owes = subscription.status === 'past_due' || subscription.status === 'suspended';
  if (!owes) return null;
  const arrivedAt = laterOf(at, lastTriedAt(subscription));
  return {
    ...subscription,
    moneyArrivedAt: earlierOf(subscription.moneyArrivedAt ?? arrivedAt, arrivedAt),
  };
}

function refuseForMoney(price: Money): SubscriptionRefusal {
  return {
    kind: 'refused',
    code: 'insufficient_balance',
    message: 'the wallet does not cover the price',
    requiredMicros: price.amountMicros,
  };
}

function refuseForState(message: string): SubscriptionRefusal {
  return { kind: 'refused', code: 'invalid_state', message };
}
