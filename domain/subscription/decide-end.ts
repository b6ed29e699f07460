/**
 * Owns: a subscription's end, whoever or whatever brings it.
 * Does not own: when that is (decide-command.ts, decide-due.ts), what it gives back (give-up-period.ts).
 * Rules: R1.08; what is left of its allowances is forfeited.
 * Example: cancelled now on 10 March: ended on 10 March, its 400 messages that were left are gone.
 */
import type { Instant } from '../instant';
import { keepSubscription, type SubscriptionDecision } from './decision';
import type { Subscription } from './subscription';

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
      scheduledChange: null,
      pausesAtPeriodEnd: false,
      resumesAt: null,
    },
    forfeits: 'all',
    calendarQuotas: 'off',
    events: [{ type: 'subscription.ended', reason }],
  };
}
