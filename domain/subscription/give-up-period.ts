/**
 * Owns: what a paid period that is given up now brings back: by a pause now and by a cancellation now.
 * Does not own: the pause (decide-pause.ts), the end (decide-end.ts), how much it is (credit.ts).
 * Rules: ADR 0034. Both give the same money: who pauses and then cancels gets no more than who cancels. By
 * days, whatever the plan says of changes. What is left of the month's allowances and quotas goes with it.
 * Example: Growth, 999.00 from 1 February, cancelled on 15 February with 9 000 of 10 000 messages left: 499.50
 * come back, and the 9 000 messages are gone.
 */
import { DEFAULT_CHANGE_POLICY } from '../change-policy';
import { buildCredit } from './credit';
import { buildChangeSale } from './change-sale';
import type { SubscriptionDecision, SubscriptionEvent } from './decision';
import type { Funds } from './funds';
import type { Subscription } from './subscription';

const { proration: mode } = DEFAULT_CHANGE_POLICY;

/** The decision that stops service, with what it gives back of the period that `before` had paid. */
export function giveUpPeriod(
  before: Subscription,
  stopped: SubscriptionDecision,
  funds: Funds,
): SubscriptionDecision {
  const { at } = stopped;
  const { line, settled, because } = buildCredit(before, { at, mode, ...funds });
  const subscription = {
    ...stopped.subscription,
    changesMade: stopped.subscription.changesMade + 1,
  };
  const isNothing = line === null || line.amount.amountMicros === 0n;
  return {
    ...stopped,
    subscription,
    sale: isNothing ? null : buildChangeSale(subscription, [line], funds),
    settled,
    // A credit's own line says why it is small; without one nobody else would.
    events: isNothing && because !== null ? explain(stopped.events, because) : stopped.events,
  };
}

function explain(events: readonly SubscriptionEvent[], because: string): SubscriptionEvent[] {
  return events.map((event) => ({
    ...event,
    reason: `${event.reason}; nothing is credited: ${because}`,
  }));
}
