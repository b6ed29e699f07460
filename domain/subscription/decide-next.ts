/**
 * Owns: what happens next to a subscription, when and why.
 * Does not own: doing it (decide-due.ts), waiting for it (workflows/).
 * Rules: of two actions the earlier one comes first, so that what becomes of a subscription never
 * depends on when somebody looked; at one instant a scheduled change comes before all others.
 * Example: active until 1 March: `renew` on 1 March; cancelled for then: `end_at_period_end`.
 */
import { addCalendarDays } from '../calendar';
import { findNextRetryDay } from '../dunning';
import { earlierOf, isAtOrBefore, isBefore } from '../instant';
import { invariant } from '../invariant';
import { isDueAction, type DueAction, type NextAction } from '../next-action';
import { nextReminder, nextOfCharge, type CollectionActionKind } from '../collection/collection';
import { monthOfAnchor, owesPayment, type Subscription } from './subscription';

export type SubscriptionActionKind =
  | 'renew'
  | 'grant_allowances'
  | 'apply_scheduled_change'
  | 'end_at_period_end'
  | 'pause_at_period_end'
  | 'resume_after_pause'
  | 'retry_payment'
  | 'retry_after_top_up'
  | 'remind'
  | CollectionActionKind
  | 'downgrade'
  | 'end_unpaid';

/**
 * What happens next, when and why. Carries its own instant, so it needs no clock. The reason is shown
 * in the Temporal UI: it never holds a customer's own words.
 */
export function decideNextAction(subscription: Subscription): NextAction<SubscriptionActionKind> {
  const charge = nextOfCharge(subscription.collection, { owes: owesPayment(subscription) });
  switch (subscription.status) {
    case 'active':
      return earlierAction(charge, decideNextWhileActive(subscription));
    case 'past_due':
    case 'suspended':
      // While a charge is under way the retry schedule waits for it: nobody is charged twice at once.
      return decideNextWhileUnpaid(subscription, charge ?? decideNextRetry(subscription));
    case 'paused':
      return earlierAction(charge, decideNextWhilePaused(subscription));
    case 'ended':
      return charge ?? { kind: 'end', reason: 'the subscription ended' };
  }
}

type Next = NextAction<SubscriptionActionKind>;

/** The first one, unless the other is due earlier. */
function earlierAction(first: DueAction<SubscriptionActionKind> | null, other: Next): Next {
  if (first === null) return other;
  return isDueAction(other) && isBefore(other.at, first.at) ? other : first;
}

function decideNextWhileActive(subscription: Subscription): Next {
  return earlierAction(remindOfRenewal(subscription), decideNextOfPeriod(subscription));
}

function remindOfRenewal(subscription: Subscription): DueAction<SubscriptionActionKind> | null {
  const { cancelsAtPeriodEnd, pausesAtPeriodEnd, price, period, dunning, collection } =
    subscription;
  const renews = !cancelsAtPeriodEnd && !pausesAtPeriodEnd && price.amountMicros > 0n;
  const daysBefore = dunning.noticeDaysBefore;
  // Where no method pays, no notice of its charge is needed.
  const leadHours = dunning.collection === 'wallet_only' ? 0 : collection.leadHours;
  const reminded = { ...subscription, daysBefore, collection: { ...collection, leadHours } };
  const at = renews ? nextReminder(reminded) : null;
  if (at === null) return null;
  const reason = `to tell who pays when the balance does not cover the renewal on ${period.endsAt}`;
  return { kind: 'remind', at, reason };
}

function decideNextOfPeriod(subscription: Subscription): DueAction<SubscriptionActionKind> {
  const nextMonth = monthOfAnchor(subscription, subscription.allowanceMonth + 1);
  const { period, scheduledChange } = subscription;
  const withinPeriod = earlierOf(nextMonth.startsAt, period.endsAt);
  // At one instant the change comes first: what is granted or renewed then is the new plan's.
  if (scheduledChange !== null && isAtOrBefore(scheduledChange.effectiveAt, withinPeriod)) {
    const { effectiveAt, scheduledAt, target } = scheduledChange;
    return {
      kind: 'apply_scheduled_change',
      at: effectiveAt,
      reason: `${target.planCode} ${target.cycle} begins, as scheduled on ${scheduledAt}`,
    };
  }
  if (isBefore(nextMonth.startsAt, period.endsAt)) {
    const month = subscription.allowanceMonth + 2;
    return {
      kind: 'grant_allowances',
      at: nextMonth.startsAt,
      reason: `month ${month} of the ${subscription.cycle} plan begins`,
    };
  }
  return decideNextAtPeriodEnd(subscription);
}

function decideNextAtPeriodEnd(subscription: Subscription): DueAction<SubscriptionActionKind> {
  const { period, periodsBefore, cancelsAtPeriodEnd, pausesAtPeriodEnd } = subscription;
  const at = period.endsAt;
  if (cancelsAtPeriodEnd) {
    return { kind: 'end_at_period_end', at, reason: 'cancelled for the end of the paid period' };
  }
  if (pausesAtPeriodEnd) {
    return { kind: 'pause_at_period_end', at, reason: 'to pause at the end of the paid period' };
  }
  return { kind: 'renew', at, reason: `period ${periodsBefore + period.number + 2} begins` };
}

function decideNextWhilePaused({
  pausedAt,
  resumesAt,
}: Subscription): NextAction<SubscriptionActionKind> {
  const since = `paused since ${pausedAt ?? 'unknown'}`;
  if (resumesAt === null) return { kind: 'rest', reason: `${since}, until somebody resumes it` };
  return { kind: 'resume_after_pause', at: resumesAt, reason: `${since}, for a time` };
}

function decideNextWhileUnpaid({ moneyArrivedAt }: Subscription, scheduled: Next): Next {
  if (moneyArrivedAt === null) return scheduled;
  // A worker that was away finds both. What was due before the money came happens first, as it would
  // have in time: what becomes of a subscription must not depend on when somebody looked.
  if (isDueAction(scheduled) && isBefore(scheduled.at, moneyArrivedAt)) return scheduled;
  return {
    kind: 'retry_after_top_up',
    at: moneyArrivedAt,
    reason: 'money came in while a payment was owed',
  };
}

function decideNextRetry(subscription: Subscription): NextAction<SubscriptionActionKind> {
  const { dueSince, suspendedAt, dunning, retriesMade } = subscription;
  invariant(dueSince !== null, 'an unpaid subscription knows since when it is unpaid');
  const day = findNextRetryDay(dunning, retriesMade);
  if (subscription.status === 'past_due' && day !== null) {
    return {
      kind: 'retry_payment',
      at: addCalendarDays(dueSince, day, subscription.timeZone),
      reason: `unpaid since ${dueSince}; retry ${retriesMade + 1} of ${dunning.retryAfterDays.length}`,
    };
  }
  if (dunning.final === 'keep') {
    return { kind: 'rest', reason: 'suspended until money comes in; kept by the plan’s policy' };
  }
  invariant(suspendedAt !== null, 'a suspended subscription knows since when');
  return {
    kind: dunning.final === 'downgrade' ? 'downgrade' : 'end_unpaid',
    at: addCalendarDays(suspendedAt, dunning.endsAfterDays, subscription.timeZone),
    reason: `suspended since ${suspendedAt}; a top-up before then resumes it`,
  };
}
