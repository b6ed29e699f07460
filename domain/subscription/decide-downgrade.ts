/**
 * Owns: what becomes of a suspended subscription whose policy names a free plan: it falls to that plan.
 * Does not own: when (dunning.ts, decide-next.ts), which plan is free (free-plan.ts).
 * Rules: R1.08, R1.14. Nothing is charged or credited: the unpaid period was never served. The free
 * plan's periods are counted from that instant. Without such a plan the subscription ends.
 * Example: Growth, suspended on 8 March, falls to Basic on 7 April: price 0.00, renewals on the 7th.
 */
import type { Instant } from '../instant';
import { reanchor } from './anchor';
import { factsOfPrevious } from './decide-change';
import { decideEnd } from './decide-end';
import type { Funds } from './funds';
import { keepSubscription, type SubscriptionDecision } from './decision';
import type { Subscription } from './subscription';

export function decideDowngrade(
  subscription: Subscription,
  at: Instant,
  { freePlan }: Funds,
): SubscriptionDecision {
  if (freePlan === null || freePlan.price.amountMicros !== 0n) {
    const reason = 'not paid within the time the plan allows, and its free plan is not on sale';
    return decideEnd(subscription, at, reason);
  }
  const { changePolicy: _, ...terms } = freePlan;
  const fallen: Subscription = {
    ...subscription,
    ...terms,
    changesMade: subscription.changesMade + 1,
    scheduledChange: null,
  };
  const reason = `${subscription.planCode} was not paid; it goes on as ${terms.planCode}, which is free`;
  return {
    ...keepSubscription(reanchor(fallen, at), at),
    grantsMonth: 0,
    forfeits: 'all',
    calendarQuotas: 'on',
    events: [{ type: 'subscription.downgraded', reason, data: factsOfPrevious(subscription) }],
  };
}
