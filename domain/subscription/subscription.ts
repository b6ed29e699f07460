/**
 * Owns: what a subscription is, what a decision about it holds, and what happens to it next.
 * Does not own: the decisions (decide-command.ts for what a person asks, decide-due.ts for what time
 * brings), how money moves (ledger/), what a plan offers (plan.ts), when a workflow wakes.
 * Rules: R1.08 to R1.13 and ADRs: each period is computed from the anchor; a period is
 * paid in full before it is served; who was suspended and pays again pays the current period only.
 * Each decision below is a value: the state after it, the charge, the allowances and the events.
 * The activity that asked applies all of it in one transaction.
 * Example: anchor 31 January 10:00 in Istanbul, monthly: renewals on 28 February, 31 March, 30 April.
 */
import {
  computePeriod,
  findPeriodAt,
  type BillingCycle,
  type BillingPeriod,
} from '../billing-period';
import { addCalendarDays } from '../calendar';
import { findNextRetryDay, type DunningPolicy } from '../dunning';
import { isBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import type { Money } from '../money';
import { isDueAction, type DueAction, type NextAction } from '../next-action';
import type { Track } from '../plan';

export type SubscriptionStatus = 'active' | 'past_due' | 'suspended' | 'ended';

export interface Subscription {
  readonly id: string;
  readonly accountId: string;
  readonly track: Track;
  readonly planCode: string;
  readonly planVersion: number;
  readonly cycle: BillingCycle;
  /** Price of one period, fixed by the plan's version. */
  readonly price: Money;
  readonly timeZone: string;
  readonly anchorAt: Instant;
  /** The last period that was paid. */
  readonly period: BillingPeriod;
  /** The month, counted from the anchor, whose messages and minutes were granted last. */
  readonly allowanceMonth: number;
  readonly status: SubscriptionStatus;
  readonly cancelsAtPeriodEnd: boolean;
  readonly cancelReason: string | null;
  readonly dunning: DunningPolicy;
  /** When the unpaid period began; null while paid. */
  readonly dueSince: Instant | null;
  readonly retriesMade: number;
  /** Money came in while a payment was owed: the charge is tried at this instant. */
  readonly moneyArrivedAt: Instant | null;
  readonly suspendedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly endReason: string | null;
}

export type SubscriptionActionKind =
  | 'renew'
  | 'grant_allowances'
  | 'end_at_period_end'
  | 'retry_payment'
  | 'retry_after_top_up'
  | 'end_unpaid';

export type SubscriptionEventType =
  | 'subscription.started'
  | 'subscription.renewed'
  | 'subscription.allowances_granted'
  | 'subscription.past_due'
  | 'subscription.payment_retried'
  | 'subscription.suspended'
  | 'subscription.resumed'
  | 'subscription.cancellation_scheduled'
  | 'subscription.cancellation_withdrawn'
  | 'subscription.ended';

export interface SubscriptionEvent {
  readonly type: SubscriptionEventType;
  /** One sentence a customer's support can read aloud. */
  readonly reason: string;
}

export interface SubscriptionDecision {
  readonly kind: 'decided';
  readonly subscription: Subscription;
  /** Business time of everything this decision does. */
  readonly at: Instant;
  /** Take the price of this period from the wallet, or nothing. */
  readonly charge: { readonly amountMicros: bigint; readonly period: BillingPeriod } | null;
  /** Grant the allowances of this month, counted from the anchor, or nothing. */
  readonly grantsMonth: number | null;
  /** Forfeit what is left of allowances: those that are over, or all of them. */
  readonly forfeits: 'expired' | 'all';
  /** Calendar-month quotas: from this month on the plan's, none from the next month on, or as they are. */
  readonly calendarQuotas: 'on' | 'off' | 'unchanged';
  readonly events: readonly SubscriptionEvent[];
}

export interface SubscriptionRefusal {
  readonly kind: 'refused';
  readonly code: 'insufficient_balance' | 'invalid_state';
  readonly message: string;
  /** Micros that were needed; only with insufficient_balance. */
  readonly requiredMicros?: bigint;
}

/**
 * What happens next, when and why. Carries its own instant, so it needs no clock. The reason is shown
 * in the Temporal UI: it never holds a customer's own words.
 */
export function decideNextAction(subscription: Subscription): NextAction<SubscriptionActionKind> {
  switch (subscription.status) {
    case 'active':
      return decideNextWhileActive(subscription);
    case 'past_due':
    case 'suspended':
      return decideNextWhileUnpaid(subscription);
    case 'ended':
      return { kind: 'end', reason: 'the subscription ended' };
  }
}

function decideNextWhileActive(subscription: Subscription): DueAction<SubscriptionActionKind> {
  const { period, cancelsAtPeriodEnd } = subscription;
  const nextMonth = monthOfAnchor(subscription, subscription.allowanceMonth + 1);
  if (isBefore(nextMonth.startsAt, period.endsAt)) {
    const month = subscription.allowanceMonth + 2;
    return {
      kind: 'grant_allowances',
      at: nextMonth.startsAt,
      reason: `month ${month} of the ${subscription.cycle} plan begins`,
    };
  }
  if (cancelsAtPeriodEnd) {
    const reason = 'cancelled for the end of the paid period';
    return { kind: 'end_at_period_end', at: period.endsAt, reason };
  }
  return { kind: 'renew', at: period.endsAt, reason: `period ${period.number + 2} begins` };
}

function decideNextWhileUnpaid(subscription: Subscription): NextAction<SubscriptionActionKind> {
  const scheduled = decideNextOnLadder(subscription);
  const { moneyArrivedAt } = subscription;
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

function decideNextOnLadder(subscription: Subscription): NextAction<SubscriptionActionKind> {
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
    kind: 'end_unpaid',
    at: addCalendarDays(suspendedAt, dunning.endsAfterDays, subscription.timeZone),
    reason: `suspended since ${suspendedAt}; a top-up before then resumes it`,
  };
}

/** The last instant at which an unpaid subscription's charge was tried by the calendar. */
export function lastTriedAt(subscription: Subscription): Instant {
  const { dueSince, dunning, retriesMade, timeZone } = subscription;
  invariant(dueSince !== null, 'an unpaid subscription knows since when it is unpaid');
  const day = dunning.retryAfterDays[retriesMade - 1];
  return day === undefined ? dueSince : addCalendarDays(dueSince, day, timeZone);
}

/** The half-open month, counted from the anchor, in which messages and minutes last. */
export function monthOfAnchor(
  { anchorAt, timeZone }: Pick<Subscription, 'anchorAt' | 'timeZone'>,
  number: number,
): BillingPeriod {
  return computePeriod({ anchorAt, cycle: 'monthly', timeZone, number });
}

/** The period, counted from the anchor, that holds `at`: the one to pay for now, not paid so far. */
export function periodOf(subscription: Subscription, at: Instant): BillingPeriod {
  const { anchorAt, cycle, timeZone, period } = subscription;
  const found = findPeriodAt({ anchorAt, cycle, timeZone }, at);
  invariant(
    found !== null && isBefore(period.startsAt, found.startsAt),
    'a period is never paid twice, and none before it later',
  );
  return found;
}

/** Whether the wallet pays for a period. One that costs nothing owes nothing, whatever the wallet owes. */
export function isCovered(
  { price }: Pick<Subscription, 'price'>,
  availableMicros: bigint,
): boolean {
  return price.amountMicros === 0n || price.amountMicros <= availableMicros;
}

/** A decision that moves nothing but lets expired allowances go: the start of most decisions. */
export function keepSubscription(subscription: Subscription, at: Instant): SubscriptionDecision {
  return {
    kind: 'decided',
    subscription,
    at,
    charge: null,
    grantsMonth: null,
    forfeits: 'expired',
    calendarQuotas: 'unchanged',
    events: [],
  };
}
