/**
 * Owns: paying a subscription's period: renewal, the retries of one that is owed, suspension.
 * Does not own: the retry schedule's days (dunning.ts) or what is sold (sale.ts).
 * Rules: R1.08, ADR 0005 and the retry schedule of dunning.ts. A period is paid as a whole or not at all.
 * Example: 999.00 INR is due on 1 March, the wallet holds 120.00: past due; 900.00 come in on 3 March:
 * the period from 1 March is paid on 3 March and the next renewal stays on 1 April.
 */
import { findPeriodAt } from '../billing-period';
import { findNextRetryDay } from '../dunning';
import { laterOf, type Instant } from '../instant';
import type { DueAction } from '../next-action';
import { closePeriod } from '../collection/collection';
import { covers, type Funds } from './funds';
import { planCharge } from './plan-charge';
import { buildPeriodSale } from './sale';
import type { SubscriptionActionKind } from './decide-next';
import { keepSubscription, type SubscriptionDecision, type SubscriptionEvent } from './decision';
import { NO_DEBTS, periodOf, type Subscription } from './subscription';

/** Pays the next period from the wallet, or falls behind. */
export function decideRenewal(
  subscription: Subscription,
  at: Instant,
  funds: Funds,
): SubscriptionDecision {
  const paid = payPeriod(subscription, at, funds);
  if (paid !== null) return paid('subscription.renewed', 'is paid');
  const reason = 'the wallet does not cover the renewal; a top-up pays it at once';
  return fallBehind(subscription, { at, funds }, reason);
}

/**
 * From `at` on a period is owed: a saved method is charged for it, or it is past due, or suspended at
 * once where there is no retry schedule. Past due is told when nobody has paid, not while a charge is tried.
 */
export function fallBehind(
  subscription: Subscription,
  { at, funds }: { readonly at: Instant; readonly funds: Funds },
  reason: string,
): SubscriptionDecision {
  const unpaid: Subscription = { ...subscription, dueSince: at, retriesMade: 0 };
  const charge = planCharge({ ...unpaid, status: 'past_due' }, 'renewal', { at, funds });
  if (charge !== null) return charge;
  const hasRetrySchedule = findNextRetryDay(subscription.dunning, 0) !== null;
  if (!hasRetrySchedule) return decideSuspension(unpaid, at);
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...unpaid, status: 'past_due' },
    events: [{ type: 'subscription.past_due', reason }],
  };
}

/** Tries an owed period again: on a step of the retry schedule, or because money came in. */
export function decideRetry(
  subscription: Subscription,
  action: DueAction<SubscriptionActionKind>,
  funds: Funds,
): SubscriptionDecision {
  // Money that is known to have come after this rung cannot have paid for it.
  const isTooEarly = action.kind === 'retry_payment' && subscription.moneyArrivedAt !== null;
  const paid = isTooEarly ? null : decideResumption(subscription, action.at, funds);
  if (paid !== null) return paid;
  const isRung = action.kind === 'retry_payment' && !isTooEarly;
  const charge = isRung ? planCharge(subscription, 'retry', { at: action.at, funds }) : null;
  if (charge !== null) return charge;
  const retried: SubscriptionEvent = {
    type: 'subscription.payment_retried',
    reason: 'the wallet still does not cover the price',
  };
  // A top-up that is too small uses up no step of the retry schedule.
  if (action.kind === 'retry_after_top_up') {
    const tried: Subscription = { ...subscription, moneyArrivedAt: null };
    return { ...keepSubscription(tried, action.at), events: [retried] };
  }
  const counted: Subscription = { ...subscription, retriesMade: subscription.retriesMade + 1 };
  const isLast = findNextRetryDay(counted.dunning, counted.retriesMade) === null;
  if (isLast) return decideSuspension(counted, action.at);
  return { ...keepSubscription(counted, action.at), events: [retried] };
}

/**
 * Pays the period that holds `at` and goes on; earlier unpaid periods are not charged (ADR 0005). Null
 * when the funds do not cover it.
 */
export function decideResumption(
  subscription: Subscription,
  at: Instant,
  funds: Funds,
): SubscriptionDecision | null {
  const paid = payPeriod(subscription, at, funds);
  return paid === null ? null : paid('subscription.resumed', 'is paid; service goes on');
}

type PaidEventType = 'subscription.renewed' | 'subscription.resumed';

/** The period that holds `at`, paid, to be told as an event; null when the funds do not cover it. */
export function payPeriod(
  subscription: Subscription,
  at: Instant,
  funds: Funds,
): ((type: PaidEventType, fate: string) => SubscriptionDecision) | null {
  const period = periodOf(subscription, at);
  const sale = buildPeriodSale(subscription, period, funds.taxation);
  if (!covers(funds, sale)) return null;
  const { anchorAt, timeZone, periodsBefore, price, scheduledChange } = subscription;
  const month = findPeriodAt({ anchorAt, cycle: 'monthly', timeZone }, at)?.number ?? 0;
  const ordinal = periodsBefore + period.number + 1;
  return (type, fate) => ({
    ...keepSubscription(subscription, at),
    subscription: {
      ...subscription,
      status: 'active',
      period,
      paid: price,
      paidFrom: period.startsAt,
      allowanceMonth: month,
      allowanceDebts: NO_DEBTS,
      // A change whose day went by while a payment was owed comes now.
      scheduledChange: scheduledChange && {
        ...scheduledChange,
        effectiveAt: laterOf(scheduledChange.effectiveAt, at),
      },
      dueSince: null,
      retriesMade: 0,
      moneyArrivedAt: null,
      suspendedAt: null,
      collection: closePeriod(subscription.collection),
    },
    sale,
    grantsMonth: month,
    calendarQuotas: 'on',
    events: [{ type, reason: `period ${ordinal} ${fate}` }],
  });
}

/** Service stops: the retry schedule is used up, or there is none. */
export function decideSuspension(subscription: Subscription, at: Instant): SubscriptionDecision {
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...subscription, status: 'suspended', suspendedAt: at },
    calendarQuotas: 'off',
    events: [
      {
        type: 'subscription.suspended',
        reason: 'not paid, and no retry is left; a top-up resumes it',
      },
    ],
  };
}
